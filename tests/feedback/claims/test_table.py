"""Cells of a claim's CSV: nothing in them runs, numbers stay numbers."""

from datetime import UTC, datetime

import pytest

from feedback.claims.table import cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_text(text):
    assert cell(text) == f"'{text}"


def test_plain_values_stay_as_they_are():
    assert [cell(value) for value in (None, 3, -0.5, "caries", "")] == ["", "3", "-0.5", "caries", ""]
    assert cell(datetime(2026, 11, 22, 9, 0, tzinfo=UTC)) == "2026-11-22T09:00:00+00:00"
