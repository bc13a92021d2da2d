"""Is an explanation about the model? Maps of a trained network against those of the same network with random weights.

A map that hardly changes when the weights are lost shows edges of the film, not what was learned.
Source: Adebayo et al. 2018, "Sanity checks for saliency maps" (the model parameter randomisation test).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.metrics.errors import SampleUnusable

Maps = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ExplanationSanity:
    """Mean Spearman rank correlation between the maps, in [-1, 1], over images and labels.

    Attributes:
        head: with the linear head's weights drawn anew, the body as trained.
        everything: with every weight drawn anew.
        n: maps compared.
    """

    head: float
    everything: float
    n: int


def explanation_sanity(trained: Maps, *, head_random: Maps, all_random: Maps) -> ExplanationSanity:
    """Compare maps of the same images and labels.

    Args:
        trained, head_random, all_random: float32 (n, h, w), signed contributions.
    Raises:
        SampleUnusable: no maps, of different shapes, or of a single cell.
    """
    if not trained.shape == head_random.shape == all_random.shape or trained.ndim != 3 or len(trained) == 0:
        raise SampleUnusable
    if trained.shape[1] * trained.shape[2] < 2:
        raise SampleUnusable
    pairs = [(head_random, "head"), (all_random, "everything")]
    means = {name: float(np.mean(rank_correlations(trained, other))) for other, name in pairs}
    return ExplanationSanity(head=means["head"], everything=means["everything"], n=len(trained))


def rank_correlations(one: Maps, other: Maps) -> NDArray[np.float64]:
    """float64 (n,): Spearman's rho of each pair; 0 where a map is flat, which ranks nothing. Ties share their rank."""
    first, second = _ranks(one.reshape(len(one), -1)), _ranks(other.reshape(len(other), -1))
    first -= first.mean(axis=1, keepdims=True)
    second -= second.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.square(first).sum(axis=1) * np.square(second).sum(axis=1))
    products = (first * second).sum(axis=1)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average ranks along the last axis."""
    ranked = np.empty(values.shape, np.float64)
    for row, result in zip(values, ranked, strict=True):
        _, places, counts = np.unique(row, return_inverse=True, return_counts=True)
        result[:] = (np.cumsum(counts) - (counts + 1) / 2)[places]
    return ranked
