"""What a guard's outputs mean for a frame: read it, turn it first, or say why not. Pure; the guard's spec decides.

The kinds are looked at in the order of how much each reason tells the person who sent the image: no radiograph, too
little of one, unlike every film that the guard knows, of something else.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.predict import Classified
from imaging.pipeline.quality import unfamiliar_reason
from registry.runtime.values import Familiarity, GuardSpec, ModelSpec

Logits = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Correction:
    """What sets a stored frame right: quarter turns counter-clockwise (0 to 3), and whether it is a negative."""

    turns: int = 0
    inverted: bool = False

    @property
    def is_none(self) -> bool:
        return self == Correction()

    def then(self, other: "Correction") -> "Correction":
        """This one, and another after it."""
        return Correction((self.turns + other.turns) % 4, self.inverted != other.inverted)

    @property
    def names(self) -> tuple[str, ...]:
        """As PipelineResult.corrections has them."""
        turned = (f"rotated_{90 * self.turns}",) if self.turns else ()
        return (*(("inverted",) if self.inverted else ()), *turned)


def judges(spec: ModelSpec, case_type: str | None) -> bool:
    """Whether the guard knows what frames of the case type look like; it has no say on others."""
    return spec.guard is not None and case_type in spec.guard.expected


def wanted_correction(spec: ModelSpec, logits: Logits, case_type: str, *, seen_inverted: bool = False) -> Correction:
    """What the guard would do to the frame.

    Args:
        logits: float32 (L,), in the order of the guard's labels.
        seen_inverted: the rule in front of the network has turned black and white over already.
    """
    guard = guard_of(spec)
    turns, point, negative = _turns(spec, logits), guard.turned.get(case_type), guard.negative.get(case_type)
    is_turned = point is not None and 1.0 - turns[0] >= point.threshold
    is_negative = negative is not None and _inverted(spec, logits) >= negative.threshold
    return Correction(
        turns=1 + int(np.argmax(turns[1:])) if is_turned else 0,
        inverted=seen_inverted != is_negative,
    )


def refusal(spec: ModelSpec, output: Classified, familiarity: Familiarity | None, case_type: str) -> str | None:
    """A stable code, ": " and a sentence when the frame must not be read as the case type; None when it may."""
    guard, kinds = guard_of(spec), kind_probabilities(spec, output.logits)
    expected = guard.expected[case_type]
    doubted = kinds[expected] < guard.read[case_type].threshold
    likeliest = max((kind for kind in guard.kinds if kind != expected), key=lambda kind: kinds[kind])
    if doubted and likeliest == guard.other:
        return (
            f"not_a_radiograph: the image looks like a photograph, a document or a screenshot "
            f"(probability {kinds[likeliest]:.2f}); send the film itself"
        )
    if doubted and likeliest == guard.partial:
        return (
            f"cropped: the image shows only a part of a {_film(expected)} (probability {kinds[likeliest]:.2f}); "
            f"send the whole film"
        )
    pooled = output.features if output.pooled is None else output.pooled
    unfamiliar = None if pooled is None else unfamiliar_reason(pooled, familiarity)
    if unfamiliar is not None or not doubted:
        return unfamiliar
    return (
        f"wrong_body_part: the image was sent as a {_film(expected)} and looks like a {_film(likeliest)} "
        f"(probability {kinds[likeliest]:.2f}); change the case type or send the right film"
    )


def unclear_reason() -> str:
    """The reason when a frame that was set right still does not look right to the guard."""
    return "orientation_unclear: the image seems turned or inverted, and setting it right did not help; send it upright"


def kind_probabilities(spec: ModelSpec, logits: Logits) -> dict[str, float]:
    """Kind -> probability; they sum to 1."""
    return dict(zip(guard_of(spec).kinds, _softmax(spec, logits, guard_of(spec).kinds).tolist(), strict=True))


def guard_of(spec: ModelSpec) -> GuardSpec:
    """The part of a guard's spec that a classifier does not have; artefacts without it are refused when read."""
    assert spec.guard is not None
    return spec.guard


def _turns(spec: ModelSpec, logits: Logits) -> NDArray[np.float64]:
    """float64 (4,): the probability that 0, 1, 2, 3 quarter turns counter-clockwise set the frame upright."""
    return _softmax(spec, logits, guard_of(spec).turns)


def _inverted(spec: ModelSpec, logits: Logits) -> float:
    label = guard_of(spec).inverted
    assert label is not None  # spec rules: a guard with operating points for negatives has the label
    scaled = float(logits[spec.labels.index(label)]) / spec.calibration[label].temperature
    return float(1.0 / (1.0 + np.exp(-np.clip(scaled, -500.0, 500.0))))


def _softmax(spec: ModelSpec, logits: Logits, labels: tuple[str, ...]) -> NDArray[np.float64]:
    places = [spec.labels.index(label) for label in labels]
    scales = np.array([spec.calibration[label].temperature for label in labels])
    scaled = np.asarray(logits, dtype=np.float64)[places] / scales
    grown = np.exp(scaled - scaled.max())
    return np.asarray(grown / grown.sum())


def _film(kind: str) -> str:
    return f"{kind.replace('_', ' ')} film"
