"""What the types of recipe have in common."""

from dataclasses import dataclass, fields
from typing import Any

NOT_FOR = (
    "screening or diagnosis without a reader",
    "ruling anything out: an empty result is not a normal film",
    "case types, body parts or projections other than those above",
)


@dataclass(frozen=True, slots=True)
class TriageRule:
    """How triage thresholds are chosen, out of fold.

    Attributes:
        kind: "softmax" (a three-class head), "operating_points" (from one label's probability) or "any_finding" (from
            the operating points of several labels; nothing is urgent, and no further threshold is chosen).
        label: for "operating_points".
        urgent_sensitivity, urgent_specificity: exactly one of them is what the urgent threshold reaches.
        flagged_sensitivity: what the threshold below which an image is normal reaches; None for "any_finding".
        sentence_source: where the rule comes from.
        labels: for "any_finding".
    """

    kind: str
    label: str | None
    urgent_sensitivity: float | None
    urgent_specificity: float | None
    flagged_sensitivity: float | None
    sentence_source: str
    labels: tuple[str, ...] = ()


CHOSEN_AFTERWARDS = (
    "sensitivity",
    "specificity",
    "triage",
    "context",
    "probe_inverse_penalty",
    "probe_views",
    "network_share",
    "triage_share",
)
"""What happens after the last step: a finished training is kept when only these change."""


def recipe_identity(recipe: Any) -> dict[str, Any]:
    """JSON values of a recipe: set by name, settings as they are stored; no prose, nothing chosen afterwards."""
    values = {entry.name: getattr(recipe, entry.name) for entry in fields(recipe)}
    for indifferent in ("intended_use", "not_for", "checkpoint_every", *CHOSEN_AFTERWARDS):
        values.pop(indifferent, None)
    values["terms"] = recipe.terms.name
    values["settings"] = recipe.settings.to_dict()
    values["augmentation"] = recipe.augmentation.identity()
    return values
