"""The hand: nobody gets what somebody else has, what is read, or what they gave away; leases end by themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import OutboxEvent, Site
from feedback.models import WorklistEntry
from feedback.policy import PolicyValues
from feedback.services import leases
from feedback.services.leases import Hand, hand_release, hand_take
from feedback.services.policy import policy_set
from feedback.services.reads import read_sign
from feedback.services.second_reads import second_read_request
from feedback.services.worklist_entries import worklist_entry_refresh
from feedback.worklist import rows_of_hand
from feedback.worklist_filter import WorklistFilter
from imaging.models import AnalysisState, Study, TriageClass
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study_of(site: Any, user_of: Any) -> Any:
    """study_of(triage, minutes ago, at another site)."""

    def make(triage: str = TriageClass.NORMAL, minutes: int = 0, at: Site | None = None) -> Study:
        study = factories.make_study(at or site, user_of("technologist")).study
        received = timezone.now() - timedelta(minutes=minutes)
        Study.objects.filter(pk=study.pk).update(
            analysis_state=AnalysisState.ANALYSED, triage_class=triage, created_at=received
        )
        worklist_entry_refresh(study)
        return study

    return make


def take(reader: Any, current: Study | None = None, size: int = 4, **wanted: Any) -> list[Any]:
    hand = hand_take(reader=reader, wanted=WorklistFilter(**wanted), current=current and current.id, size=size)
    return studies_of(hand)


def studies_of(hand: Hand) -> list[Any]:
    by_id = dict(WorklistEntry.objects.filter(pk__in=hand.entry_ids).values_list("pk", "study_id"))
    return [by_id[entry_id] for entry_id in hand.entry_ids]


def test_two_readers_get_different_studies_each_the_next_best(reader: Any, colleague: Any, study_of: Any) -> None:
    oldest, older, newer, newest = (study_of(minutes=minutes).id for minutes in (40, 30, 20, 10))
    assert take(reader, size=2) == [oldest, older]
    assert take(colleague, size=3) == [newer, newest]


def test_what_a_reader_passed_by_is_handed_to_others_and_not_to_them_again(
    reader: Any, colleague: Any, study_of: Any
) -> None:
    passed, following = (study_of(minutes=minutes).id for minutes in (40, 30))
    hand = hand_take(reader=reader, wanted=WorklistFilter(), size=2, passed=[passed])
    assert studies_of(hand) == [following]
    assert take(colleague, size=2) == [passed]


def test_asking_again_renews_and_keeps_the_same_studies(reader: Any, study_of: Any) -> None:
    studies = [study_of(minutes=minutes) for minutes in (40, 30)]
    first = take(reader, studies[0])
    until = WorklistEntry.objects.get(study=studies[0]).leased_until
    assert take(reader, studies[0]) == first == [study.id for study in studies]
    assert WorklistEntry.objects.get(study=studies[0]).leased_until > until


def test_a_lease_ends_by_itself(reader: Any, colleague: Any, study_of: Any, settings: Any) -> None:
    study = study_of()
    take(reader)
    assert take(colleague) == []
    settings.WORKLIST_LEASE_SECONDS = 0
    take(reader)
    assert take(colleague) == [study.id]


def test_giving_back_makes_everything_free_and_says_so(reader: Any, colleague: Any, study_of: Any) -> None:
    studies = {study_of().id, study_of().id}
    take(reader)
    OutboxEvent.objects.all().delete()
    assert hand_release(reader=reader) == 2 and hand_release(reader=reader) == 0
    assert {(event.kind, event.study_id) for event in OutboxEvent.objects.all()} == {
        ("lease.released", study_id) for study_id in studies
    }
    assert set(take(colleague)) == studies


def test_opening_the_next_study_gives_back_what_is_no_longer_in_hand(reader: Any, study_of: Any) -> None:
    first, second, third = (study_of(minutes=minutes) for minutes in (30, 20, 10))
    take(reader, first, size=2)
    assert take(reader, third, size=1) == [third.id]
    held = WorklistEntry.objects.filter(lease_holder=reader).values_list("study", flat=True)
    assert list(held) == [third.id]


def test_only_changes_are_pushed(reader: Any, study_of: Any) -> None:
    study = study_of()
    take(reader, study)
    OutboxEvent.objects.all().delete()
    take(reader, study)
    assert not OutboxEvent.objects.exists()


def test_a_current_study_that_somebody_else_has_is_not_in_the_hand(reader: Any, colleague: Any, study_of: Any) -> None:
    theirs, free = study_of(minutes=9), study_of(minutes=5)
    take(colleague, theirs, size=1)
    assert take(reader, theirs) == [free.id]


def test_what_was_taken_since_the_reader_looked_out_is_passed_over(
    reader: Any, colleague: Any, study_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outlook is taken before anything is locked: what it shows may be somebody else's by then."""
    studies = [study_of(minutes=minutes).id for minutes in (50, 40, 30, 20, 10)]
    looked, looks = leases.outlook_of, []

    def outlook_of(listing: Any, *, window: int) -> Any:
        looks.append(window)
        outlook = looked(listing, window=window)
        if len(looks) == 1:
            assert take(colleague, size=2) == studies[:2]
        return outlook

    monkeypatch.setattr(leases, "WINDOWS", (3, 64))
    monkeypatch.setattr(leases, "outlook_of", outlook_of)
    assert take(reader, size=2) == studies[2:4]
    assert looks == [3, 3, 64]


