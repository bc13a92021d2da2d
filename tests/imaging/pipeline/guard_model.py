"""A guard without a network: it reads the turn from where a bright mark lies, and says of what kind it is told."""

from dataclasses import replace

import numpy as np

from imaging.pipeline.values import Frame
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput
from registry.runtime.values import Familiarity, InputSpec, LoadedModel
from tests.registry.runtime.guard_samples import make_guard, make_guard_spec

CORNERS = ((0, 0), (0, -1), (-1, -1), (-1, 0))  # where the top left corner is before 0, 1, 2, 3 turns to the left


class MarkEngine:
    """The corner with the mark says how the frame was turned; a frame brighter than .5 on average is a negative."""

    def __init__(self, kind: str, *, fooled: bool = False) -> None:
        self.kind, self.fooled = kind, fooled
        self.batches: list[int] = []

    def classify(self, batch: np.ndarray) -> ClassifierOutput:
        self.batches.append(len(batch))
        guard = make_guard()
        logits = np.zeros((len(batch), len(guard.labels)), np.float32)
        logits[:, guard.labels.index(self.kind)] = 9.0
        for row, image in enumerate(batch[:, 0]):
            inverted = image.mean() > 0
            marks = [(-image if inverted else image)[place] for place in CORNERS]
            turns = 1 if self.fooled else int(np.argmax(marks))
            logits[row, guard.labels.index(guard.turns[turns])] = 9.0
            logits[row, -1] = 9.0 if inverted else -9.0
        return ClassifierOutput(
            logits=logits, features=batch[:, :1, ::8, ::8], triage_logits=None, head_weight=None, head_bias=None
        )

    def detect(self, batch: np.ndarray) -> list[DetectorOutput]:
        raise NotImplementedError


def make_guard_model(kind: str = "chest", *, far_away: bool = False, fooled: bool = False) -> LoadedModel:
    """A guard for which every frame is of a kind; far_away: and none is familiar."""
    settings = {"normalise": "none"}
    spec = replace(make_guard_spec(), input=InputSpec(size=64, mean=0.5, std=0.5, preprocess=settings))
    region = Familiarity(np.full(1, 100.0, np.float32), np.eye(1, dtype=np.float32), threshold=1.0, quantile=0.995)
    return LoadedModel(
        spec=spec,
        sha256="1" * 64,
        engine=MarkEngine(kind, fooled=fooled),
        familiarity=region if far_away else None,
    )


def marked_frame(*, seed: int = 0) -> Frame:
    """A square dark frame, other in every quarter, with the mark that says that it is upright."""
    grey = np.random.default_rng(seed).random((256, 256)).astype(np.float32) * 0.2
    grey[40:90, 150:230] += 0.5
    grey[:16, :16] = 0.9
    return Frame(grey=grey)
