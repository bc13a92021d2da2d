"""The turnaround page: who sees whose figures, of which period, and what it says of too few."""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from accounts.services.roles import role_grant
from feedback.models import ReadingTime, StudyClocks
from feedback.turnaround import TurnaroundFilter, turnaround
from feedback.turnaround_values import Period
from imaging.models import Study
from tests import factories

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}
Make = Callable[..., list[Study]]


@pytest.fixture
def signed(site: Any, user_of: Any) -> Make:
    """signed(12, reader, minutes=30): studies that a reader signed so long after receipt, with reads of both arms."""
    uploader = user_of("technologist")

    def make(
        n: int, by: Any, *, minutes: float = 30, at: datetime = NOON, where: Any = site, **more: Any
    ) -> list[Study]:
        given = {"triage_class": "normal", "arm": "with_ai", "seconds": 20.0} | more
        patient = _patient(where)
        rows = [
            Study(organisation=where.organisation, site=where, patient=patient, uploaded_by=uploader) for _ in range(n)
        ]
        Study.objects.bulk_create(rows)
        for index, study in enumerate(rows):
            _clocks(study, by, at + timedelta(minutes=index), minutes + index, given)
        return rows

    return make


def _patient(where: Any) -> Any:
    return factories.make_study(where, factories.make_user("technologist", where)).study.patient


def _clocks(study: Study, by: Any, received: datetime, minutes: float, given: dict[str, Any]) -> None:
    signed_at = received + timedelta(minutes=minutes)
    common = {"study": study, "site": study.site, "triage_class": given["triage_class"]}
    StudyClocks.objects.create(**common, received_at=received, signed_at=signed_at, signed_by=by)
    ReadingTime.objects.create(
        **common, reader=by, arm=given["arm"], decision_seconds=given["seconds"], decided_at=signed_at
    )


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_readers_see_the_site_and_themselves_and_nobody_else_by_name(
    signed: Make, api: Any, user_of: Any, site: Any
) -> None:
    colleague = factories.make_user("reader", site, username="colleague-somebody")
    signed(12, user_of("reader"))
    signed(12, colleague)
    page = text(api("reader").get("/turnaround/", MARCH))
    assert "Signed studies 24" in page and "reader" in page.casefold()
    assert "colleague-somebody" not in page.casefold()


@pytest.mark.parametrize("role", ["lead_reader", "site_admin"])
def test_whoever_may_know_sees_readers_by_name(role: str, signed: Make, api: Any, site: Any) -> None:
    signed(12, factories.make_user("reader", site, username="colleague-somebody"))
    assert "colleague-somebody" in text(api(role).get("/turnaround/", MARCH)).casefold()


def test_a_group_of_fewer_than_ten_has_a_number_and_no_figures(signed: Make, user_of: Any, site: Any) -> None:
    lead, reader = user_of("lead_reader"), user_of("reader")
    signed(9, reader)
    shown = turnaround(lead, TurnaroundFilter(_march()))
    (line,) = shown.by_reader
    assert (line.turnaround.n, line.turnaround.median, shown.overall.turnaround.shown) == (9, None, False)
    (own,) = turnaround(reader, TurnaroundFilter(_march())).by_reader
    assert own.own and own.turnaround.median is not None


def test_the_figures_are_of_the_period_the_site_and_the_class_alone(
    signed: Make, user_of: Any, site: Any, other_site: Any
) -> None:
    reader = user_of("reader")
    signed(20, reader, minutes=10)
    signed(15, reader, minutes=100, triage_class="urgent")
    signed(11, reader, at=NOON - timedelta(days=60))
    signed(13, factories.make_user("reader", other_site), where=other_site)
    urgent = turnaround(reader, TurnaroundFilter(_march(), site.id, "urgent"))
    assert (turnaround(reader, TurnaroundFilter(_march())).signed, urgent.signed) == (35, 15)
    assert urgent.overall.turnaround.median == 107 * 60
    assert turnaround(reader, TurnaroundFilter(_march(), other_site.id)).signed == 0


def test_with_and_without_ai_are_compared_with_an_interval(signed: Make, user_of: Any) -> None:
    reader = user_of("reader")
    signed(30, reader, seconds=24.0)
    signed(30, reader, arm="without_ai", seconds=40.0)
    overall = turnaround(reader, TurnaroundFilter(_march())).arms[0]
    assert overall.difference is not None and overall.difference.share is not None
    assert (overall.difference.value, overall.difference.share[0]) == (-16.0, -0.4)


def test_the_page_draws_and_says_what_it_measured(signed: Make, api: Any, user_of: Any) -> None:
    for week in range(3):
        signed(12, user_of("reader"), at=NOON + timedelta(days=7 * week), seconds=24.0)
        signed(12, user_of("reader"), at=NOON + timedelta(days=7 * week), arm="without_ai", seconds=40.0)
    answer = api("reader").get("/turnaround/", MARCH)
    html = answer.content.decode()
    assert html.count('role="img"') == 3 and "<desc" in html and "style=" not in html
    assert "16 s less" in text(answer) and "40 % less" in text(answer)
    assert "week of 2 Mar: median" in html


