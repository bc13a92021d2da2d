"""May a classifier be shown to readers with its explanations? Only where these were measured to point at findings.

A map that points no better than the middle of the picture, or than a dart thrown at it, tells a reader nothing and
looks as if it did: worse than no map.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

LEAST_HIT_RATE = 0.40
NEEDED = ("n", "hit_rate", "mean_box_area", "centre_rate")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says, and the sentence a reader is given.

    Attributes:
        passed: the version may be shown to readers.
        measured: False when nobody has measured its explanations.
    """

    passed: bool
    reason: str
    measured: bool = True


EXEMPT = Verdict(passed=True, reason="This task is not explained by maps.")
UNMEASURED = Verdict(passed=False, reason="Where its maps point has not been measured.", measured=False)


def explainability_verdict(pointing: Mapping[str, float | None] | None) -> Verdict:
    """Passed when the hit rate of the pointing game is at least .40 and above both yardsticks.

    Args:
        pointing: of an evaluation document: n boxed findings; hit_rate; mean_box_area and centre_rate, what a random
            and a central point would hit; all rates in [0, 1]. None or n = 0: not measured.
    Raises:
        ValueError: a needed figure is missing or no number in its range.
    Source: the pointing game of Zhang et al. 2018; threshold and yardsticks are this project's own (docs/models.md).
    """
    if pointing is None or pointing.get("n") == 0:
        return UNMEASURED
    hit_rate, area, centre = (_rate(pointing, name) for name in NEEDED[1:])
    rules = [
        (hit_rate >= LEAST_HIT_RATE, f"the gate asks for {_two(LEAST_HIT_RATE)}"),
        (hit_rate > area, f"a random point hits {_two(area)}"),
        (hit_rate > centre, f"the centre of the image hits {_two(centre)}"),
    ]
    missed = [words for holds, words in rules if not holds]
    found = f"Its maps point into the box of {_two(hit_rate)} of {int(_rate_free(pointing, 'n'))} boxed findings"
    if missed:
        return Verdict(passed=False, reason=f"{found}; {'; '.join(missed)}.")
    return Verdict(passed=True, reason=f"{found} (random point {_two(area)}, image centre {_two(centre)}).")


def _rate(pointing: Mapping[str, float | None], name: str) -> float:
    value = _rate_free(pointing, name)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is not between 0 and 1")
    return value


def _rate_free(pointing: Mapping[str, float | None], name: str) -> float:
    value = pointing.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 0:
        raise ValueError(f"{name} is missing or no number")
    return float(value)


def _two(value: float) -> str:
    return f"{value:.2f}"
