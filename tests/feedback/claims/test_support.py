"""What supports a billed procedure: codes and ranges, teeth, readers before models, rejections against."""

import pytest

from feedback.claims.groups import shipped_groups
from feedback.claims.support import code_matches, evidence_for
from feedback.claims.values import Group, Observation
from imaging.services.insurance_claims import BilledProcedure

FILLING = Group("Filling", "F100-F199", ("caries", "restoration_defect"), ("impacted tooth",))


def seen(label="caries", tooth=36, verdict="confirmed", **more):
    values = {"reader": "A. Reader" if verdict else "", "model": "dental 1", "probability": 0.9, "film": 1}
    return Observation(label=label, tooth=tooth, verdict=verdict, **{**values, **more})


def standing(*observations, tooth="36", code="F120"):
    return evidence_for(BilledProcedure(code, tooth), [FILLING], observations).standing


@pytest.mark.parametrize(
    ("code", "codes", "matches"),
    [
        ("F120", "F100-F199", True),
        ("f 120", "A1; F100-199", True),
        ("F200", "F100-F199", False),
        ("G120", "F100-F199", False),
        ("X7", "X7", True),
        ("X70", "X7", False),
        ("", "F100-F199", False),
        ("F120", "", False),
        ("F120", "nonsense-words", False),
    ],
)
def test_codes_and_ranges_are_the_organisations_own_text(code, codes, matches):
    assert code_matches(code, codes) is matches


def test_a_readers_finding_at_the_tooth_supports():
    assert standing(seen()) == "supported"
    assert standing(seen(verdict="added", model="")) == "supported"


def test_a_models_finding_alone_is_said_to_be_one():
    assert standing(seen(verdict="", tooth=None), tooth="") == "model_only"


def test_another_tooth_or_none_is_elsewhere():
    assert standing(seen(tooth=37)) == "elsewhere"
    assert standing(seen(tooth=None)) == "elsewhere"


def test_a_rejection_and_a_contrary_finding_speak_against():
    assert standing(seen(verdict="rejected")) == "contradicted"
    assert standing(seen(label="Impacted_Tooth")) == "contradicted"
    assert standing(seen(), seen(label="impacted tooth")) == "mixed"


def test_nothing_is_nothing_and_no_group_is_no_group():
    assert standing() == standing(seen(label="calculus")) == "nothing"
    assert standing(seen(), code="Z9") == "no_group"


def test_labels_match_however_they_are_spelled():
    assert standing(seen(label="Restoration Defect")) == "supported"


def test_the_shipped_table_has_sources_and_no_codes():
    groups = shipped_groups()
    assert len(groups) >= 5
    assert all(group.source and group.supporting and not group.codes for group in groups)
