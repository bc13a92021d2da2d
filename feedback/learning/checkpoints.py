"""Checkpoints that a kill cannot break: written beside, synced, renamed; refused when they belong to another run."""

import os
from pathlib import Path
from typing import Any

import torch

from feedback.learning.errors import CheckpointMismatch


def checkpoint_save(path: Path, state: dict[str, Any], *, fingerprint: str) -> None:
    """Replace the checkpoint in one step: a reader sees the old one or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        torch.save({"fingerprint": fingerprint, "state": state}, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def checkpoint_load(path: Path, *, fingerprint: str) -> dict[str, Any] | None:
    """The saved state, None when there is none. Tensors and plain values only: nothing in the file is executed.

    Raises:
        CheckpointMismatch: written by another run, or not a checkpoint.
    """
    if not path.exists():
        return None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # noqa: BLE001 (torch.load raises many kinds for a file that is not its own)
        raise CheckpointMismatch from error
    if not isinstance(saved, dict) or saved.get("fingerprint") != fingerprint:
        raise CheckpointMismatch
    state = saved["state"]
    assert isinstance(state, dict)
    return state
