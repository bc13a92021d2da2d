import dataclasses
import json

import pytest

from registry.runtime.errors import ArtefactMalformed
from registry.runtime.values import FamiliaritySpec, ModelSpec, TileSpec, spec_from_json, spec_to_json
from tests.registry.runtime.artefact_samples import POINT, SOFTMAX, make_spec
from tests.registry.runtime.guard_samples import make_guard, make_guard_spec


def test_a_specification_survives_json():
    spec = make_spec(familiarity=FamiliaritySpec(threshold=40.0, quantile=0.995, n_images=1204), training={"seed": 7})
    assert spec_from_json(spec_to_json(spec)) == spec


@pytest.mark.parametrize(
    "broken",
    [
        {"task": "oracle"},
        {"labels": ["effusion", "effusion"]},
        {"labels": "effusion"},
        {"input": {"size": 0, "mean": 0.5, "std": 0.25}},
        {"input": {"size": 448, "mean": "half", "std": 0.25}},
        {"calibration": {"effusion": {"temperature": 1.0, "bias": 0.0}}},
        {"calibration": {label: {"temperature": 0.0, "bias": 0.0} for label in ("effusion", "pneumothorax")}},
        {"operating_points": {"caries": dataclasses.asdict(POINT)}},
        {"operating_points": {"effusion": {**dataclasses.asdict(POINT), "threshold": 1.5}}},
        {"operating_points": {"effusion": {**dataclasses.asdict(POINT), "sensitivity_interval": [0.1]}}},
        {"triage": {**dataclasses.asdict(SOFTMAX), "kind": "operating_points", "label": "caries"}},
        {"schema": 2},
        {"surprise": 1},
    ],
)
def test_a_specification_that_breaks_a_rule_is_refused(broken):
    document = {**json.loads(spec_to_json(make_spec())), **broken}
    with pytest.raises(ArtefactMalformed):
        spec_from_json(json.dumps(document))


def make_tiled_detector(tiles: TileSpec) -> ModelSpec:
    spec = make_spec(task="detector", triage=None)
    return dataclasses.replace(spec, input=dataclasses.replace(spec.input, size=1024, tiles=tiles))


def test_a_tiled_detector_survives_json_and_says_what_its_network_takes():
    spec = make_tiled_detector(TileSpec(side=640, overlap=128, whole=True))
    assert spec_from_json(spec_to_json(spec)) == spec
    assert (spec.input.network_side, make_spec().input.network_side) == (640, make_spec().input.size)


@pytest.mark.parametrize("tiles", [TileSpec(640, 640, True), TileSpec(640, -1, True), TileSpec(1025, 0, False)])
def test_tiles_that_do_not_fit_the_input_are_refused(tiles):
    with pytest.raises(ArtefactMalformed, match="tiles"):
        make_tiled_detector(tiles)


def test_a_classifier_has_no_tiles():
    with pytest.raises(ArtefactMalformed, match="tiles"):
        dataclasses.replace(make_tiled_detector(TileSpec(640, 128, True)), task="classifier")


def test_a_specification_without_a_required_field_is_refused():
    document = json.loads(spec_to_json(make_spec()))
    del document["labels"]
    with pytest.raises(ArtefactMalformed):
        spec_from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"input": NaN}', "[" * 100_000])
def test_what_is_no_specification_is_refused(text):
    with pytest.raises(ArtefactMalformed):
        spec_from_json(text)


def test_a_guard_survives_json():
    spec = make_guard_spec()
    assert spec_from_json(spec_to_json(spec)) == spec


@pytest.mark.parametrize(
    "broken",
    [
        {"task": "classifier"},
        {"guard": None},
        {"labels": list(reversed(make_guard().labels))},
        {"guard": {**dataclasses.asdict(make_guard()), "expected": {"chest": "foot"}}},
        {"guard": {**dataclasses.asdict(make_guard()), "read": {}}},
        {"guard": {**dataclasses.asdict(make_guard()), "turns": ["up", "down"]}},
        {"guard": {**dataclasses.asdict(make_guard()), "other": "foot"}},
        {"guard": {**dataclasses.asdict(make_guard()), "inverted": None}},
        {"guard": {**dataclasses.asdict(make_guard()), "turned": {"ct": dataclasses.asdict(POINT)}}},
    ],
)
def test_a_guard_that_breaks_a_rule_is_refused(broken):
    document = {**json.loads(spec_to_json(make_guard_spec())), **broken}
    with pytest.raises(ArtefactMalformed):
        spec_from_json(json.dumps(document))


ANY_FINDING = {**dataclasses.asdict(SOFTMAX), "kind": "any_finding", "urgent": None, "labels": ["effusion"]}


def test_a_rule_over_several_findings_survives_json():
    spec = spec_from_json(json.dumps({**json.loads(spec_to_json(make_spec())), "triage": ANY_FINDING}))
    assert spec.triage is not None and spec.triage.urgent is None and spec.triage.labels == ("effusion",)
    assert spec_from_json(spec_to_json(spec)) == spec


@pytest.mark.parametrize(
    "broken", [{"labels": []}, {"labels": ["unknown"]}, {"urgent": dataclasses.asdict(POINT)}, {"kind": "softmax"}]
)
def test_a_rule_over_several_findings_that_is_not_whole_is_refused(broken):
    document = {**json.loads(spec_to_json(make_spec())), "triage": {**ANY_FINDING, **broken}}
    with pytest.raises(ArtefactMalformed):
        spec_from_json(json.dumps(document))
