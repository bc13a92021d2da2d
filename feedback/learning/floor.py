"""The floor: frozen ImageNet features of a film, for a linear probe that every trained network has to beat."""

import numpy as np
import timm
import torch
from numpy.typing import NDArray

from feedback.learning.backbone import MEAN, STD, load_imagenet_lite0
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.values import Frame

SIZE = 448
SETTINGS = PreprocessSettings(normalise="equalise_nonblack")
STAGES = (3, 4)  # strides 16 and 32


class FrozenFeatures:
    """Mean and maximum of every channel of both stages of EfficientNet-Lite0: frame -> float32 (864,).

    Raises:
        BackboneUnavailable: the ImageNet weights are not installed.
    """

    def __init__(self) -> None:
        self._body = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=STAGES
        ).eval()
        load_imagenet_lite0(self._body)
        self._body.to(memory_format=torch.channels_last)

    def __call__(self, frame: Frame) -> NDArray[np.float32]:
        seen = preprocess(frame, size=SIZE, settings=SETTINGS, mean=MEAN, std=STD)
        with torch.inference_mode():
            stages = self._body(torch.from_numpy(seen.array)[None].contiguous(memory_format=torch.channels_last))
        pooled = [part for stage in stages for part in (stage.mean(dim=(2, 3)), stage.amax(dim=(2, 3)))]
        return np.asarray(torch.cat(pooled, dim=1)[0].numpy(), dtype=np.float32)
