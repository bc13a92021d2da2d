"""Many slices, one score a label: against a slow reference, and against what it must not do."""

import numpy as np
import pytest

from imaging.pipeline.study_aggregate import WINDOW, SeriesScores, study_scores, study_triage
from registry.runtime.values import TriageSpec
from tests.registry.runtime.artefact_samples import POINT, SOFTMAX, make_spec

NAN = float("nan")


def series(values, triage=None, label="effusion"):
    return SeriesScores(
        probabilities={label: np.array(values, dtype=float)},
        triage=None if triage is None else np.array(triage, dtype=float),
    )


def score_of(*given, label="effusion"):
    return study_scores(list(given))[label]


def slow_reference(values, window=WINDOW):
    """Every stretch between unanalysed slices, every window in it, by hand."""
    best, stretch = None, []
    for value in [*values, NAN]:
        if not np.isnan(value):
            stretch.append(value)
            continue
        width = min(window, len(stretch))
        for start in range(len(stretch) - width + 1 if stretch else 0):
            mean = sum(stretch[start : start + width]) / width
            best = mean if best is None else max(best, mean)
        stretch = []
    return best


@pytest.mark.parametrize("seed", range(25))
def test_the_score_is_the_slow_reference_s(seed):
    random = np.random.default_rng(seed)
    values = random.random(random.integers(1, 40))
    values[random.random(len(values)) < 0.2] = NAN
    expected = slow_reference(values)
    found = study_scores([series(values)])
    if expected is None:
        assert found == {}
    else:
        score = found["effusion"]
        assert score.probability == pytest.approx(expected)
        assert score.probability == pytest.approx(np.mean(values[list(score.slices)]))


def test_neighbouring_slices_carry_a_study_and_are_named():
    score = score_of(series([0.1, 0.2, 0.9, 0.8, 0.7, 0.1]))
    assert (score.slices, score.probability) == ((2, 3, 4), pytest.approx(0.8))


def test_a_lone_outlier_counts_a_third():
    assert score_of(series([0.0] * 150 + [0.9] + [0.0] * 150)).probability == pytest.approx(0.3)


def test_a_finding_on_five_slices_of_three_hundred_does_not_vanish():
    assert score_of(series([0.02] * 200 + [0.9] * 5 + [0.02] * 95)).probability == pytest.approx(0.9)


def test_noise_on_more_slices_does_not_look_worse_than_the_largest_slice_would():
    """The largest single slice climbs with the length of the series; the window's mean climbs far less."""
    random = np.random.default_rng(0)
    short, long = (np.clip(random.normal(0.2, 0.1, (200, n)), 0, 1) for n in (10, 300))
    largest = long.max(axis=1).mean() - short.max(axis=1).mean()
    window = np.mean([score_of(series(row)).probability for row in long])
    window -= np.mean([score_of(series(row)).probability for row in short])
    assert window < 0.75 * largest


def test_slices_on_either_side_of_one_that_was_not_analysed_are_no_neighbours():
    score = score_of(series([0.1, 0.2, 0.9, NAN, 0.9, 0.2, 0.1]))
    assert score.probability == pytest.approx(0.4)


def test_a_study_of_fewer_slices_than_the_window_is_averaged_over_what_it_has():
    assert score_of(series([0.6])).probability == pytest.approx(0.6)
    assert score_of(series([0.6, 0.8])).slices == (0, 1)


def test_the_most_suspicious_series_decides_label_by_label():
    scores = study_scores([series([0.9, 0.9, 0.9]), series([0.2] * 3), series([0.4] * 3, label="mass")])
    assert (scores["effusion"].series, scores["mass"].series) == (0, 2)


def test_nothing_analysed_is_no_score_and_no_triage():
    empty = series([NAN, NAN], triage=[[NAN] * 3] * 2)
    assert study_scores([empty]) == {} and study_scores([]) == {}
    assert study_triage(make_spec(), [empty], {}) is None


def test_a_softmax_rule_is_applied_to_the_window_s_means():
    spec = make_spec(triage=SOFTMAX)
    calm, bad = [0.9, 0.05, 0.05], [0.1, 0.2, 0.7]
    lone = series([0.1] * 6, triage=[calm, calm, bad, calm, calm, calm])
    spread = series([0.1] * 6, triage=[calm, bad, bad, bad, calm, calm])
    assert study_triage(spec, [lone], study_scores([lone])).triage_class == "normal"
    triage = study_triage(spec, [spread], study_scores([spread]))
    assert triage.triage_class == "urgent" and "mean of neighbouring slices" in triage.reason
    assert triage.scores == pytest.approx({"normal": 0.1, "flagged": 0.2, "urgent": 0.7})


def test_a_rule_over_one_label_is_applied_to_its_study_score():
    rule = TriageSpec(
        kind="operating_points", temperature=1.0, label="effusion", urgent=POINT, flagged=POINT, sentence_source="test"
    )
    spec = make_spec(triage=rule)
    given = [series([0.1, 0.7, 0.8, 0.6])]
    triage = study_triage(spec, given, study_scores(given))
    assert (triage.triage_class, triage.scores["urgent"]) == ("urgent", pytest.approx(0.7))
    assert "Effusion .70 is at or above its operating point .50" in triage.reason


def test_a_version_without_a_rule_sorts_nothing():
    given = [series([0.9] * 5)]
    assert study_triage(make_spec(triage=None, operating_points={}), given, study_scores(given)) is None


def test_three_hundred_thousand_slices_take_no_quadratic_time():
    import time

    started = time.process_time()
    score_of(series(np.random.default_rng(0).random(300_000)))
    assert time.process_time() - started < 2.0
