"""What every recipe's run has in common: its options and its fingerprint."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says.

    Attributes:
        epochs: None takes the recipe's.
        out: folder of checkpoints, artefact and card.
        resume: go on from the checkpoints in `out`.
        bodies: folder that students were distilled into.
    """

    seed: int
    epochs: int | None
    out: Path
    resume: bool
    bodies: Path = Path("var") / "training" / "distilled"

    @property
    def features(self) -> Path:
        """Cached backbone features; they may be deleted at any time."""
        return self.out / "features"


class Identified(Protocol):
    """A recipe that can say what decides its training."""

    def identity(self) -> dict[str, Any]: ...


def fingerprint_of(recipe: Identified, *, seed: int, epochs: int, data_digest: str) -> str:
    """SHA-256 over everything that decides what a run computes, the code aside."""
    parts = {"recipe": recipe.identity(), "seed": seed, "epochs": epochs, "data": data_digest}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
