"""The probe adds to what was trained, without touching it."""

import numpy as np
import pytest
import torch

from feedback.learning.context_probe import with_context_probe
from feedback.learning.features import StageFeatures
from feedback.learning.head_training import HeadTargets, predict_head
from registry.metrics.classification import roc_auc
from registry.runtime.architectures import build

OPTIONS = {"width": 8, "kernel": 1, "direct": True, "triage": True}
ROWS = np.arange(40)


@pytest.fixture(scope="module")
def features() -> StageFeatures:
    generator = np.random.default_rng(0)
    s16, s32 = generator.normal(size=(40, 112, 4, 4)), generator.normal(size=(40, 320, 2, 2))
    s32[::2, 5] += 2.0  # every other image is a positive, and one channel says so
    return StageFeatures(s16.astype(np.float16), s32.astype(np.float16), ((),) * 40)


@pytest.fixture(scope="module")
def targets() -> HeadTargets:
    present = (np.arange(40) % 2 == 0).astype(np.float32)
    return HeadTargets(np.stack([present, 1 - present], axis=1), (np.arange(40) % 3).astype(np.int64))


@pytest.mark.parametrize("share", [1.0, 0.0])
def test_the_widened_network_says_the_trained_logit_plus_the_probe_s(
    features: StageFeatures, targets: HeadTargets, share: float
) -> None:
    torch.manual_seed(0)
    trained = build("lite0_s16s32_head", OPTIONS, ("a", "b")).eval()
    widened = build("lite0_s16s32_head", {**OPTIONS, "context": 3}, ("a", "b"))
    before = predict_head(trained, features, ROWS)
    with_context_probe(
        trained, widened, [features], targets, ROWS, inverse_penalty=0.1, network_share=share, triage_share=1.0
    )
    after = predict_head(widened, features, ROWS)
    np.testing.assert_allclose(after.pooled[:, : before.pooled.shape[1]], before.pooled, atol=1e-5)
    added = after.logits - share * before.logits
    assert roc_auc(targets.findings[:, 0] > 0.5, added[:, 0]) > 0.95
    assert roc_auc(targets.findings[:, 1] > 0.5, added[:, 1]) > 0.95
    assert after.triage is not None and after.triage.shape == (40, 3)
