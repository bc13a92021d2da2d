"""What to import, as a value; importing it loads no inference library."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WeightsRequest:
    """What to import, and as what.

    Attributes:
        source: "torchvision", "timm" or "chexnet": how the file names its weights.
        labels: empty for all labels of a checkpoint that brings its own (chexnet).
        rows: which row of the checkpoint's last layer each label is; empty for all rows in order.
        size: side of the square input in px; None for the architecture's usual one.
        mean, std: one value, or one a channel, in [0, 1]; empty for ImageNet's.
    """

    architecture: str
    path: Path
    source: str
    name: str
    version: str
    case_types: tuple[str, ...]
    labels: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    size: int | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    origin: dict[str, str] = field(default_factory=dict)
