"""What strangers wrote is never run by a spreadsheet."""

import pytest

from accounts.spreadsheets import plain_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "caries", "36", "a=b", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert plain_cell(text) == text
