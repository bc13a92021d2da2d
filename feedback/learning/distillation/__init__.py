"""Students that learn the teacher's stages from unlabelled radiographs: weights for backbones that come with none."""
