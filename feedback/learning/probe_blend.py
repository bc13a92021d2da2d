"""Adds a penalised linear probe to the trained linear layer: both are linear in the same pooled features.

Gradient descent leaves the direct channels of the layer short of, or beyond, what a penalised fit of them gives, and
out of fold the sum of both beat either alone. The explanation stays exact: one linear layer after one average pooling.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import nn

from feedback.learning.features import StageFeatures
from feedback.learning.head_training import HeadTargets, predict_head
from registry.runtime.architectures.lite0_head import Lite0Head

Floats = NDArray[np.float64]


def blend_probe(
    network: Lite0Head,
    views: Sequence[StageFeatures],
    targets: HeadTargets,
    rows: NDArray[np.int64],
    *,
    inverse_penalty: float,
    network_share: float,
) -> None:
    """Replace the linear layers in place by network_share x (what was trained) + (probe on the direct channels).

    Args:
        views: those that the probe is fitted on; rows: the images that may be learned from.
        inverse_penalty: C of the logistic regression on standardised channels.
    """
    width = network.head.in_features - network.standardise.num_features
    pooled = np.concatenate([predict_head(network, view, rows).pooled[:, width:] for view in views])
    findings = np.tile(targets.findings[rows] > 0.5, (len(views), 1))
    fitted = [_probe(pooled, findings[:, index], inverse_penalty) for index in range(findings.shape[1])]
    weights, offsets = (np.concatenate([fit[part] for fit in fitted]) for part in (0, 1))
    _add(network.head, weights, offsets, width, network_share)
    if network.triage_head is not None:
        triage = np.tile(targets.triage[rows], len(views))
        known = triage >= 0
        weights, offsets = _probe(pooled[known], triage[known], inverse_penalty)
        _add(network.triage_head, weights, offsets, width, network_share)


def _probe(pooled: Floats, classes: NDArray[np.generic], inverse_penalty: float) -> tuple[Floats, Floats]:
    """Weights (k, C) and offsets (k,) in the units of the pooled channels; k is 1 for two classes."""
    mean, scale = pooled.mean(axis=0), pooled.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=inverse_penalty, max_iter=1000, tol=1e-4).fit((pooled - mean) / scale, classes)
    weights = fitted.coef_ / scale
    return weights, fitted.intercept_ - weights @ mean


@torch.no_grad()
def _add(layer: nn.Linear, weights: Floats, offsets: Floats, width: int, network_share: float) -> None:
    layer.weight.mul_(network_share)
    layer.bias.mul_(network_share)
    layer.weight[:, width:] += torch.from_numpy(weights).float()
    layer.bias += torch.from_numpy(offsets).float()
