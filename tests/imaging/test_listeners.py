"""Whoever keeps rows beside studies is told in the transaction that changes them."""

from collections.abc import Callable, Iterator

import pytest

from imaging import listeners
from imaging.models import Study
from imaging.services.retention import study_erase
from tests.factories import make_organisation, make_site, make_study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def listening() -> Iterator[Callable[[listeners.StudyListener], None]]:
    before = list(listeners._listeners)
    yield listeners.study_listener_add
    listeners._listeners[:] = before


def test_arrival_change_and_erasure_are_told_in_order_and_once(
    listening: Callable[[listeners.StudyListener], None],
) -> None:
    told: list[str] = []

    def listener(study: Study, happening: listeners.Happening) -> None:
        told.append(happening.value)

    listening(listener)
    listening(listener)
    site = make_site(make_organisation())
    actor = make_user("lead_reader", site)
    study = make_study(site, actor).study
    study_erase(study=study, actor=actor)
    assert told == ["received", "changed", "erased"]


def test_a_listener_that_fails_undoes_the_change(listening: Callable[[listeners.StudyListener], None]) -> None:
    site = make_site(make_organisation())
    actor = make_user("lead_reader", site)
    study = make_study(site, actor).study

    def refusing(study: Study, happening: listeners.Happening) -> None:
        raise RuntimeError

    listening(refusing)
    with pytest.raises(RuntimeError):
        study_erase(study=study, actor=actor)
    assert Study.objects.filter(pk=study.pk).exists()
