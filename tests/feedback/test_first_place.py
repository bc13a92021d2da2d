"""Where a study's page opens: at the strongest positive finding, but never so that the place tells what is withheld."""

from typing import Any

import pytest

from imaging.models import Instance
from imaging.selectors import first_place
from tests.feedback.making import make_analysed, make_finding

pytestmark = pytest.mark.django_db


@pytest.fixture
def stack(bare_study: Any) -> Any:
    """Five frames; the strongest finding is on the fourth, a stronger one below its point on the second."""
    result = make_analysed(bare_study)
    make_finding(result, frame_index=2, probability=0.7)
    make_finding(result, frame_index=3, probability=0.9)
    make_finding(result, frame_index=1, probability=0.95, positive=False)
    return bare_study


def test_the_page_opens_at_the_strongest_positive_finding(stack: Any) -> None:
    instance = Instance.objects.get(series__study=stack)
    assert first_place(stack, disclosed=True) == (instance.id, 3)


def test_a_study_whose_findings_are_withheld_opens_at_its_first_image(stack: Any) -> None:
    instance = Instance.objects.get(series__study=stack)
    assert first_place(stack, disclosed=False) == (instance.id, 0)
