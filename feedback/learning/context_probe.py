"""Adds a penalised linear probe on wide averages of the backbone's channels to a trained head.

The probe is what classifies best out of fold and points worst: its maps are noise. So it sees the backbone's channels
averaged over a wide window (the architecture's `context`), and the trained channels, which were taught with boxes, say
where. Everything stays one average pooling and one linear layer, so the explanation stays exact.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import nn

from feedback.learning.features import StageFeatures
from feedback.learning.head_training import HeadTargets, predict_head
from registry.runtime.architectures.staged_head import StagedHead

Floats = NDArray[np.float64]


def with_context_probe(
    trained: StagedHead,
    widened: StagedHead,
    views: Sequence[StageFeatures],
    targets: HeadTargets,
    rows: NDArray[np.int64],
    *,
    inverse_penalty: float,
    network_share: float,
    triage_share: float,
) -> StagedHead:
    """`widened`, filled: logits = share x (what was trained) + (probe on the context channels).

    Args:
        trained: a network without context; widened: the same architecture with it.
        views: those that the probe is fitted on; rows: the images that may be learned from.
        inverse_penalty: C of the logistic regression on standardised channels.
        network_share, triage_share: of the findings' and of the triage logits.
    """
    kept = {name: value for name, value in trained.state_dict().items() if "head" not in name}
    widened.load_state_dict(kept, strict=False)
    width = trained.head.in_features
    pooled = np.concatenate([predict_head(widened, view, rows).pooled[:, width:] for view in views])
    findings = np.tile(targets.findings[rows] > 0.5, (len(views), 1))
    fitted = [_probe(pooled, findings[:, index], inverse_penalty) for index in range(findings.shape[1])]
    weights, offsets = (np.concatenate([fit[part] for fit in fitted]) for part in (0, 1))
    _fill(widened.head, trained.head, weights, offsets, network_share)
    if trained.triage_head is not None and widened.triage_head is not None:
        triage = np.tile(targets.triage[rows], len(views))
        weights, offsets = _probe(pooled[triage >= 0], triage[triage >= 0], inverse_penalty)
        _fill(widened.triage_head, trained.triage_head, weights, offsets, triage_share)
    return widened


def _probe(pooled: Floats, classes: NDArray[np.generic], inverse_penalty: float) -> tuple[Floats, Floats]:
    """Weights (k, C) and offsets (k,) in the units of the pooled channels; k is 1 for two classes."""
    mean, scale = pooled.mean(axis=0), pooled.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=inverse_penalty, max_iter=1000, tol=1e-4).fit((pooled - mean) / scale, classes)
    weights = fitted.coef_ / scale
    return weights, fitted.intercept_ - weights @ mean


@torch.no_grad()
def _fill(layer: nn.Linear, trained: nn.Linear, weights: Floats, offsets: Floats, network_share: float) -> None:
    layer.weight.copy_(torch.cat([network_share * trained.weight, torch.from_numpy(weights).float()], dim=1))
    layer.bias.copy_(network_share * trained.bias + torch.from_numpy(offsets).float())
