"""Detectors on a phantom set with known answers: alone, head to head, and joined with the classifier in front."""

from pathlib import Path
from typing import Any

import pytest

from feedback.evaluation.agreement import agreement_metrics, agreement_sentence
from feedback.evaluation.cards import card_write
from feedback.evaluation.document import EvaluationDocument, document_of_text, document_text
from feedback.evaluation.evaluate import Question, evaluate_route
from feedback.evaluation.labelled_folder import Film, labelled_folder_read
from feedback.evaluation.report import report_html
from feedback.evaluation.terminal import comparison_texts, summary_text
from feedback.evaluation.values import FilmReading, JoinedReading
from imaging.pipeline.values import BoundingBox
from registry.evidence import evaluation_parse
from registry.metrics.resampling import resamples_of
from tests.feedback.evaluation.making import (
    DISC_BOX,
    NEGATIVE,
    POSITIVE,
    disc_model,
    rival,
    write_boxes,
    write_images,
    write_known_set,
)

# Ranked by brightness: right, right, wrong (.8), right (.6), wrong, wrong; copies of a film share its place.
# From a recall of two thirds on the best precision is three of four; 67 of 101 recalls lie at or below two thirds.
AP = (67 + 34 * 0.75) / 101


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("boxed")
    write_known_set(path)
    return path


def measured(folder: Path, *models: Any, front: tuple[Any, ...] = ()) -> list[EvaluationDocument]:
    question = Question(labelled_folder_read(folder), "chest", resamples=50)
    return evaluate_route(models, question, front=front)


@pytest.fixture(scope="module")
def documents(folder: Path) -> list[EvaluationDocument]:
    return measured(folder, disc_model(task="detector"), rival(), front=(disc_model(),))


def test_the_summary_leads_with_coco_s_figures_and_recall_at_one_false_box(documents) -> None:
    own, beside = (document.summary for document in documents)
    assert list(own)[:5] == ["map_50", "map_50_95", "recall_at_1_fp", "recall_at_1_fp_loose", "ap_50_mass"]
    assert own["map_50"]["value"] == own["ap_50_mass"]["value"] == own["map_50_95"]["value"] == pytest.approx(AP)
    assert own["map_50"]["low"] < AP < own["map_50"]["high"] and own["recall_at_1_fp"]["value"] == 1.0
    assert (beside["map_50"]["value"], beside["recall_at_1_fp"]["value"]) == (0.0, 0.0)
    assert beside["recall_at_1_fp_loose"]["value"] == 1.0
    assert evaluation_parse(documents[0].as_json()) is not None
    assert document_of_text(document_text(documents[0])) == documents[0]


