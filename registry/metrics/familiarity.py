"""How far features are from those a model was trained on: squared Mahalanobis distance in a shrunk Gaussian."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from registry.metrics.errors import SampleUnusable


@dataclass(frozen=True, slots=True)
class FeatureRegion:
    """A Gaussian over pooled features.

    Attributes:
        mean: float64 (C,). whitener: float64 (C, C); precision = whitener @ whitener.T.
    """

    mean: NDArray[np.float64]
    whitener: NDArray[np.float64]


def fit_region(features: NDArray[np.floating]) -> FeatureRegion:
    """Mean and Ledoit-Wolf covariance of features (n, C).

    Raises:
        SampleUnusable: fewer than two rows, or values that are not finite.
    Source: Lee et al. 2018 (Mahalanobis distance for unfamiliar inputs); Ledoit and Wolf 2004 for the shrinkage.
    """
    values = np.asarray(features, dtype=np.float64)
    if values.ndim != 2 or len(values) < 2 or not np.isfinite(values).all():
        raise SampleUnusable
    mean = values.mean(axis=0)
    eigenvalues, vectors = np.linalg.eigh(shrunk_covariance(values - mean))
    floor = max(float(eigenvalues.max()) * 1e-8, 1e-12)
    return FeatureRegion(mean, vectors / np.sqrt(np.maximum(eigenvalues, floor)))


def shrunk_covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Covariance (C, C) of centred rows (n, C), pulled towards a multiple of the identity (Ledoit and Wolf)."""
    n, size = centred.shape
    covariance = centred.T @ centred / n
    spread = np.trace(covariance) / size
    distance = ((covariance - spread * np.eye(size)) ** 2).sum() / size
    squares = centred**2
    sampling = ((squares.T @ squares / n).sum() - (covariance**2).sum()) / (n * size)
    share = min(sampling / distance, 1.0) if distance > 0 else 0.0
    return (1 - share) * covariance + share * spread * np.eye(size)


def squared_distances(features: NDArray[np.floating], region: FeatureRegion) -> NDArray[np.float64]:
    """Squared Mahalanobis distance of every row of (n, C)."""
    moved = (np.asarray(features, dtype=np.float64) - region.mean) @ region.whitener
    return np.einsum("nc,nc->n", moved, moved)
