"""Small detectors with random weights that say something: of both families, and of the first shipped one."""

import numpy as np
import torch
from torch import nn

from registry.runtime import architectures
from registry.runtime.engines.torch import TorchEngine

SIDE = 128
LABELS = ("effusion", "pneumothorax")
ONE_STAGE, TWO_STAGE, FIRST_SHIPPED = "anchor_free_yolo", "context_faster_rcnn", "lean_faster_rcnn"
FAMILIES = (ONE_STAGE, TWO_STAGE, FIRST_SHIPPED)
COMMON = {"input_size": SIDE, "pyramid_channels": 16, "score_floor": 0.005, "nms_overlap": 0.35, "most_boxes": 20}
DENSE = {"width": 16, "sharpness": 4.0}
PROPOSING = {
    "proposals": 40,
    "box_head_width": 16,
    "anchor_sizes": [[16, 24], [36, 54], [80, 120]],
    "aspect_ratios": [0.5, 1.0, 2.0],
}
OPTIONS = {
    ONE_STAGE: {**COMMON, **DENSE, "tower_depth": 1},
    TWO_STAGE: {**COMMON, **DENSE, **PROPOSING},
    FIRST_SHIPPED: {**COMMON, **PROPOSING},
}


def random_detector(architecture: str, *, seed: int = 0) -> nn.Module:
    """Fresh weights, heads loud enough that boxes differ from each other; the film's own word weighs something."""
    torch.manual_seed(seed)
    network = architectures.build(architecture, OPTIONS[architecture], LABELS).eval()
    with torch.no_grad():
        for name, module in network.named_modules():
            if name.endswith((".cls_logits", ".bbox_pred", ".cls_score")) or name in {"label", "edges"}:
                module.weight.normal_(0.0, 0.05)
        if hasattr(network, "context_weight"):
            network.context_weight.fill_(0.3)
    return network


def detector_engine(architecture: str) -> TorchEngine:
    """The reference engine of a random detector."""
    return TorchEngine(random_detector(architecture))


def images(count: int, *, side: int = SIDE) -> np.ndarray:
    """float32 (count, 3, side, side): blots of light in noise."""
    rng = np.random.default_rng(count)
    coarse = rng.standard_normal((count, 3, side // 16, side // 16)).repeat(16, axis=2).repeat(16, axis=3)
    return (coarse + 0.3 * rng.standard_normal((count, 3, side, side))).astype(np.float32)
