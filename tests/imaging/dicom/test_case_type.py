"""The guess from the header: modality, body part, words."""

import pytest

from imaging.dicom.case_type import guess_case_type
from imaging.dicom.values import StudyHeader


@pytest.mark.parametrize(("header", "expected"), [
    ({"modality": "PX"}, "dental_panoramic"), ({"modality": "CT", "body_part_examined": "CHEST"}, "ct"),
    ({"modality": "MR"}, "mr"), ({"modality": "IO"}, "dental_periapical"),
    ({"modality": "IO", "series_description": "BW premolar"}, "dental_bitewing"),
    ({"modality": "IO", "study_description": "Bite-wing right"}, "dental_bitewing"),
    ({"modality": "IO", "view_position": "BITEWING"}, "dental_bitewing"),
    ({"modality": "DX", "body_part_examined": "CHEST"}, "chest"),
    ({"modality": "CR", "body_part_examined": "THORAX"}, "chest"),
    ({"modality": "CR", "study_description": "XR Chest PA/LAT"}, "chest"),
    ({"modality": "CR", "series_description": "W033 Thorax p.a."}, "chest"),
    ({"modality": "DX", "body_part_examined": "HAND"}, "bone"),
    ({"modality": "CR", "body_part_examined": "LSPINE"}, "bone"),
    ({"modality": "CR", "body_part_examined": "TSPINE", "study_description": "chest and spine"}, "bone"),
    ({"modality": "DR", "study_description": "Thoracic spine ap"}, "bone"),
    ({"modality": "RF", "series_description": "left wrist"}, "bone"),
    ({"modality": "SC", "study_description": "Panoramic"}, "dental_panoramic"),
    ({"modality": "CR", "body_part_examined": "HAND", "study_description": "chest"}, "bone"),
    ({"modality": "MG", "body_part_examined": "BREAST"}, None), ({"modality": "US"}, None), ({"modality": ""}, None),
    ({"modality": "DX", "body_part_examined": "ABDOMEN"}, None), ({"modality": "OT"}, None),
    ({"modality": "DX", "study_description": "shipment handling"}, None),
])  # fmt: skip
def test_the_header_suggests_a_case_type_and_says_why(header, expected) -> None:
    guess = guess_case_type(StudyHeader(**header))
    assert guess.case_type == expected
    assert guess.reason.endswith(".")


def test_coded_words_help_where_the_header_has_no_body_part() -> None:
    assert guess_case_type(StudyHeader(modality="DX"), "Chest postero-anterior").case_type == "chest"


def test_the_reason_never_quotes_the_header() -> None:
    guess = guess_case_type(StudyHeader(modality="DX", study_description="chest of ZZCANARY"))
    assert "ZZCANARY" not in guess.reason
