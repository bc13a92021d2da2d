from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline.parity import FILMS, PHANTOMS, Parity, ParityCount, label_probabilities, refusal
from registry.runtime.engines.base import ClassifierOutput
from tests.registry.runtime.artefact_samples import make_spec

SPEC = make_spec()
GOOD = Parity(100, FILMS, 0.0, 0.001, 0.002, 0.01, 0.02, 0)


def output(logits: list[list[float]], *, peak: float = 1.0, triage: float = 0.0) -> ClassifierOutput:
    maps = np.zeros((len(logits), 2, 4, 4), np.float32)
    maps[:, :, 1, 2] = peak
    return ClassifierOutput(
        logits=np.array(logits, np.float32),
        features=None,
        triage_logits=np.array([[triage, 0.0, 0.0]] * len(logits), np.float32),
        head_weight=None,
        head_bias=None,
        maps=maps,
        pooled=np.zeros((len(logits), 4), np.float32),
    )


def counted(reference: ClassifierOutput, fast: ClassifierOutput, source: str = FILMS) -> Parity:
    count = ParityCount(SPEC)
    count.add(reference, fast)
    return count.parity(source=source)


def test_equal_outputs_differ_in_nothing():
    parity = counted(output([[0.2, -1.0]]), output([[0.2, -1.0]]))
    assert (parity.n_images, parity.probability_max, parity.heatmap_max, parity.calls_changed) == (1, 0.0, 0.0, 0)


def test_probabilities_are_compared_after_calibration():
    reference, fast = output([[0.0, 1.0]]), output([[0.3, 1.0]])
    expected = np.abs(label_probabilities(reference, SPEC) - label_probabilities(fast, SPEC)).max()
    assert counted(reference, fast).probability_max == pytest.approx(expected)
    # temperature 1.5, bias .25: sigmoid(.05 / 1.5) - sigmoid(-.25 / 1.5)
    assert expected == pytest.approx(0.0499, abs=1e-4)


def test_a_triage_class_counts_as_a_probability():
    assert counted(output([[0.0, 0.0]]), output([[0.0, 0.0]], triage=0.5)).probability_max > 0.05


def test_a_finding_that_crosses_its_operating_point_is_counted():
    assert counted(output([[0.24, 3.0]]), output([[0.26, 3.0]])).calls_changed == 1


def test_a_map_s_difference_is_a_share_of_its_peak():
    parity = counted(output([[0.0, 0.0]], peak=2.0), output([[0.0, 0.0]], peak=1.5))
    assert parity.heatmap_max == pytest.approx(0.25)


def test_an_engine_within_tolerance_serves():
    assert refusal("openvino_f32", GOOD) == refusal("openvino_bf16", GOOD) == ""
    assert refusal("openvino_f32", replace(GOOD, source=PHANTOMS)) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"probability_p99": 0.021},
        {"heatmap_p99": 0.11},
        {"probability_p99": float("nan")},
        {"heatmap_p99": float("nan")},
    ],
)
def test_an_engine_beyond_tolerance_or_without_numbers_does_not_serve(change):
    assert refusal("openvino_f32", replace(GOOD, **change))


def test_bfloat16_needs_real_films():
    assert "films" in refusal("openvino_bf16", replace(GOOD, source=PHANTOMS))


def test_nothing_compared_is_no_parity():
    with pytest.raises(ValueError):
        ParityCount(SPEC).parity(source=FILMS)
