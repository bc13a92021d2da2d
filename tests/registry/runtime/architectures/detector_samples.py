"""Small detectors of both families, and films with bright squares in them."""

from typing import Any

import torch
from torch import Tensor, nn

from registry.runtime.architectures import build

SIDE = 96
SHARED: dict[str, Any] = {
    "input_size": SIDE,
    "width": 16,
    "sharpness": 2.0,
    "pyramid_channels": 32,
    "score_floor": 0.0,
    "nms_overlap": 0.35,
    "most_boxes": 7,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "anchor_free_yolo": {**SHARED, "tower_depth": 1},
    "context_faster_rcnn": {
        **SHARED,
        "proposals": 50,
        "box_head_width": 32,
        "anchor_sizes": [[16, 24], [32, 40], [56, 80]],
        "aspect_ratios": [0.5, 1.0, 2.0],
    },
}
FAMILIES = tuple(OPTIONS)


def detector(family: str, labels: tuple[str, ...] = ("fracture", "hardware"), seed: int = 0) -> nn.Module:
    """Fresh weights."""
    torch.manual_seed(seed)
    return build(family, dict(OPTIONS[family]), labels)


def film(*squares: tuple[int, int, int, int]) -> Tensor:
    """float32 (3, SIDE, SIDE): dark, with bright rectangles at (left, top, right, bottom)."""
    grey = torch.full((SIDE, SIDE), -0.8)
    for left, top, right, bottom in squares:
        grey[top:bottom, left:right] = 0.9
    return grey.expand(3, SIDE, SIDE).contiguous()


def target(*boxes: tuple[int, int, int, int], label: int = 1, **more: Tensor) -> dict[str, Tensor]:
    """Drawn boxes of one label."""
    return {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.full((len(boxes),), label, dtype=torch.int64),
        **more,
    }
