"""Evaluation documents as the evaluator writes them."""

from typing import Any

PASSING = {
    "n": 118,
    "hit_rate": 0.54,
    "low": 0.45,
    "high": 0.63,
    "mean_box_area": 0.08,
    "centre_rate": 0.24,
    "best_fixed_rate": 0.36,
}
FAILING = {**PASSING, "hit_rate": 0.31, "low": 0.22, "high": 0.4}
SUMMARY = {
    "urgent_normal_auc": {"value": 0.95, "low": 0.92, "high": 0.97},
    "mean_finding_auc": {"value": 0.75, "low": None, "high": None},
}


def make_evaluation(version: Any, **changes: Any) -> dict[str, Any]:
    """A document about a registered version; keyword arguments replace its parts."""
    document = {
        "schema": 1,
        "model": {"name": version.name, "version": version.version, "sha256": version.sha256},
        "case_type": version.case_types[0],
        "dataset": {"name": "phantoms", "split": "val", "digest": "a" * 64, "n_images": 212, "n_groups": 106},
        "created": "2026-11-22T03:00:00+00:00",
        "software": "0123abc",
        "summary": SUMMARY,
        "pointing": PASSING,
        "sections": {"calibration": {"bins": 10}},
    }
    return {**document, **changes}