def test_what_is_read_is_handed_to_nobody_and_its_lease_is_over(reader: Any, colleague: Any, study_of: Any) -> None:
    study = study_of()
    take(reader, study)
    read_sign(reader=reader, study_id=study.id)
    entry = WorklistEntry.objects.get(study=study)
    assert (entry.lease_holder_id, entry.leased_until) == (None, None)
    assert take(colleague) == [] and take(reader, study) == []


def test_a_second_read_is_handed_to_somebody_else_only(reader: Any, colleague: Any, study_of: Any) -> None:
    study = study_of()
    second_read_request(reader=reader, study_id=study.id)
    assert take(reader) == [] and take(reader, lane="second_reads") == []
    assert take(colleague, lane="second_reads") == [study.id]
    hand_release(reader=colleague)
    assert take(colleague) == [study.id]


def test_a_signed_study_is_in_the_hand_of_its_second_reader_until_they_sign(
    reader: Any, colleague: Any, study_of: Any
) -> None:
    study = study_of()
    read_sign(reader=reader, study_id=study.id)
    second_read_request(reader=reader, study_id=study.id)
    assert take(colleague, lane="second_reads") == [study.id]
    read_sign(reader=colleague, study_id=study.id, second_read=True)
    assert WorklistEntry.objects.get(study=study).lease_holder_id is None
    assert take(colleague, lane="second_reads") == []


def test_while_urgent_studies_keep_coming_the_longest_waiting_gets_its_turn(
    reader: Any, study_of: Any, settings: Any
) -> None:
    settings.WORKLIST_GUARD_EVERY = 3
    overdue = [study_of(minutes=60 * 6 - number) for number in range(2)]
    urgent = [study_of(TriageClass.URGENT, minutes=30 - number) for number in range(5)]
    current, opened = None, []
    for _ in range(6):
        hand = take(reader, current, size=2)
        following = [study_id for study_id in hand if study_id not in opened]
        current = Study.objects.get(pk=following[0])
        take(reader, current, size=2)
        opened.append(current.id)
        read_sign(reader=reader, study_id=current.id)
    places = [opened.index(study.id) for study in overdue]
    assert places[0] <= 2 and places[1] <= 5 and opened[0] == urgent[0].id


def test_the_guard_has_its_turn_however_many_sites_have_urgent_studies(
    site: Any, study_of: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one candidate of each range, nine urgent ones stand before the one that waits too long."""
    settings.WORKLIST_GUARD_EVERY = 2
    monkeypatch.setattr(leases, "WINDOWS", (1, 2))
    sites = [site, *(factories.make_site(site.organisation) for _ in range(8))]
    waited = study_of(minutes=60 * 6)
    urgent = [study_of(TriageClass.URGENT, minutes=60 - place, at=at).id for place, at in enumerate(sites)]
    assert take(factories.make_user("reader", *sites), size=3) == [urgent[0], waited.id, urgent[1]]


def test_a_site_sets_its_own_limit_and_guard(reader: Any, study_of: Any, site: Any) -> None:
    policy_set(site=site, values=PolicyValues(wait_limit_seconds=60, guard_every=2), actor=None)
    waited = study_of(minutes=5)
    urgent = [study_of(TriageClass.URGENT, minutes=number) for number in (3, 2)]
    assert take(reader, size=2) == [urgent[0].id, waited.id]


def test_filters_narrow_the_hand(reader: Any, study_of: Any) -> None:
    study_of(TriageClass.URGENT)
    flagged = study_of(TriageClass.FLAGGED)
    assert take(reader, triage="flagged") == [flagged.id]


def test_studies_of_sites_where_one_may_not_review_are_not_handed_out(user_of: Any, study_of: Any) -> None:
    study_of()
    assert take(user_of("technologist")) == [] and take(user_of("reader_elsewhere")) == []


def test_a_row_says_who_has_it(reader: Any, colleague: Any, study_of: Any) -> None:
    study_of()
    hand = hand_take(reader=reader, wanted=WorklistFilter())
    facts = {"places": hand.places, "as_of": hand.as_of}
    (mine,), (theirs,) = (rows_of_hand(hand.entries, reader=one, **facts) for one in (reader, colleague))
    assert (mine.leased_to_me, theirs.leased_to_me, theirs.leased_by) == (True, False, reader.username)
