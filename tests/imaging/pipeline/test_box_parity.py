from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline.box_parity import FEWEST_BOXES, BoxParity, BoxParityCount, box_disagreement
from imaging.pipeline.parity import FILMS, PHANTOMS, parity_count, refusal
from registry.runtime.engines.base import DetectorOutput
from registry.runtime.values import Calibration, OperatingPoint
from tests.registry.runtime.artefact_samples import POINT, make_spec

LABELS = ("restoration", "caries")


def spec(threshold: float = 0.4):
    """Two labels whose scores are probabilities."""
    point: OperatingPoint = replace(POINT, threshold=threshold)
    return make_spec(
        task="detector",
        triage=None,
        labels=LABELS,
        calibration={label: Calibration(temperature=1.0) for label in LABELS},
        operating_points=dict.fromkeys(LABELS, point),
    )


def output(*rows: tuple[float, float, int, float]) -> DetectorOutput:
    """Squares of 20 px: left, top, label, score."""
    corners = np.array([[left, top, left + 20, top + 20] for left, top, _, _ in rows], np.float32).reshape(-1, 4)
    labels, scores = [row[2] for row in rows], [row[3] for row in rows]
    return DetectorOutput(boxes=corners, labels=np.array(labels, np.int64), scores=np.array(scores, np.float32))


def counted(*films: tuple[DetectorOutput, DetectorOutput], source: str = FILMS, threshold: float = 0.4) -> BoxParity:
    count = BoxParityCount(spec(threshold))
    for reference, fast in films:
        count.add([reference], [fast])
    return count.parity(source=source)


MANY = output(*((40.0 * (n % 10), 40.0 * (n // 10), n % 2, 0.9) for n in range(100)))


def moved(by: float, *, first: int) -> DetectorOutput:
    """MANY with its first boxes moved to the right."""
    boxes = MANY.boxes.copy()
    boxes[:first] += np.array([by, 0, by, 0], np.float32)
    return replace(MANY, boxes=boxes)


def test_equal_boxes_differ_in_nothing():
    parity = counted((MANY, MANY))
    assert (parity.n_images, parity.n_boxes, parity.compared, parity.within) == (1, 100, "boxes", 1.0)
    assert (parity.box_max, parity.probability_max, parity.unmatched, parity.calls_changed) == (0.0, 0.0, 0, 0)
    assert refusal("openvino_f32", parity) == refusal("openvino_bf16", parity) == ""


def test_one_box_in_a_hundred_may_lie_elsewhere_but_not_two():
    assert refusal("openvino_f32", counted((MANY, moved(1.5, first=1)))) == ""
    parity = counted((MANY, moved(1.5, first=2)))
    assert parity.within == pytest.approx(0.98) and parity.box_max == pytest.approx(1.5)
    assert "98.0% of 100 boxes" in refusal("openvino_f32", parity)


def test_half_a_pixel_is_no_difference():
    assert counted((MANY, moved(0.5, first=100))).within == 1.0


def test_a_probability_is_compared_after_calibration():
    less = replace(MANY, scores=MANY.scores - np.float32(0.02))
    assert counted((MANY, less)).within == 0.0
    calibration = {label: Calibration(temperature=4.0) for label in LABELS}
    count = BoxParityCount(replace(spec(), calibration=calibration))
    count.add([MANY], [less])
    # sigmoid(logit(.9) / 4) - sigmoid(logit(.88) / 4)
    assert count.parity(source=FILMS).probability_max == pytest.approx(0.0118, abs=1e-3)


@pytest.mark.parametrize("swap", [False, True])
def test_a_box_that_only_one_engine_finds_is_not_within(swap):
    more = output(*((40.0 * (n % 10), 40.0 * (n // 10), n % 2, 0.9) for n in range(102)))
    parity = counted((more, MANY) if swap else (MANY, more))
    assert (parity.n_boxes, parity.unmatched, parity.calls_changed) == (102, 2, 2)
    assert box_disagreement(parity)


def test_a_box_of_another_label_is_no_counterpart():
    parity = counted((output((0, 0, 0, 0.9)), output((0, 0, 1, 0.9))))
    assert (parity.unmatched, parity.within, parity.box_p99, parity.probability_max) == (2, 0.0, None, None)


def test_a_box_that_crosses_its_operating_point_is_counted():
    assert counted((output((0, 0, 0, 0.401)), output((0, 0, 0, 0.399)))).calls_changed == 1


def test_what_matters_begins_at_half_the_operating_point_or_at_a_twentieth():
    for threshold, least in ((0.4, 0.05), (0.04, 0.02)):
        below, above = output((0, 0, 0, least - 0.002)), output((0, 0, 0, least + 0.002))
        assert counted((below, below), threshold=threshold).n_mattering == 0
        assert counted((above, above), threshold=threshold).n_mattering == 1


def test_the_best_candidates_are_compared_where_few_boxes_matter():
    faint = output(*((40.0 * n, 0.0, 0, 0.04 - 0.001 * n) for n in range(30)))
    parity = counted(*[(faint, faint)] * 4, source=PHANTOMS)
    assert (parity.compared, parity.n_boxes, parity.n_mattering, parity.within) == ("candidates", 80, 0, 1.0)
    shifted = replace(faint, boxes=faint.boxes + np.float32(1.5))
    assert "candidates" in refusal("openvino_f32", counted((faint, shifted), source=PHANTOMS))


def test_candidates_are_left_alone_once_enough_boxes_matter():
    faint = output((300, 300, 0, 0.01))
    nowhere = output((350, 350, 0, 0.01))
    parity = counted((MANY, MANY), (faint, nowhere))
    assert parity.n_mattering >= FEWEST_BOXES and (parity.compared, parity.within) == ("boxes", 1.0)


def test_where_nothing_is_found_nothing_is_proved():
    parity = counted((output(), output()), source=PHANTOMS)
    assert parity.n_boxes == 0 and "no box" in refusal("openvino_f32", parity)


def test_boxes_that_are_no_numbers_are_refused():
    lost = replace(MANY, boxes=np.full_like(MANY.boxes, np.nan))
    assert box_disagreement(counted((MANY, lost)))


def test_bfloat16_needs_real_films_for_boxes_too():
    assert "films" in refusal("openvino_bf16", counted((MANY, MANY), source=PHANTOMS))


def test_windows_of_a_film_are_one_image():
    count = BoxParityCount(spec())
    count.add([MANY, MANY, output()], [MANY, MANY, output()])
    assert (count.parity(source=FILMS).n_images, count.parity(source=FILMS).n_boxes) == (1, 200)


def test_detectors_are_counted_by_boxes_and_stored_as_json():
    assert isinstance(parity_count(spec()), BoxParityCount) and not isinstance(
        parity_count(make_spec()), BoxParityCount
    )
    assert counted((MANY, MANY)).to_json()["compared"] == "boxes"
    with pytest.raises(ValueError):
        BoxParityCount(spec()).parity(source=FILMS)
