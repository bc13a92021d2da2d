"""A study with two positive findings and one below its operating point, and a second reader."""

from typing import Any

import pytest

from tests import factories
from tests.feedback.claims.fixtures import claim, copied, send  # noqa: F401 - found by name
from tests.feedback.making import make_analysed, make_finding


@pytest.fixture
def bare_study(site: Any, user_of: Any) -> Any:
    """Received; no model is routed, so nothing looks at it."""
    return factories.make_study(site, user_of("technologist")).study


@pytest.fixture
def findings(bare_study: Any) -> list[Any]:
    result = make_analysed(bare_study)
    return [
        make_finding(result),
        make_finding(result, label="mass", probability=0.62, left=None, top=None, right=None, bottom=None),
        make_finding(result, label="nodule", probability=0.05, positive=False),
    ]


@pytest.fixture
def study(bare_study: Any, findings: list[Any]) -> Any:
    return bare_study


@pytest.fixture
def colleague(site: Any) -> Any:
    return factories.make_user("reader", site, username="colleague")
