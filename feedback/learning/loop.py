"""The training loop that every recipe shares: seeded per step, averaged weights, checkpoints, resume."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from feedback.learning.checkpoints import checkpoint_load, checkpoint_save
from feedback.learning.errors import TrainingDiverged
from feedback.learning.progress import Progress


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long, how fast, how often saved.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: its peak, after the warm-up; it then falls to 1 % along half a cosine.
        warm_up: share of the steps.
        averaging: decay of the averaged weights (EMA), bounded by (1 + step) / (10 + step) early on.
        checkpoint_every: steps between two checkpoints.
    """

    steps: int
    learning_rate: float
    weight_decay: float = 0.02
    warm_up: float = 0.05
    averaging: float = 0.995
    largest_gradient: float = 5.0
    checkpoint_every: int = 50
    slow_prefix: str = ""
    slow_factor: float = 1.0

    def factor(self, step: int) -> float:
        """Learning rate at a step as a share of the peak."""
        warm = max(1, round(self.warm_up * self.steps))
        if step < warm:
            return (step + 1) / warm
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, self.steps - warm)))


@dataclass(frozen=True, slots=True)
class Run:
    """What identifies a run and where it writes.

    Attributes:
        fingerprint: digest of recipe, seed, schedule and data; a checkpoint of another run is refused.
    """

    name: str
    seed: int
    fingerprint: str
    checkpoint: Path
    resume: bool


StepLoss = Callable[[nn.Module, int], Tensor]


def train_network(network: nn.Module, step_loss: StepLoss, *, schedule: Schedule, run: Run) -> list[float]:
    """Train in place; afterwards the network holds the averaged weights.

    `step_loss(network, step)` must depend on nothing but its arguments and torch's seed, which is set anew for every
    step: that is what makes a killed and resumed run end, bit for bit, where an uninterrupted one does.

    Returns:
        the loss of every step.
    Raises:
        CheckpointMismatch, TrainingDiverged.
    """
    trained = {name: value for name, value in network.named_parameters() if value.requires_grad}
    optimiser = _optimiser(trained, schedule)
    averaged = {name: value.detach().clone() for name, value in trained.items()}
    losses = _restore(network, optimiser, averaged, run)
    progress = Progress(run.name, schedule.steps, done=len(losses))
    network.train()
    for step in range(len(losses), schedule.steps):
        torch.manual_seed(_step_seed(run.seed, step))
        losses.append(_one_step(network, optimiser, step_loss, step, schedule, trained))
        _average(averaged, trained, step, schedule.averaging)
        if (step + 1) % schedule.checkpoint_every == 0 or step + 1 == schedule.steps:
            checkpoint_save(run.checkpoint, _state(network, optimiser, averaged, losses), fingerprint=run.fingerprint)
        progress.show(step + 1, f"loss {np.mean(losses[-50:]):.4f}")
    with torch.no_grad():
        for name, value in trained.items():
            value.copy_(averaged[name])
    return losses


def _optimiser(trained: dict[str, nn.Parameter], schedule: Schedule) -> torch.optim.Optimizer:
    """AdamW; no decay on biases and norms, a lower rate under `slow_prefix`."""
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, value in trained.items():
        slow = bool(schedule.slow_prefix) and name.startswith(schedule.slow_prefix)
        groups.setdefault((slow, value.ndim > 1), []).append(value)
    return torch.optim.AdamW(
        [
            {
                "params": values,
                "weight_decay": schedule.weight_decay if decayed else 0.0,
                "share": schedule.slow_factor if slow else 1.0,
            }
            for (slow, decayed), values in sorted(groups.items(), key=lambda entry: entry[0])
        ],
        lr=schedule.learning_rate,
    )


def _one_step(
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    step_loss: StepLoss,
    step: int,
    schedule: Schedule,
    trained: dict[str, nn.Parameter],
) -> float:
    for group in optimiser.param_groups:
        group["lr"] = schedule.learning_rate * schedule.factor(step) * group["share"]
    loss = step_loss(network, step)
    if not torch.isfinite(loss):
        raise TrainingDiverged
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(trained.values(), schedule.largest_gradient)
    optimiser.step()
    return float(loss.detach())


@torch.no_grad()
def _average(averaged: dict[str, Tensor], trained: dict[str, nn.Parameter], step: int, decay: float) -> None:
    bounded = min(decay, (1 + step) / (10 + step))
    for name, value in trained.items():
        averaged[name].lerp_(value.detach(), 1 - bounded)


def _state(
    network: nn.Module, optimiser: torch.optim.Optimizer, averaged: dict[str, Tensor], losses: list[float]
) -> dict[str, Any]:
    return {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "averaged": averaged,
        "losses": list(losses),
    }


def _restore(
    network: nn.Module, optimiser: torch.optim.Optimizer, averaged: dict[str, Tensor], run: Run
) -> list[float]:
    """Losses so far; empty for a fresh run."""
    state = checkpoint_load(run.checkpoint, fingerprint=run.fingerprint) if run.resume else None
    if state is None:
        return []
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    for name, value in state["averaged"].items():
        averaged[name].copy_(value)
    return list(state["losses"])


def _step_seed(seed: int, step: int) -> int:
    return int(np.random.SeedSequence([seed, step]).generate_state(1)[0])
