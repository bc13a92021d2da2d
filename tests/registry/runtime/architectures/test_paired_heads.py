"""Two members behind one head: each label's logit is its member's, and the explanation stays exact."""

import numpy as np
import pytest
import torch

from imaging.pipeline.explain import contributions
from imaging.pipeline.explain_reference import reference_maps
from registry.runtime.architectures import build
from registry.runtime.architectures.lite0_dense import Lite0Dense
from registry.runtime.architectures.paired_heads import PairedHeads
from registry.runtime.architectures.staged_head import StagedHead
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.errors import ArtefactMalformed

LABELS = ("caries", "impacted_tooth", "restoration")
DENSE = {"width": 16, "sharpness": 2.0}
HEAD = {"width": 8, "kernel": 1, "direct": True, "triage": True, "context": 3}
OPTIONS = {
    "members": [
        {"architecture": "lite0_dense", "options": DENSE, "labels": ["restoration", "impacted_tooth"]},
        {"architecture": "lite0_s16s32_head", "options": HEAD, "labels": ["caries"]},
    ]
}
Trio = tuple[PairedHeads, Lite0Dense, StagedHead]


@pytest.fixture
def trio() -> Trio:
    torch.manual_seed(0)
    dense, head = build("lite0_dense", DENSE, LABELS).eval(), build("lite0_s16s32_head", HEAD, LABELS).eval()
    paired = build("paired_heads", OPTIONS, LABELS).eval()
    assert isinstance(dense, Lite0Dense) and isinstance(head, StagedHead) and isinstance(paired, PairedHeads)
    torch.nn.init.normal_(dense.head.weight)
    torch.nn.init.normal_(head.head.weight)
    paired.take(0, dense)
    paired.take(1, head)
    return paired, dense, head


def test_every_logit_is_that_of_the_member_that_answers_the_label(trio: Trio) -> None:
    paired, dense, head = trio
    images = torch.randn(2, 3, 96, 96)
    with torch.no_grad():
        found, ours, theirs = paired(images), dense(images), head(images)
    torch.testing.assert_close(found["logits"][:, 1:], ours["logits"][:, 1:], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found["logits"][:, 0], theirs["logits"][:, 0], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(found["features"], torch.cat([ours["features"], theirs["features"]], dim=1))
    assert "triage_logits" not in found


def test_the_head_is_zero_where_a_label_is_not_answered(trio: Trio) -> None:
    weight = trio[0].head.weight
    assert (weight[0, :16] == 0).all() and (weight[1:, 16:] == 0).all()
    assert (weight[0, 16:] != 0).all() and (weight[1:, :16] != 0).all()


def test_the_maps_are_those_of_the_grad_cam_package(trio: Trio) -> None:
    paired, image = trio[0], np.random.default_rng(0).standard_normal((3, 96, 96)).astype(np.float32)
    output = TorchEngine(paired, device=torch.device("cpu")).classify(image[None])
    assert output.features is not None and output.head_weight is not None
    ours = contributions(output.features[0], output.head_weight)
    signed = reference_maps(paired, image, labels=range(len(LABELS))).signed
    np.testing.assert_allclose(ours, signed, atol=1e-5 * float(np.abs(signed).max()) + 1e-7, rtol=1e-3)


def test_a_head_with_other_weights_gives_other_logits_of_every_label(trio: Trio) -> None:
    paired, image = trio[0], torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        before = paired(image)["logits"]
        paired.head.weight.mul_(-1)
        assert ((paired(image)["logits"] - before).abs() > 1e-6).all()


@pytest.mark.parametrize(
    "members",
    [
        OPTIONS["members"][:1],
        [*OPTIONS["members"], OPTIONS["members"][1]],
        [{"architecture": "resnet18", "options": {}, "labels": list(LABELS)}],
        [{"architecture": "paired_heads", "options": OPTIONS, "labels": list(LABELS)}],
        [{"architecture": "lite0_dense", "options": DENSE}],
    ],
    ids=["unanswered", "answered twice", "no grid of stride 16", "a pair of pairs", "labels not stated"],
)
def test_members_that_do_not_fit_are_refused(members: list[dict[str, object]]) -> None:
    with pytest.raises(ArtefactMalformed):
        build("paired_heads", {"members": members}, LABELS)
