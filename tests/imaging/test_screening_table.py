import pytest

from imaging.screening_table import table_row

SECOND = {"model_name": "c", "model_version": "1", "probability": 0.87, "operating_point": 0.19, "positive": True}
BOX = {"left": 1.0, "top": 1.0, "right": 9.0, "bottom": 9.0}


def finding(**changes):
    plain = {"label": "mass", "probability": 0.77, "operating_point": 0.22, "positive": True, "source": "classifier"}
    return {**plain, "box": None, "support": "", "agreement": None, "second": None, **changes}


def row(*findings):
    line = {"file": "a.png", "frame": 0, "case_type": "bone", "status": "analysed", "triage": {"class": "flagged"}}
    return table_row({**line, "findings": findings, "corrections": []})


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (finding(), "mass 0.77 (operating point 0.22)"),
        (finding(support="map_only"), "mass 0.77 (operating point 0.22, no box)"),
        (finding(box=BOX, source="detector"), "mass box 0.77 (operating point 0.22)"),
        (
            finding(box=BOX, source="joined", support="both", agreement=0.9, second=SECOND),
            "mass box 0.77, label 0.87 (map agrees, agreement 0.90)",
        ),
        (
            finding(box=BOX, source="joined", support="box_only", agreement=0.1, second=SECOND),
            "mass box 0.77, label 0.87 (map looks elsewhere, agreement 0.10)",
        ),
        (
            finding(box=BOX, source="joined", support="box_only", second={**SECOND, "positive": False}),
            "mass box 0.77, label 0.87 (label below its threshold)",
        ),
    ],
)
def test_a_finding_is_one_phrase_with_both_probabilities_and_what_the_map_says(shown, words):
    assert row(shown).endswith(f"  {words}")


def test_findings_of_a_label_stand_together_and_negatives_are_not_named():
    said = row(finding(probability=0.5), finding(label="cyst"), finding(), finding(positive=False, probability=0.1))
    assert said.endswith(
        "cyst 0.77 (operating point 0.22), mass 0.77 (operating point 0.22), mass 0.50 (operating point 0.22)"
    )
