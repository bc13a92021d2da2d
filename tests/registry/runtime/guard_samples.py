"""A guard's specification for tests: small, valid, with every kind of decision."""

from typing import Any

from registry.runtime.values import Calibration, GuardSpec, InputSpec, ModelSpec
from tests.registry.runtime.artefact_samples import POINT, make_spec

JUDGED = ("chest", "bone", "dental_panoramic")


def make_guard(**changes: Any) -> GuardSpec:
    """Every threshold at one half."""
    values: dict[str, Any] = {
        "kinds": (*JUDGED, "partial", "other"),
        "expected": {case_type: case_type for case_type in JUDGED},
        "partial": "partial",
        "other": "other",
        "turns": ("upright", "upright_after_90", "upright_after_180", "upright_after_270"),
        "inverted": "inverted",
        "read": dict.fromkeys(JUDGED, POINT),
        "turned": dict.fromkeys(("chest", "dental_panoramic"), POINT),
        "negative": dict.fromkeys(JUDGED, POINT),
    }
    return GuardSpec(**{**values, **changes})


def make_guard_spec(**changes: Any) -> ModelSpec:
    """A guard of 64 px."""
    guard = changes.pop("guard", make_guard())
    values: dict[str, Any] = {
        "name": "guard-small",
        "task": "guard",
        "architecture": "intake_guard",
        "architecture_options": {"size": 64, "waves": [[0, 0], [1, 0], [0, 1]]},
        "case_types": ("intake",),
        "labels": guard.labels,
        "input": InputSpec(size=64, mean=0.5, std=0.25),
        "calibration": dict.fromkeys(guard.labels, Calibration(temperature=1.0)),
        "operating_points": {},
        "triage": None,
        "guard": guard,
    }
    return make_spec(**{**values, **changes})
