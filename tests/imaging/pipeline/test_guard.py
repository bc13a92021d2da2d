"""What a guard's outputs come to mean."""

from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline import guard
from imaging.pipeline.guard import Correction
from imaging.pipeline.predict import Classified
from registry.runtime.values import Calibration, Familiarity
from tests.registry.runtime.guard_samples import make_guard, make_guard_spec

SPEC = make_guard_spec()
GUARD = make_guard()
FAR = Familiarity(np.full(1, 9.0, np.float32), np.eye(1, dtype=np.float32), threshold=1.0, quantile=0.995)


def logits(**values: float) -> np.ndarray:
    return np.array([values.get(label, 0.0) for label in GUARD.labels], np.float32)


def output(**values: float) -> Classified:
    pooled = np.zeros(1, np.float32)
    return Classified(logits=logits(**values), triage_logits=None, features=None, head_weight=None, pooled=pooled)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"upright": 9.0, "inverted": -9.0}, ()),
        ({"upright_after_90": 9.0, "inverted": -9.0}, ("rotated_90",)),
        ({"upright_after_180": 9.0, "inverted": -9.0}, ("rotated_180",)),
        ({"upright_after_270": 9.0, "inverted": 9.0}, ("inverted", "rotated_270")),
        ({"upright": 9.0, "inverted": 9.0}, ("inverted",)),
    ],
)
def test_a_correction_names_what_sets_the_frame_right(values, expected):
    assert guard.wanted_correction(SPEC, logits(**values), "chest").names == expected


def test_bone_films_are_never_turned_because_limbs_are_taken_from_every_side():
    assert guard.wanted_correction(SPEC, logits(upright_after_90=9.0, inverted=-9.0), "bone") == Correction()


@pytest.mark.parametrize(
    ("case_type", "values", "code"),
    [
        ("chest", {"chest": 9.0}, None),
        ("chest", {"other": 9.0}, "not_a_radiograph"),
        ("chest", {"bone": 9.0}, "wrong_body_part"),
        ("chest", {"partial": 9.0}, "cropped"),
        ("bone", {"chest": 9.0}, "wrong_body_part"),
        ("dental_panoramic", {"dental_panoramic": 9.0}, None),
    ],
)
def test_what_is_not_of_the_expected_kind_is_refused_with_its_code(case_type, values, code):
    reason = guard.refusal(SPEC, output(**values), None, case_type)
    assert (reason and reason.partition(": ")[0]) == code


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"chest": 9.0}, "unfamiliar"),
        ({"bone": 9.0}, "unfamiliar"),
        ({"other": 9.0}, "not_a_radiograph"),
        ({"partial": 9.0}, "cropped"),
    ],
)
def test_an_unfamiliar_frame_is_called_so_unless_more_can_be_said(values, code):
    assert str(guard.refusal(SPEC, output(**values), FAR, "chest")).startswith(f"{code}: ")


def test_probabilities_are_tempered_by_the_calibration():
    hot = replace(SPEC, calibration=dict.fromkeys(SPEC.labels, Calibration(temperature=3.0)))
    tempered = guard.kind_probabilities(hot, logits(chest=6.0))
    assert tempered["chest"] == pytest.approx(np.exp(2) / (np.exp(2) + 4))
    assert sum(tempered.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(("case_type", "judged"), [("chest", True), ("dental_bitewing", False), (None, False)])
def test_a_guard_has_no_say_on_case_types_that_it_does_not_know(case_type, judged):
    assert guard.judges(SPEC, case_type) is judged


def test_every_reason_fits_its_column_and_says_what_to_do():
    reasons = [
        guard.refusal(SPEC, output(**{kind: 9.0}), None, "dental_panoramic") for kind in ("other", "partial", "chest")
    ]
    for reason in [*reasons, guard.unclear_reason()]:
        assert reason is not None
        assert len(reason) < 300
        assert "send " in reason


def test_two_corrections_are_one():
    assert Correction(3, inverted=True).then(Correction(2, inverted=True)) == Correction(1)


def test_what_the_rule_in_front_has_turned_over_is_a_negative_unless_the_network_sees_another_one():
    upright = {"upright": 9.0}
    assert guard.wanted_correction(SPEC, logits(**upright, inverted=-9.0), "chest", seen_inverted=True).inverted
    assert not guard.wanted_correction(SPEC, logits(**upright, inverted=9.0), "chest", seen_inverted=True).inverted
