"""How near a fast engine comes to fp32 torch, in what a reader is shown: probabilities, heatmaps, boxes."""

from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline import calibrate, explain
from imaging.pipeline.box_parity import BoxParity, BoxParityCount, box_disagreement
from registry.runtime.engines.base import ClassifierOutput
from registry.runtime.values import ModelSpec

PROBABILITY_P99 = 0.02
"""Above this difference at the 99th percentile an engine does not serve."""

HEATMAP_P99 = 0.10
"""The same for the largest difference in a map, as a share of the reference map's largest absolute value. A tenth is
one of the steps that the colour scale is read in."""

FILMS, PHANTOMS = "films", "phantoms"


@dataclass(frozen=True, slots=True)
class Parity:
    """Differences between two engines over the same images.

    Attributes:
        source: "films" or "phantoms".
        probability_p50, probability_p99, probability_max: over all images and labels, triage classes included.
        heatmap_p99, heatmap_max: over all maps, each as a share of the reference map's largest absolute value.
        calls_changed: how many findings went to the other side of their operating point.
    """

    n_images: int
    source: str
    probability_p50: float
    probability_p99: float
    probability_max: float
    heatmap_p99: float
    heatmap_max: float
    calls_changed: int

    def to_json(self) -> dict[str, int | float | str | None]:
        """As EngineBuild.parity stores it."""
        return asdict(self)


@dataclass(slots=True)
class ParityCount:
    """Differences as they come, image by image; no image and no map is kept."""

    spec: ModelSpec
    probabilities: list[NDArray[np.float64]] = field(default_factory=list)
    heatmaps: list[NDArray[np.float64]] = field(default_factory=list)
    calls_changed: int = 0

    def add(self, reference: ClassifierOutput, fast: ClassifierOutput) -> None:
        """The outputs of both engines for one batch of the same images."""
        expected, found = (label_probabilities(output, self.spec) for output in (reference, fast))
        self.probabilities.append(np.abs(expected - found).ravel())
        for column, label in enumerate(self.spec.labels):
            point = self.spec.operating_points.get(label)
            if point is not None:
                sides = (side[:, column] >= point.threshold for side in (expected, found))
                self.calls_changed += int(np.not_equal(*sides).sum())
        if reference.triage_logits is not None and fast.triage_logits is not None:
            one, other = self._triage(reference.triage_logits), self._triage(fast.triage_logits)
            self.probabilities.append(np.abs(one - other).ravel())
        self.heatmaps.append(_map_differences(contribution_maps(reference), contribution_maps(fast)))

    def parity(self, *, source: str) -> Parity:
        """What was counted.

        Raises:
            ValueError: nothing was.
        """
        if not self.heatmaps:
            raise ValueError("parity over no images")
        probability, heatmap = np.concatenate(self.probabilities), np.concatenate(self.heatmaps)
        return Parity(
            n_images=len(heatmap) // len(self.spec.labels),
            source=source,
            probability_p50=float(np.quantile(probability, 0.5)),
            probability_p99=float(np.quantile(probability, 0.99)),
            probability_max=float(probability.max()),
            heatmap_p99=float(np.quantile(heatmap, 0.99)),
            heatmap_max=float(heatmap.max()),
            calls_changed=self.calls_changed,
        )

    def _triage(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        temperature = self.spec.triage.temperature if self.spec.triage else 1.0
        scaled = logits.astype(np.float64) / temperature
        weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def parity_count(spec: ModelSpec) -> ParityCount | BoxParityCount:
    """The count for what a version puts out."""
    return BoxParityCount(spec) if spec.task == "detector" else ParityCount(spec)


def label_probabilities(output: ClassifierOutput, spec: ModelSpec) -> NDArray[np.float64]:
    """Calibrated probabilities, float64 (n, L)."""
    calibrations = [spec.calibration[label] for label in spec.labels]
    rows = [
        [calibrate.probability_of_logit(float(logit), entry) for logit, entry in zip(row, calibrations, strict=True)]
        for row in output.logits
    ]
    return np.array(rows, dtype=np.float64)


def contribution_maps(output: ClassifierOutput) -> NDArray[np.float32]:
    """float32 (n, L, h, w), whether the engine computed them or handed out its features.

    Raises:
        ValueError: it did neither.
    """
    if output.maps is not None:
        return output.maps
    if output.features is None or output.head_weight is None:
        raise ValueError("an engine without maps and features has no heatmaps to compare")
    return np.stack([explain.contributions(features, output.head_weight) for features in output.features])


def refusal(engine: str, parity: Parity | BoxParity) -> str:
    """Why an engine must not serve after such a measurement; empty when it may."""
    if engine.endswith("bf16") and parity.source != FILMS:
        return "bfloat16 serves only after parity on real films"
    return box_disagreement(parity) if isinstance(parity, BoxParity) else _disagreement(parity)


def _disagreement(parity: Parity) -> str:
    # Written so that a difference which is not a number is refused too.
    if not parity.probability_p99 <= PROBABILITY_P99:
        found = f"probabilities differ by {parity.probability_p99:.4f} at the 99th percentile"
        return f"{found}, more than {PROBABILITY_P99}"
    if not parity.heatmap_p99 <= HEATMAP_P99:
        found = f"heatmaps differ by {parity.heatmap_p99:.3f} of their peak at the 99th percentile"
        return f"{found}, more than {HEATMAP_P99}"
    return ""


def _map_differences(reference: NDArray[np.float32], fast: NDArray[np.float32]) -> NDArray[np.float64]:
    """Largest difference of every map over the reference map's largest absolute value, float64 (n * L,)."""
    largest = np.abs(reference).max(axis=(2, 3)).astype(np.float64)
    difference = np.abs(reference - fast).max(axis=(2, 3))
    return np.asarray(difference / np.maximum(largest, np.finfo(np.float32).tiny)).ravel()
