"""The dense loss, and pointwise convolutions in bfloat16."""

import numpy as np
import torch
from torch import nn

from feedback.learning.dense.precision import bfloat16_pointwise
from feedback.learning.dense.training import Batch, DenseTrainee, batch_loss, focal_loss
from feedback.learning.recipes.bone import MINIATURE_DENSE
from registry.runtime.architectures import build
from registry.runtime.architectures.lite0_dense import Lite0Dense


def trainee() -> DenseTrainee:
    torch.manual_seed(0)
    network = build("lite0_dense", MINIATURE_DENSE.options, ("mass", "pneumothorax"))
    assert isinstance(network, Lite0Dense)
    return DenseTrainee(network, MINIATURE_DENSE, 2)


def test_cells_that_are_told_nothing_cost_nothing() -> None:
    logits = torch.randn(1, 1, 2, 2)
    targets = torch.tensor([[[[1, 0], [-1, -1]]]], dtype=torch.int8)
    changed = logits.clone()
    changed[..., 1, :] = 40.0
    assert focal_loss(logits, targets, focus=2.0) == focal_loss(changed, targets, focus=2.0)


def test_without_focus_the_loss_is_the_cross_entropy_per_positive_cell() -> None:
    logits, targets = torch.randn(1, 1, 4, 4), torch.ones(1, 1, 4, 4, dtype=torch.int8)
    expected = nn.functional.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
    torch.testing.assert_close(focal_loss(logits, targets, focus=0.0), expected)


def test_what_is_already_right_weighs_little() -> None:
    targets = torch.zeros(1, 1, 1, 8, dtype=torch.int8)
    easy, hard = torch.full((1, 1, 1, 8), -4.0), torch.full((1, 1, 1, 8), 4.0)
    ratio = focal_loss(hard, targets, focus=2.0) / focal_loss(easy, targets, focus=2.0)
    assert ratio > 1e4


def test_a_label_that_is_not_known_has_no_say_in_the_loss() -> None:
    made = trainee().eval()
    s8 = torch.randn(1, 40, 8, 8)
    cells = torch.stack([torch.zeros(4, 4), -torch.ones(4, 4)])[None].to(torch.int8)

    def loss(second: float) -> torch.Tensor:
        return batch_loss(
            made, Batch(s8, cells, torch.tensor([[0.0, second]]), torch.tensor([[True, False]]), 16), MINIATURE_DENSE
        )

    assert loss(0.0) == loss(1.0)


def test_only_the_recipe_s_stages_are_trained() -> None:
    trained = {name for name, value in trainee().named_parameters() if value.requires_grad}
    assert not any(name.startswith("network.stem") for name in trained)
    assert any(name.startswith("network.late16.blocks3") for name in trained) and "cell_bias" in trained


def test_pointwise_convolutions_run_in_bfloat16_while_training_and_are_put_back() -> None:
    torch.manual_seed(0)
    convolution, images = nn.Conv2d(8, 8, 1), torch.randn(2, 8, 5, 5)
    exact = convolution(images)
    with bfloat16_pointwise(nn.Sequential(convolution)):
        reduced = convolution(images)
        assert torch.equal(convolution.eval()(images), exact)
        convolution.train()
    assert not torch.equal(reduced, exact) and torch.equal(convolution(images), exact)
    assert float((reduced - exact).detach().abs().max()) < 0.02 * float(exact.detach().abs().max()) + 0.01
    assert np.isfinite(reduced.detach().numpy()).all()