def test_froc_is_the_share_found_at_an_eighth_to_eight_false_boxes_a_film(documents) -> None:
    points = documents[0].sections["detection"]["labels"]["mass"]["overlap_0.5"]["froc"]
    assert [point["false_boxes_per_film"] for point in points] == [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
    # 24 films: the four false boxes of .8, which stand or fall together, are more than 1/8 a film
    assert points[0]["value"] == pytest.approx(2 / 3) and points[1]["value"] == 1.0
    assert points[0]["low"] <= points[0]["value"] <= points[0]["high"]


def test_the_better_one_of_two_is_named_with_a_paired_interval_on_both_sides(documents) -> None:
    own, other = (document.sections["head_to_head"][0] for document in documents)
    assert (own["against"]["name"], other["against"]["name"]) == ("disc-rival", "disc-detector")
    rows = {row["name"]: row for row in own["figures"]}
    gap = rows["map_50"]["difference"]
    assert gap["value"] == pytest.approx(AP) and gap["low"] > 0
    assert rows["map_50"]["verdict"] == "better"
    assert rows["map_50"]["sentence"].startswith(f"mAP50: disc-detector 1.0.0 is better by {AP:.3f} [")
    assert rows["image_auc"]["verdict"] == "not_told_apart" and "+0.000" in rows["image_auc"]["sentence"]
    mirrored = {row["name"]: row for row in other["figures"]}
    assert mirrored["map_50"]["verdict"] == "worse"
    assert mirrored["map_50"]["difference"]["high"] == -gap["low"]
    assert mirrored["map_50"]["sentence"] == rows["map_50"]["sentence"]


def test_only_films_that_both_analysed_are_compared(folder: Path) -> None:
    found = measured(folder, disc_model(task="detector"), rival(shift=0.0, broken_above=0.93))
    analysed = [document.sections["data"]["counts"]["analysed"] for document in found]
    compared = found[0].sections["head_to_head"][0]
    assert (analysed[0], compared["n_films"], compared["n_groups"]) == (24, analysed[1], analysed[1])
    assert 0 < analysed[1] < 24
    assert all(row["verdict"] == "not_told_apart" for row in compared["figures"])


def test_detectors_without_a_label_in_common_are_not_compared(folder: Path) -> None:
    other = rival(labels=("nodule",), calibration={"nodule": rival().spec.calibration["mass"]}, operating_points={})
    found = measured(folder, disc_model(task="detector"), other)
    assert all("head_to_head" not in document.sections for document in found)
    assert found[1].sections["detection"]["labels"]["nodule"]["not_measured"]


def test_agreement_says_how_often_boxes_with_and_without_the_mark_hit(documents) -> None:
    """The classifier's map lies on the disc: it agrees with the detector's box wherever it calls the film."""
    found = documents[0].sections["agreement"]["overlap_0.5"]
    assert found["both"]["n"] + found["box_only"]["n"] == 24
    assert found["both"]["value"] > found["box_only"]["value"] and found["verdict"] is None  # eight with the mark
    alone = documents[0].sections["agreement"]["map_only"]
    assert alone == {"n": 0, "value": None, "low": None, "high": None}


def test_a_mark_that_hardly_a_box_lacks_is_not_judged() -> None:
    box, beside = BoundingBox(0, 0, 10, 10), BoundingBox(50, 50, 60, 60)
    film = Film(Path("a.png"), "a", "", None, frozenset({"mass"}), boxes=(("mass", box),))

    def judged(n_without: int) -> dict[str, Any]:
        marked = [FilmReading("analysed", joined=(JoinedReading("mass", "both", 0.9, box, 0.8),))] * 20
        lacking = [FilmReading("analysed", joined=(JoinedReading("mass", "box_only", 0.9, beside, 0.1),))] * n_without
        films = [film] * (20 + n_without)
        resamples = resamples_of(range(len(films)), resamples=50)
        found = agreement_metrics(("mass",), films, [*marked, *lacking], resamples)
        assert found is not None
        return found

    few, enough = judged(9), judged(10)
    assert few["overlap_0.5"]["verdict"] is None and "cannot be said: 20 positive boxes" in agreement_sentence(few)
    assert enough["overlap_0.5"]["verdict"] == "better" and "tells something" in agreement_sentence(enough)
    assert enough["overlap_0.5"]["auc_of_agreement"]["value"] == 1.0


def test_labels_called_without_a_box_are_counted_where_the_reference_says_anything() -> None:
    films = [
        Film(Path("a.png"), "a", "", None, frozenset({"mass"})),
        Film(Path("b.png"), "b", "", None, frozenset()),
        Film(Path("c.png"), "c", "", frozenset({"nodule"}), frozenset()),
    ]
    said = FilmReading("analysed", joined=(JoinedReading("mass", "map_only", 0.9),))
    found = agreement_metrics(("mass",), films, [said] * 3, resamples_of(range(3), resamples=20))
    assert found is not None and (found["map_only"]["n"], found["map_only"]["value"]) == (2, 0.5)


def test_a_detector_alone_has_nothing_to_agree_with(folder: Path) -> None:
    assert measured(folder, disc_model(task="detector"))[0].sections["agreement"] is None


def test_films_that_were_not_annotated_for_a_label_are_left_out(tmp_path: Path) -> None:
    files = [f"{number}.png" for number in range(6)]
    write_images(tmp_path, dict(zip(files, (*POSITIVE, *NEGATIVE), strict=True)))
    boxes = {file: [("mass", DISC_BOX)] for file in files[:3]}
    boxes["5.png"] = [("nodule", DISC_BOX)]
    write_boxes(tmp_path, boxes, files=files, labels_for={"3.png": ["nodule"], "5.png": ["nodule"]})
    document = measured(tmp_path, disc_model(task="detector"))[0]
    label = document.sections["detection"]["labels"]["mass"]
    assert (label["n_films"], label["n_boxes"]) == (4, 3)
    assert document.summary["map_50"]["value"] == 1.0


@pytest.mark.parametrize("crowd", [False, True])
def test_ignored_and_crowd_regions_excuse_a_box_but_hide_no_hit(tmp_path: Path, crowd: bool) -> None:
    files = ("a.png", "b.png")
    write_images(tmp_path, {"a.png": 0.9, "b.png": 0.95})
    regions = {"b.png": [("mass" if crowd else "", DISC_BOX)]}
    if crowd:
        write_boxes(tmp_path, {"a.png": [("mass", DISC_BOX)], **regions}, files=files)
        text = (tmp_path / "annotations.json").read_text()
        second = text.rindex('"bbox"')
        (tmp_path / "annotations.json").write_text(f'{text[:second]}"iscrowd": 1, {text[second:]}')
    else:
        write_boxes(tmp_path, {"a.png": [("mass", DISC_BOX)]}, files=files, ignored=regions)
    document = measured(tmp_path, disc_model(task="detector"))[0]
    label = document.sections["detection"]["labels"]["mass"]
    assert (label["n_boxes"], document.summary["map_50"]["value"]) == (1, 1.0)
    assert document.summary["mass_false_boxes_per_film_0.5"]["value"] == 0.0


def test_the_table_shows_froc_agreement_and_each_pair_once(documents) -> None:
    table = summary_text(documents[0])
    for words in ("map_50  ", "recall_at_1_fp  ", "FROC, false boxes a film", "1/8   1/4", "mass found at overlap 0.5"):
        assert words in table
    (pair,) = comparison_texts(documents)
    assert pair.startswith("disc-detector 1.0.0 against disc-rival 2.0.0 on 24 films of 24 groups that both analysed")
    assert "disc-detector 1.0.0 is better by" in pair and "not told apart" in pair


def test_report_and_card_draw_both_detectors_in_one_plot(documents) -> None:
    html = report_html(documents, [("mass",), ("mass",)])
    assert "Head to head: disc-detector 1.0.0 against disc-rival 2.0.0" in html
    assert "worth anything?" in html
    card = card_write(documents[:1], disc_model(task="detector").spec, plots_at="plots")
    plot = card.plots["froc-mass-against-disc-rival-2-0-0.svg"]
    assert plot.count("<polyline") == 2 and "disc-rival 2.0.0" in plot and ">1/8<" in plot
    assert card.plots["precision-mass-against-disc-rival-2-0-0.svg"].count("<polyline") == 2
