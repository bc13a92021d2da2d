"""Where nothing may be left out, a skip is a failure."""

from types import SimpleNamespace

import pytest

from tests import conftest


@pytest.fixture
def report():
    return SimpleNamespace(skipped=True, outcome="skipped", longrepr=("test_x.py", 3, "Skipped: no browser"))


def test_a_skip_fails_where_nothing_may_be_skipped(report, monkeypatch):
    monkeypatch.setattr(conftest, "NO_SKIPS", True)
    conftest._no_skip(report)
    assert report.outcome == "failed"
    assert "no browser" in report.longrepr


def test_a_skip_is_a_skip_elsewhere(report, monkeypatch):
    monkeypatch.setattr(conftest, "NO_SKIPS", False)
    conftest._no_skip(report)
    assert report.outcome == "skipped"
