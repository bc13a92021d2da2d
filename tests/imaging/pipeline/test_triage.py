from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline.triage import compared, raised_by_boxes, silent_labels, triage_class, triage_of, triage_scores
from imaging.pipeline.values import BoundingBox, PredictedFinding, SecondOpinion
from tests.registry.runtime.artefact_samples import POINT, SOFTMAX, make_spec

AT = {"urgent": replace(POINT, threshold=0.4), "flagged": replace(POINT, threshold=0.6)}
BY_HEAD = replace(SOFTMAX, temperature=2.0, **AT)
BY_LABEL = replace(
    BY_HEAD,
    kind="operating_points",
    label="fracture",
    urgent=replace(POINT, threshold=0.7),
    flagged=replace(POINT, threshold=0.3),
)


def finding(
    label: str, probability: float, *, positive: bool = False, box: BoundingBox | None = None
) -> PredictedFinding:
    return PredictedFinding(
        label=label,
        source="classifier" if box is None else "detector",
        score=0.0,
        probability=probability,
        operating_point=0.5,
        positive=positive,
        model_name="m",
        model_version="1",
        box=box,
    )


def test_the_head_rule_is_a_softmax_over_the_temperature():
    scores = triage_scores(BY_HEAD, triage_logits=np.array([0.0, 2.0, 4.0], np.float32), probabilities={})
    weights = np.exp([0.0, 1.0, 2.0])
    assert list(scores.values()) == pytest.approx(list(weights / weights.sum()))
    assert sum(scores.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("normal", "flagged", "urgent", "name"),
    [(0.5, 0.1, 0.4, "urgent"), (0.3, 0.31, 0.39, "flagged"), (0.41, 0.2, 0.39, "normal")],
)
def test_the_head_rule_asks_for_urgent_first_then_for_either(normal, flagged, urgent, name):
    assert triage_class(BY_HEAD, {"normal": normal, "flagged": flagged, "urgent": urgent}) == name


@pytest.mark.parametrize(("probability", "name"), [(0.7, "urgent"), (0.3, "flagged"), (0.29, "normal")])
def test_the_label_rule_compares_one_probability_with_two_operating_points(probability, name):
    scores = triage_scores(BY_LABEL, triage_logits=None, probabilities={"fracture": probability})
    assert scores == {"normal": pytest.approx(1 - probability), "flagged": 0.0, "urgent": probability}
    assert triage_class(BY_LABEL, scores) == name


def test_the_reason_states_finding_probability_operating_point_and_how_good_it_is():
    spec = make_spec(labels=("fracture",), triage=BY_LABEL)
    triage = triage_of(spec, triage_logits=None, findings=[finding("fracture", 0.91)])
    assert triage.reason == (
        "Fracture .91 is at or above its operating point .70 (sensitivity .90, specificity .80 on 302 films)."
    )


def test_a_normal_frame_says_what_came_closest():
    spec = make_spec(triage=BY_HEAD)
    findings = [finding("effusion", 0.2), finding("pneumothorax", 0.1)]
    triage = triage_of(spec, triage_logits=np.array([6.0, 0.0, 0.0], np.float32), findings=findings)
    assert triage.triage_class == "normal"
    assert "No finding is above its operating point; the highest, effusion .20 is below" in triage.reason


def test_a_finding_above_its_point_is_named_even_when_triage_says_normal():
    triage = triage_of(
        make_spec(triage=BY_HEAD),
        triage_logits=np.array([6.0, 0.0, 0.0], np.float32),
        findings=[finding("effusion", 0.8), finding("pneumothorax", 0.1)],
    )
    assert (triage.triage_class, "Effusion .80 is at or above" in triage.reason) == ("normal", True)


def test_numbers_that_look_alike_get_the_digits_that_tell_them_apart():
    assert compared(0.4996, POINT).startswith(".4996 is below its operating point .5000")


