"""The floor: a linear probe on the same frozen features, which a head has to beat to be worth its parameters."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from feedback.learning.features import StageFeatures
from feedback.learning.head_training import HeadTargets

Floats = NDArray[np.float64]
INVERSE_PENALTY = 0.003  # the C of the published floor


def probe_features(features: StageFeatures) -> NDArray[np.float32]:
    """Mean and maximum of every channel of both stages: (n, 864)."""
    rows = [
        np.concatenate([pooled for stage in (features.s16[index], features.s32[index]) for pooled in _pooled(stage)])
        for index in range(len(features.s16))
    ]
    return np.stack(rows)


def floor_scores(train: StageFeatures, targets: HeadTargets, hold_out: StageFeatures) -> tuple[Floats, Floats | None]:
    """Log-odds (n, L) of every label on the hold-out, and of urgent against normal (n,) where there is triage."""
    seen, unseen = probe_features(train), probe_features(hold_out)
    labels = [_probe(seen, targets.findings[:, index] > 0.5, unseen) for index in range(targets.findings.shape[1])]
    ends = np.isin(targets.triage, (0, 2))
    urgent = _probe(seen[ends], targets.triage[ends] == 2, unseen) if ends.any() else None
    return np.stack(labels, axis=1), urgent


def _probe(seen: NDArray[np.float32], present: NDArray[np.bool_], unseen: NDArray[np.float32]) -> Floats:
    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_PENALTY, max_iter=2000)).fit(seen, present)
    return np.asarray(fitted.decision_function(unseen), dtype=np.float64)


def _pooled(stage: NDArray[np.float16]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    values = stage.astype(np.float32)
    return values.mean(axis=(1, 2)), values.max(axis=(1, 2))
