"""The shipped weights: digests hold, specifications are whole, cards belong to them, nothing was trained on val."""

import pytest

from registry.evidence import evaluation_decode, evaluation_parse
from registry.metrics.gate import explainability_verdict
from registry.runtime.artefacts import STARTER_MODELS, StarterModel, artefact_open, starter_index
from registry.runtime.values import ModelSpec

INDEX = starter_index()


def spec_of(entry: StarterModel) -> ModelSpec:
    return artefact_open(STARTER_MODELS / entry.file, sha256=entry.sha256)[0]


def test_the_routes_name_shipped_versions_classifier_first() -> None:
    assert INDEX.routes == {
        "chest": ("chest-lite0",),
        "bone": ("bone-lite0", "bone-yolo"),
        "dental_panoramic": ("panoramic-lite0", "panoramic-yolo"),
        "intake": ("intake-lite0",),
    }
    assert [spec_of(INDEX.model(name)).task for name in INDEX.routes["bone"]] == ["classifier", "detector"]


def test_chest_films_can_be_read_by_three_bodies() -> None:
    chest = [spec_of(entry) for entry in INDEX.models if "chest" in spec_of(entry).case_types]
    bodies = {"lite0_s16s32_head", "resnet18_s16s32_head", "densenet121_s16s32_head"}
    assert {spec.architecture for spec in chest if spec.task == "classifier"} == bodies


def test_bone_films_and_panoramics_can_be_searched_by_two_families() -> None:
    for case_type in ("bone", "dental_panoramic"):
        own = [spec_of(entry) for entry in INDEX.models if case_type in spec_of(entry).case_types]
        families = {spec.architecture for spec in own if spec.task == "detector"}
        assert families == {"context_faster_rcnn", "anchor_free_yolo"}
        routed = [spec_of(INDEX.model(name)).task for name in INDEX.routes[case_type]]
        assert routed == ["classifier", "detector"]


def test_all_weights_together_stay_under_a_hundred_megabytes() -> None:
    sizes = {entry.file: (STARTER_MODELS / entry.file).stat().st_size for entry in INDEX.models}
    print("\n".join(f"{size / 1e6:6.2f} MB  {file}" for file, size in sizes.items()))
    print(f"{sum(sizes.values()) / 1e6:6.2f} MB  all weights together")
    assert sum(sizes.values()) <= 100_000_000


@pytest.mark.parametrize("entry", INDEX.models, ids=lambda entry: entry.name)
class TestEveryVersion:
    def test_the_file_the_name_and_the_card_belong_together(self, entry: StarterModel) -> None:
        spec, card = spec_of(entry), (STARTER_MODELS / entry.card).read_text()
        assert (spec.name, spec.version) == (entry.name, entry.version)
        for words in (
            entry.sha256,
            spec.training["commit"],
            spec.training["command"],
            spec.training["train"]["digest"],
        ):
            assert words in card
        assert spec.training["train"]["attribution"] in card and "Assistive only" in card

    def test_every_label_is_calibrated_and_has_a_point_fitted_on_real_films(self, entry: StarterModel) -> None:
        spec = spec_of(entry)
        if spec.task == "guard":  # its points are for kinds and turns, not for labels
            return
        assert set(spec.calibration) == set(spec.operating_points) == set(spec.labels)
        for point in spec.operating_points.values():
            # a detector's point is chosen for false boxes a film, on the films that its weights never saw
            few = 10 if spec.task == "detector" else 50
            assert point.n_positive + point.n_negative > 50 and min(point.n_positive, point.n_negative) > few
            assert 0 < point.threshold < 1 and len(point.data_digest) == 64
            assert point.sensitivity_interval[0] <= point.sensitivity <= point.sensitivity_interval[1]

    def test_classifiers_know_what_they_were_made_for_and_triage(self, entry: StarterModel) -> None:
        spec = spec_of(entry)
        assert (spec.familiarity is not None and spec.triage is not None) == (spec.task == "classifier")

    def test_a_routed_classifier_passed_the_gate_or_says_why_it_was_not_measured(self, entry: StarterModel) -> None:
        for case_type in (name for name, routed in INDEX.routes.items() if entry.name in routed):
            if spec_of(entry).task == "classifier" and not entry.unmeasured_reason:
                facts = evaluation_parse(
                    evaluation_decode((STARTER_MODELS / entry.beside("evaluation.json")).read_bytes())
                )
                assert (facts.case_type, facts.model_sha256) == (case_type, entry.sha256)
                assert explainability_verdict(facts.pointing).passed
