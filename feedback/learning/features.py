"""Frozen backbone stages of every image and view, computed once and kept on disk as float16."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import nn

from feedback.learning.augment import Augmentation, View, draw_view
from feedback.learning.bodies import PretrainedBody
from feedback.learning.inputs import InputMaker
from feedback.learning.labelled_sets import LabelledImage
from feedback.learning.progress import Progress
from imaging.pipeline.values import BoundingBox
from registry.runtime.architectures.staged_bodies import BODIES

LabelledBoxes = tuple[tuple[str, BoundingBox], ...]
EXTRACTION_BATCH = 4
DENSE_KINDS = ("resnet18", "densenet121")  # bf16 halves the time of dense convolutions, not of depthwise ones


@dataclass(frozen=True, slots=True)
class StageFeatures:
    """The two stages of one view of every image.

    Attributes:
        s16: float16 (n, C16, S/16, S/16); s32: float16 (n, C32, S/32, S/32); 0.3 MB an image for Lite0 at 448 px.
        boxes: per image, in input pixels of that view.
    """

    s16: NDArray[np.float16]
    s32: NDArray[np.float16]
    boxes: tuple[LabelledBoxes, ...]


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """Where features are kept; a folder per (data, body, preprocessing, view), so that nothing stale is ever read."""

    folder: Path
    body: PretrainedBody
    maker: InputMaker

    def view(
        self,
        images: Sequence[LabelledImage],
        *,
        data_digest: str,
        augmentation: Augmentation | None = None,
        seed: tuple[int, ...] = (),
    ) -> StageFeatures:
        """Features of every image, plain (no augmentation) or through the views that (seed, image) draws."""
        views = [
            draw_view(augmentation, seed=(*seed, index)) if augmentation else View() for index in range(len(images))
        ]
        key = self._key(images, data_digest, augmentation, seed)
        target = self.folder / key
        if not (target / "boxes.json").exists():
            self._extract(target, images, views, label="plain" if augmentation is None else f"view {seed[-1]}")
        boxes = json.loads((target / "boxes.json").read_text())
        return StageFeatures(
            s16=np.load(target / "s16.npy", mmap_mode="r"),
            s32=np.load(target / "s32.npy", mmap_mode="r"),
            boxes=tuple(tuple((label, BoundingBox(*corners)) for label, corners in row) for row in boxes),
        )

    def _network(self) -> nn.Module:
        network = BODIES[self.body.kind].make()
        network.load_state_dict(self.body.weights)
        return network.eval().to(memory_format=torch.channels_last)

    def _key(
        self,
        images: Sequence[LabelledImage],
        data_digest: str,
        augmentation: Augmentation | None,
        seed: tuple[int, ...],
    ) -> str:
        parts = {
            "data": data_digest,
            "order": [image.path.name for image in images],
            "backbone": self.body.source,
            "size": self.maker.size,
            "settings": self.maker.settings.to_dict(),
            "augmentation": augmentation and augmentation.identity(),
            "seed": list(seed),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def _extract(self, target: Path, images: Sequence[LabelledImage], views: Sequence[View], *, label: str) -> None:
        """boxes.json is written last: a folder without it is not used."""
        target.mkdir(parents=True, exist_ok=True)
        n, side, (_, fine, coarse) = len(images), self.maker.size, BODIES[self.body.kind].channels
        s16 = open_memmap(target / "s16.npy", "w+", np.float16, (n, fine, side // 16, side // 16))
        s32 = open_memmap(target / "s32.npy", "w+", np.float16, (n, coarse, side // 32, side // 32))
        network = self._network()
        boxes, progress = [], Progress(f"features, {label}", n)
        for first in range(0, n, EXTRACTION_BATCH):
            rows = range(first, min(first + EXTRACTION_BATCH, n))
            inputs = [self.maker.make(images[index], views[index]) for index in rows]
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.body.kind in DENSE_KINDS):
                batch = torch.from_numpy(np.stack([entry.array for entry in inputs]))
                found = network(batch.contiguous(memory_format=torch.channels_last))
            s16[rows.start : rows.stop], s32[rows.start : rows.stop] = (stage.float().numpy() for stage in found)
            boxes += [
                [[name, [box.left, box.top, box.right, box.bottom]] for name, box in entry.boxes] for entry in inputs
            ]
            progress.show(rows.stop)
        s16.flush()
        s32.flush()
        partial = target / "boxes.json.partial"
        partial.write_text(json.dumps(boxes))
        partial.replace(target / "boxes.json")
