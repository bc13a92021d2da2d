"""The dense classifier: its folded body is timm's, and its pool keeps Grad-CAM exact."""

import math

import pytest
import timm
import torch

from registry.runtime.architectures import build
from registry.runtime.architectures.lite0_dense import Lite0Dense, folded_lite0


def network(*, sharpness: float = 2.0) -> Lite0Dense:
    torch.manual_seed(0)
    made = build("lite0_dense", {"width": 16, "sharpness": sharpness}, ("caries", "restoration"))
    assert isinstance(made, Lite0Dense)
    torch.nn.init.normal_(made.head.weight)
    return made.eval()


def test_the_folded_body_computes_what_the_unfolded_one_does() -> None:
    torch.manual_seed(0)
    body = timm.create_model("tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(2, 3, 4))
    for module in body.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    folded, images = folded_lite0(body.state_dict()), torch.randn(2, 3, 64, 64)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for part in folded.values() for m in part.modules())
    with torch.no_grad():
        s8, s16, s32 = body.eval()(images)
        own = folded["stem"](images)
        torch.testing.assert_close(own, s8, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(folded["late16"](own), s16, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(folded["late32"](folded["late16"](own)), s32, atol=1e-4, rtol=1e-4)


def test_the_channel_weights_of_grad_cam_are_the_head_s() -> None:
    made = network()
    features = made.features(made.stem(torch.randn(1, 3, 64, 64))).detach().requires_grad_()
    made.pooled(made.cells(features), 16)[0, 1].backward()
    assert features.grad is not None
    torch.testing.assert_close(features.grad.mean(dim=(2, 3))[0], made.head.weight[1] / 16, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(("sharpness", "reduced"), [(1e-3, torch.mean), (200.0, torch.amax)])
def test_the_pool_lies_between_mean_and_maximum(sharpness: float, reduced) -> None:
    made = network(sharpness=sharpness)
    cells = torch.randn(1, 2, 4, 4)
    torch.testing.assert_close(made.pooled(cells, 16), made.head.bias + reduced(cells, (2, 3)), atol=0.02, rtol=0.02)


def test_a_crop_counts_its_missing_cells_as_nothing_found() -> None:
    made, cells = network(), torch.full((1, 2, 2, 2), 3.0)
    whole = torch.full((1, 2, 4, 4), -50.0)
    whole[..., :2, :2] = 3.0
    torch.testing.assert_close(made.pooled(cells, 16), made.pooled(whole, 16))
    expected = made.head.bias + (math.log(4) + 2 * 3.0 - math.log(16)) / 2
    torch.testing.assert_close(made.pooled(cells, 16)[0], expected)


def test_it_puts_out_a_map_of_stride_16_and_a_logit_a_label() -> None:
    outputs = network()(torch.randn(2, 3, 96, 96))
    assert outputs["features"].shape == (2, 16, 6, 6) and outputs["logits"].shape == (2, 2)