@pytest.mark.parametrize(
    ("box_is_positive", "before", "after"),
    [(True, [6.0, 0, 0], "flagged"), (False, [6.0, 0, 0], "normal"), (True, [0, 0, 6.0], "urgent")],
)
def test_only_a_positive_box_raises_only_a_normal_frame(box_is_positive, before, after):
    triage = triage_of(make_spec(triage=BY_HEAD), triage_logits=np.array(before, np.float32), findings=[])
    box = finding("fracture", 0.8, positive=box_is_positive, box=BoundingBox(0, 0, 1, 1))
    raised = raised_by_boxes(triage, [box], make_spec(labels=("fracture",), triage=None))
    assert raised.triage_class == after
    assert raised.scores == triage.scores
    assert raised.reason.startswith("Raised from normal to flagged: a box for fracture .80") is (after == "flagged")


@pytest.mark.parametrize(
    ("support", "label_positive", "said"),
    [
        ("both", True, "films). No finding"),
        ("box_only", True, "films), but its label's map does not agree. No finding"),
        ("box_only", False, "films), without a positive label. No finding"),
    ],
)
def test_a_box_that_its_label_does_not_support_says_so_in_the_sentence(support, label_positive, said):
    findings = [finding("effusion", 0.2)]
    triage = triage_of(make_spec(triage=BY_HEAD), triage_logits=np.array([6.0, 0, 0], np.float32), findings=findings)
    triage = replace(triage, reason="No finding is above.")
    box = replace(
        finding("fracture", 0.8, positive=True, box=BoundingBox(0, 0, 1, 1)),
        support=support,
        second=SecondOpinion("c", "1", probability=0.4, operating_point=0.5, positive=label_positive),
    )
    assert said in raised_by_boxes(triage, [box], make_spec(labels=("fracture",), triage=None)).reason


def test_a_label_that_the_rule_leaves_out_raises_nothing_when_it_is_boxed():
    rule = replace(BY_HEAD, kind="any_finding", urgent=None, labels=("caries",))
    triage = triage_of(make_spec(triage=BY_HEAD), triage_logits=np.array([6.0, 0, 0], np.float32), findings=[])
    box = finding("restoration", 0.8, positive=True, box=BoundingBox(0, 0, 1, 1))
    silent = silent_labels(("caries", "restoration"), kind=rule.kind, judged=rule.labels)
    spec = make_spec(labels=("restoration",), triage=None)
    assert silent == {"restoration"}
    assert raised_by_boxes(triage, [box], spec, silent=silent) == triage
    assert silent_labels(("caries", "restoration"), kind="softmax", judged=()) == frozenset()


class TestAnyFinding:
    """The rule of panoramics: the lower of two labels' thresholds does not flag the other label."""

    rule = replace(BY_HEAD, kind="any_finding", urgent=None, labels=("caries", "impacted_tooth"))
    points = {  # noqa: RUF012 - never changed
        "caries": replace(POINT, threshold=0.3),
        "impacted_tooth": replace(POINT, threshold=0.7),
        "restoration": replace(POINT, threshold=0.5),
    }

    def triage(self, caries: float, impacted: float, restoration: float):
        spec = make_spec(labels=tuple(self.points), triage=self.rule, operating_points=self.points)
        found = [("caries", caries), ("impacted_tooth", impacted), ("restoration", restoration)]
        return triage_of(spec, triage_logits=None, findings=[finding(*entry) for entry in found])

    @pytest.mark.parametrize(
        ("caries", "impacted", "restoration", "name"),
        [
            (0.3, 0.1, 0.1, "flagged"),
            (0.1, 0.7, 0.1, "flagged"),
            (0.29, 0.69, 0.1, "normal"),
            (0.1, 0.1, 0.99, "normal"),
        ],
    )
    def test_a_label_of_the_rule_at_its_own_point_flags_and_nothing_is_urgent(
        self, caries, impacted, restoration, name
    ):
        assert self.triage(caries, impacted, restoration).triage_class == name

    def test_the_scores_are_the_highest_probability_and_its_complement(self):
        assert self.triage(0.2, 0.6, 0.9).scores == {"normal": pytest.approx(0.4), "flagged": 0.6, "urgent": 0.0}

    def test_the_reason_names_the_finding_with_its_own_point(self):
        assert self.triage(0.4, 0.1, 0.1).reason.startswith("Caries .40 is at or above its operating point .30")
