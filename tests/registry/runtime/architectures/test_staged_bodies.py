"""Every body gives the stages it states, and DenseNet's ReLU overwrites nothing."""

import pytest
import torch
from torchvision import models

from registry.runtime.architectures.staged_bodies import BODIES, DenseNet121Body, ResNet18Body

IMAGES = torch.linspace(-1, 1, 2 * 3 * 64 * 64).reshape(2, 3, 64, 64)


@pytest.mark.parametrize("kind", sorted(BODIES))
@torch.inference_mode()
def test_stages_have_the_stated_channels_and_strides(kind: str) -> None:
    body = BODIES[kind].make().eval()
    s8, s16 = body.stem(IMAGES)
    s32 = body.tail(s16)
    assert [tuple(stage.shape) for stage in (s8, s16, s32)] == [
        (2, channels, side, side) for channels, side in zip(BODIES[kind].channels, (8, 4, 2), strict=True)
    ]
    whole = body(IMAGES)
    assert torch.equal(whole[0], s16) and torch.equal(whole[1], s32)


@pytest.mark.parametrize("kind", sorted(BODIES))
@torch.inference_mode()
def test_the_tail_leaves_its_input_as_it_was(kind: str) -> None:
    body = BODIES[kind].make().eval()
    s16 = body.stem(IMAGES)[1]
    before = s16.clone()
    body.tail(s16)
    assert torch.equal(s16, before)


@torch.inference_mode()
def test_the_last_stage_is_torchvision_s() -> None:
    dense, resnet = models.densenet121(weights=None).eval(), models.resnet18(weights=None).eval()
    own = DenseNet121Body().eval()
    own.features.load_state_dict(dense.features.state_dict())
    torch.testing.assert_close(own(IMAGES)[1], torch.relu(dense.features(IMAGES).clone()))
    body = ResNet18Body().eval()
    body.load_state_dict(
        {
            name
            if name.startswith("layer")
            else f"entry.{('conv1', 'bn1').index(name.split('.')[0])}.{name.split('.', 1)[1]}": value
            for name, value in resnet.state_dict().items()
            if not name.startswith("fc")
        }
    )
    torch.testing.assert_close(resnet.fc(body(IMAGES)[1].mean(dim=(2, 3))), resnet(IMAGES))
