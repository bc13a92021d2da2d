"""The loop: a run that was killed and resumed ends, bit for bit, where an uninterrupted one does."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from feedback.learning.checkpoints import checkpoint_load, checkpoint_save
from feedback.learning.errors import CheckpointMismatch, TrainingDiverged
from feedback.learning.loop import Run, Schedule, train_network

SCHEDULE = Schedule(steps=30, learning_rate=0.05, checkpoint_every=4, averaging=0.9)


class Stopped(Exception):
    """Stands for the kill."""


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1))


def run(path: Path, *, resume: bool = False, fingerprint: str = "one") -> Run:
    return Run("test", 3, fingerprint, path / "run.checkpoint", resume)


def squared(current: nn.Module, step: int) -> Tensor:
    x = torch.randn(16, 4)
    return ((current(x)[:, 0] - x.sum(dim=1)) ** 2).mean()


def stopping_at(last: int):
    def step_loss(current: nn.Module, step: int) -> Tensor:
        if step == last:
            raise Stopped
        return squared(current, step)

    return step_loss


@pytest.mark.parametrize("stopped", [5, 13, 29])
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(tmp_path: Path, stopped: int) -> None:
    whole, resumed = network(), network()
    losses = train_network(whole, squared, schedule=SCHEDULE, run=run(tmp_path / "whole"))
    with pytest.raises(Stopped):
        train_network(network(), stopping_at(stopped), schedule=SCHEDULE, run=run(tmp_path / "cut"))
    again = train_network(resumed, squared, schedule=SCHEDULE, run=run(tmp_path / "cut", resume=True))
    assert again == losses
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_the_loss_falls_and_the_averaged_weights_are_kept(tmp_path: Path) -> None:
    losses = train_network(network(), squared, schedule=SCHEDULE, run=run(tmp_path))
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])


def test_without_resume_a_run_starts_over(tmp_path: Path) -> None:
    first = train_network(network(), squared, schedule=SCHEDULE, run=run(tmp_path))
    assert train_network(network(), squared, schedule=SCHEDULE, run=run(tmp_path)) == first


def test_the_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    train_network(network(), squared, schedule=SCHEDULE, run=run(tmp_path))
    with pytest.raises(CheckpointMismatch):
        train_network(network(), squared, schedule=SCHEDULE, run=run(tmp_path, resume=True, fingerprint="two"))


def test_a_file_that_is_no_checkpoint_is_refused_and_half_a_write_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    assert checkpoint_load(path, fingerprint="one") is None
    checkpoint_save(path, {"losses": [1.0]}, fingerprint="one")
    path.with_name(path.name + ".partial").write_bytes(b"half")
    assert checkpoint_load(path, fingerprint="one") == {"losses": [1.0]}
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointMismatch):
        checkpoint_load(path, fingerprint="one")


def test_a_loss_that_is_not_a_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingDiverged):
        train_network(
            network(), lambda current, step: squared(current, step) * float("nan"), schedule=SCHEDULE, run=run(tmp_path)
        )


def test_the_learning_rate_rises_then_falls_to_one_percent() -> None:
    factors = [SCHEDULE.factor(step) for step in range(SCHEDULE.steps)]
    assert max(factors) == 1.0 and factors[0] <= 1.0 and factors[-1] < 0.02
    assert factors[2:] == sorted(factors[2:], reverse=True)