def test_an_empty_period_says_what_to_do(api: Any, bare: None) -> None:
    page = text(api("reader").get("/turnaround/"))
    assert "Nothing was signed in this period; 1 studies" in page or "Nothing was signed" in page


@pytest.fixture
def bare(site: Any, user_of: Any) -> None:
    factories.make_study(site, user_of("technologist"))


@pytest.mark.parametrize(
    "query",
    [
        {"first": "2026-03-31", "last": "2026-03-01"},
        {"first": "2020-01-01", "last": "2026-03-01"},
        {"first": "yesterday"},
        {"site": "00000000-0000-0000-0000-000000000000"},
        {"triage": "urgentest"},
    ],
)
def test_a_period_or_a_site_that_cannot_be_is_told_and_asks_nothing(query: dict[str, str], api: Any) -> None:
    assert api("reader").get("/turnaround/", query).status_code == 400
    assert api("reader").get("/turnaround/figures.csv", query).status_code == 400


def test_the_export_is_audited_and_holds_no_small_groups_figures(signed: Make, api: Any, site: Any) -> None:
    signed(12, factories.make_user("reader", site, username="many"))
    signed(3, factories.make_user("reader", site, username="few"))
    answer = api("lead_reader").get("/turnaround/figures.csv", MARCH)
    rows = list(csv.DictReader(answer.content.decode().splitlines()))
    of = {(row["group"], row["name"], row["measure"]): row for row in rows}
    assert of["reader", "many", "received to signed"]["median_seconds"]
    assert (
        of["reader", "few", "received to signed"]["n"],
        of["reader", "few", "received to signed"]["median_seconds"],
    ) == ("3", "")
    assert AuditEvent.objects.filter(action=Action.TURNAROUND_EXPORTED.value).count() == 1


def test_a_name_that_a_spreadsheet_would_run_is_text(signed: Make, api: Any, site: Any) -> None:
    villain = factories.make_user("reader", site, username="villain")
    villain.display_name = "=HYPERLINK(1)"
    villain.save(update_fields=["display_name"])
    signed(12, villain)
    assert "'=HYPERLINK(1)" in api("lead_reader").get("/turnaround/figures.csv", MARCH).content.decode()


def test_the_page_asks_no_more_of_the_database_when_there_is_more(
    signed: Make, user_of: Any, django_assert_max_num_queries: Any
) -> None:
    reader = user_of("reader")
    signed(40, reader)
    with django_assert_max_num_queries(9):
        turnaround(reader, TurnaroundFilter(_march()))


def test_what_is_not_signed_yet_is_counted_beside_it(bare: None, user_of: Any) -> None:
    today = timezone.now().date()
    shown = turnaround(user_of("reader"), TurnaroundFilter(Period.up_to(today)))
    assert (shown.signed, shown.open) == (0, 1)


def _march() -> Period:
    return Period(datetime(2026, 3, 1).date(), datetime(2026, 3, 31).date())


def test_the_last_day_of_the_calendar_is_no_day_to_end_on(api: Any) -> None:
    asked = {"first": "9999-12-01", "last": "9999-12-31"}
    assert api("reader").get("/turnaround/", asked).status_code == 400
    assert api("reader").get("/turnaround/figures.csv", asked).status_code == 400


def test_two_readers_of_one_name_stay_two(signed: Make, user_of: Any, site: Any) -> None:
    twins = [factories.make_user("reader", site, username=f"twin-{number}") for number in range(2)]
    for twin, seconds in zip(twins, (20.0, 80.0), strict=True):
        twin.display_name = "Dr. Twin"
        twin.save(update_fields=["display_name"])
        for arm in ("with_ai", "without_ai"):
            signed(12, twin, arm=arm, seconds=seconds)
    shown = turnaround(user_of("lead_reader"), TurnaroundFilter(_march()))
    assert [(line.name, line.turnaround.n) for line in shown.by_reader] == [("Dr. Twin", 24)] * 2
    medians = sorted(arms.with_ai.median or 0.0 for arms in shown.arms_by_reader)
    assert medians == [20.0, 80.0]


def test_two_sites_of_one_name_stay_two(signed: Make, user_of: Any, site: Any, other_site: Any) -> None:
    both = user_of("lead_reader")
    role_grant(user=both, site=other_site, role="lead_reader", actor=None)
    for where, n in ((site, 12), (other_site, 15)):
        where.name = "Main Street"
        where.save(update_fields=["name"])
        signed(n, both, where=where)
    shown = turnaround(both, TurnaroundFilter(_march()))
    lines = sorted((line.name, line.turnaround.n) for line in shown.by_site)
    assert lines == [("Main Street", 12), ("Main Street", 15)]
