"""The command line's contract as one check: what every line must hold. Also usable on any JSON lines file."""

import json
import math
from typing import Any

KEYS = [
    "schema_version",
    "file",
    "sha256",
    "sop_instance_uid",
    "frame",
    "pixel_sha256",
    "case_type",
    "status",
    "reason",
    "error",
    "width",
    "height",
    "corrections",
    "triage",
    "scores",
    "findings",
    "models",
    "timings_ms",
]
CORRECTIONS = {"inverted", "rotated_90", "rotated_180", "rotated_270"}
FINDING_KEYS = {
    "label",
    "probability",
    "score",
    "operating_point",
    "positive",
    "box",
    "source",
    "model_version",
    "peak",
    "heatmap",
    "border_energy",
    "marker_energy",
    "support",
    "agreement",
    "second",
}
SECOND_KEYS = {"model_name", "model_version", "probability", "operating_point", "positive"}
TIMING_KEYS = ["decode", "preprocess", "classify", "detect", "explain", "assemble", "total"]


def parsed(text: str) -> dict[str, Any]:
    """One line as strict JSON: NaN and Infinity are no JSON."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    line = json.loads(text, parse_constant=refuse)
    assert isinstance(line, dict)
    return line


def assert_contract(line: dict[str, Any]) -> None:
    """Every rule of the contract that one line can break."""
    assert list(line) == KEYS
    assert line["schema_version"] == 1
    assert line["frame"] >= 0
    assert list(line["timings_ms"]) == TIMING_KEYS
    assert all(value >= 0 for value in line["timings_ms"].values())
    assert line["sha256"] is None or len(line["sha256"]) == 64
    {"analysed": _analysed, "not_analysed": _not_analysed, "refused": _stopped, "failed": _stopped}[line["status"]](
        line
    )


def _analysed(line: dict[str, Any]) -> None:
    assert line["reason"] is None
    assert line["error"] is None
    assert len(line["pixel_sha256"]) == 64
    assert {"name", "version", "sha256"} == set().union(*line["models"])
    assert line["scores"]
    assert set(line["corrections"]) <= CORRECTIONS
    for finding in line["findings"]:
        _finding(finding, width=line["width"], height=line["height"])
    labels = {finding["label"] for finding in line["findings"]}
    assert labels <= set(line["scores"])
    assert all(0 <= value <= 1 for value in line["scores"].values())
    if line["triage"] is not None:
        assert line["triage"]["class"] in {"normal", "flagged", "urgent"}
        assert line["triage"]["reason"]
        assert list(line["triage"]["scores"]) == ["normal", "flagged", "urgent"]
        assert math.isclose(sum(line["triage"]["scores"].values()), 1.0, abs_tol=1e-6)
    assert sum(finding["box"] is not None for finding in line["findings"]) <= 100
    joined = {finding["label"] for finding in line["findings"] if finding["source"] == "joined"}
    assert not joined & {finding["label"] for finding in line["findings"] if finding["source"] == "classifier"}


def _finding(finding: dict[str, Any], *, width: int, height: int) -> None:
    assert set(finding) == FINDING_KEYS
    assert 0 <= finding["probability"] <= 1
    assert finding["source"] in {"classifier", "detector", "joined"}
    point = finding["operating_point"]
    assert finding["positive"] is (point is not None and finding["probability"] >= point)
    _joined(finding)
    if finding["source"] != "classifier":
        box = finding["box"]
        assert finding["probability"] >= 0.01
        assert 0 <= box["left"] < box["right"] <= width
        assert 0 <= box["top"] < box["bottom"] <= height
    else:
        assert finding["box"] is None
    if finding["peak"] is not None:
        assert 0 <= finding["peak"]["x"] <= width
        assert 0 <= finding["peak"]["y"] <= height


def _joined(finding: dict[str, Any]) -> None:
    """A label has no box, a box has no second opinion; of what is both, each half says what it thinks."""
    is_joined = finding["source"] == "joined"
    assert (finding["second"] is not None) is is_joined
    assert finding["support"] in ({"both", "box_only"} if is_joined else {"", "map_only"})
    assert finding["support"] != "map_only" or (finding["positive"] and finding["source"] == "classifier")
    if is_joined:
        assert finding["positive"]
        assert set(finding["second"]) == SECOND_KEYS
        assert finding["agreement"] is None or 0 <= finding["agreement"] <= 1
        assert finding["support"] == "box_only" or finding["second"]["positive"]
    else:
        assert finding["agreement"] is None


def _not_analysed(line: dict[str, Any]) -> None:
    assert ": " in line["reason"]
    assert line["error"] is None
    assert (line["triage"], line["scores"], line["findings"], line["corrections"]) == (None, {}, [], [])
    assert line["width"] > 0
    assert line["height"] > 0


def _stopped(line: dict[str, Any]) -> None:
    assert set(line["error"]) == {"code", "message", "tag", "remedy"}
    assert line["reason"].startswith(f"{line['error']['code']}: ")
    assert (line["triage"], line["scores"], line["findings"]) == (None, {}, [])
