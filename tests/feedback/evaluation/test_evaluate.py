"""A phantom set with known answers, through the pipeline that serves."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from feedback.evaluation.document import document_of_text, document_text
from feedback.evaluation.errors import DatasetNothingAnalysed, DatasetOneClass
from feedback.evaluation.evaluate import Question, evaluate_route
from feedback.evaluation.labelled_folder import labelled_folder_read
from imaging.raster import grey_png
from registry.evidence import evaluation_parse
from tests.feedback.evaluation.making import (
    AUC,
    DiscEngine,
    disc_model,
    film,
    write_boxes,
    write_images,
    write_known_set,
    write_table,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("known")
    write_known_set(path)
    return path


def question(folder: Path) -> Question:
    return Question(labelled_folder_read(folder), "chest", resamples=50)


@pytest.fixture(scope="module")
def documents(folder: Path):
    heard: list[tuple[str, int, int]] = []
    models = (disc_model(), disc_model(task="detector"))
    found = evaluate_route(models, question(folder), progress=lambda *said: heard.append(said))
    assert heard[-1] == ("films", 24, 24)
    return found


def test_the_auc_is_the_known_one_for_label_and_triage(documents) -> None:
    summary = documents[0].summary
    for name in ("mass_auc", "urgent_normal_auc", "any_finding_auc"):
        assert summary[name]["value"] == pytest.approx(AUC, abs=1e-6)
        assert summary[name]["low"] < AUC < summary[name]["high"]


def test_the_map_points_into_every_box_and_passes_the_gate(documents) -> None:
    pointing, sections = documents[0].pointing, documents[0].sections
    assert (pointing["n"], pointing["hit_rate"]) == (12, 1.0)
    assert pointing["mean_box_area"] == pytest.approx((16 / 64) ** 2, abs=0.01)
    assert sections["gate"]["passed"] and sections["pointing"]["all"]["energy_in_box"]["value"] > 0.9


def test_brightness_is_found_out_as_a_confounder(documents) -> None:
    found = documents[0].sections["targets"]["mass"]["confounders"]
    assert found["version"]["all"]["value"] == pytest.approx(AUC, abs=1e-6)
    assert found["mean_grey"]["all"]["value"] > 0.8 and found["metadata"]["all"]["value"] < 0.7
    assert {"view AP", "view PA", "like pairs"} <= set(found["mean_grey"])


def test_subgroups_carry_their_numbers(documents) -> None:
    rows = {(row["factor"], row["value"]): row for row in documents[0].sections["subgroups"] if row["target"] == "mass"}
    assert (rows["view", "AP"]["n_positive"], rows["view", "AP"]["n_negative"]) == (6, 6)
    assert rows["view", "AP"]["auc"]["value"] == pytest.approx(AUC, abs=1e-6)


def test_the_detector_s_boxes_are_all_found_at_the_known_precision(documents) -> None:
    found = documents[1].sections["detection"]["labels"]["mass"]
    assert found["n_boxes"] == 12 and documents[1].summary["mass_image_auc"]["value"] == pytest.approx(AUC, abs=1e-6)
    # ranked .95 .9 (hits), .8 (false), .6 (hit), four films each: 4/4, 8/8, 12/16
    assert documents[1].summary["mass_average_precision_0.5"]["value"] == pytest.approx(2 / 3 + 0.75 / 3, abs=0.07)


def test_the_registry_takes_the_document_and_json_brings_it_back(documents) -> None:
    facts = evaluation_parse(documents[0].as_json())
    assert (facts.model_name, facts.n_images, facts.case_type) == ("disc-classifier", 24, "chest")
    assert document_of_text(document_text(documents[0])) == documents[0]


def test_the_same_question_has_the_same_answer(folder: Path, documents) -> None:
    again = evaluate_route([disc_model()], question(folder))[0]
    assert again.summary == documents[0].summary


def test_films_that_are_not_analysed_are_counted_and_held_against_the_version(tmp_path: Path) -> None:
    write_known_set(tmp_path)
    (tmp_path / "images" / "film_0_0.png").write_bytes(grey_png(np.full((64, 64), 0.5, dtype=np.float32)))  # blank
    (tmp_path / "images" / "film_0_1.png").write_bytes(b"no image")
    document = evaluate_route([disc_model()], question(tmp_path))[0]
    counts, target = document.sections["data"]["counts"], document.sections["targets"]["mass"]
    assert (counts["analysed"], counts["not_analysed"], counts["refused"]) == (22, 1, 1)
    assert target["n_positive_not_analysed"] == 2
    assert target["auc_counting_not_analysed_as_wrong"]["value"] == pytest.approx(AUC - 24 / 144, abs=1e-6)
    point = target["operating_point"]
    assert point["sensitivity_counting_not_analysed_as_missed"]["value"] < point["sensitivity"]["value"]


def test_maps_that_a_random_network_draws_as_well_are_told_from_learned_ones(folder: Path) -> None:
    asked = dataclasses.replace(question(folder), untrain=lambda m: dataclasses.replace(m, engine=DiscEngine(sign=-1)))
    sanity = evaluate_route([disc_model()], asked)[0].sections["sanity"]
    assert (sanity["hit_rate"], sanity["hit_rate_with_random_weights"], sanity["passed"]) == (1.0, 0.0, True)
    same = dataclasses.replace(asked, untrain=lambda model: model)
    assert not evaluate_route([disc_model()], same)[0].sections["sanity"]["passed"]


def test_a_film_on_which_the_model_fails_is_shown_as_failed(folder: Path) -> None:
    document = evaluate_route([disc_model(broken_above=0.93)], question(folder))[0]
    assert document.sections["data"]["counts"]["failed"] > 0
    assert "prediction_not_finite" in document.sections["data"]["counts"]["reasons"]


def test_one_class_only_and_nothing_analysed_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path, {"a.png": 0.9, "b.png": 0.8})
    write_table(tmp_path / "labels.csv", [{"file": name, "findings": "mass"} for name in ("a.png", "b.png")])
    with pytest.raises(DatasetOneClass):
        evaluate_route([disc_model()], question(tmp_path))
    for name in ("a.png", "b.png"):
        (tmp_path / "images" / name).write_bytes(b"no image")
    with pytest.raises(DatasetNothingAnalysed):
        evaluate_route([disc_model()], question(tmp_path))


def test_a_label_is_scored_only_where_it_was_annotated(tmp_path: Path) -> None:
    files = [f"{number}.png" for number in range(6)]
    write_images(tmp_path, dict(zip(files, (0.95, 0.9, 0.85, 0.5, 0.55, 0.99), strict=True)))
    rows = [{"file": name, "findings": "mass" if number < 3 else ""} for number, name in enumerate(files)]
    write_table(
        tmp_path / "labels.csv", [{**row, "labels_for": "mass" if row["file"] != "5.png" else "nodule"} for row in rows]
    )
    document = evaluate_route([disc_model()], question(tmp_path))[0]
    target = document.sections["targets"]["mass"]
    assert (target["n_negative"], target["auc"]["value"]) == (2, 1.0)


def test_predictions_in_an_ignored_region_are_no_false_boxes(tmp_path: Path) -> None:
    write_images(tmp_path, {"a.png": 0.9, "b.png": 0.95})
    box = [12.0, 28.0, 16.0, 16.0]
    write_boxes(tmp_path, {"a.png": [("mass", box)]}, files=("a.png", "b.png"), ignored={"b.png": [("", box)]})
    document = evaluate_route([disc_model(task="detector")], question(tmp_path))[0]
    assert document.summary["mass_average_precision_0.5"]["value"] == 1.0
    assert document.summary["mass_false_boxes_per_film_0.5"]["value"] == 0.0


def test_hardware_is_reported_with_and_without(tmp_path: Path) -> None:
    write_known_set(tmp_path, hardware="0")
    text = (tmp_path / "labels.csv").read_text().splitlines()
    marked = [line[:-1] + "1" if "film_0_" in line or "film_1_" in line else line for line in text]
    (tmp_path / "labels.csv").write_text("\n".join(marked) + "\n")
    document = evaluate_route([disc_model()], question(tmp_path))[0]
    assert document.summary["mass_auc_without_hardware"]["value"] == pytest.approx(AUC, abs=1e-6)
    parts = {row["value"] for row in document.sections["subgroups"] if row["factor"] == "hardware"}
    assert parts == {"with", "without"}


def test_the_phantom_is_what_the_model_reads() -> None:
    assert film(0.9)[36, 20] == pytest.approx(0.9) and film(0.9)[0, 0] < 0.2
