"""How long studies took, and how long readers looked at them, over a period: for whoever may know.

Every query is one range of one index, (site, signed_at), (site, received_at) or (site, decided_at), cut at MOST_ROWS of
the newest, so the page costs the same at a thousand studies as at a million. Readers see their site and themselves;
whoever holds view_reader_times at a site sees its readers by name. A group of fewer than FEW is counted, no more.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from accounts.access import sites_with
from accounts.models import Site, User
from feedback.models import ReadingArm, ReadingTime, StudyClocks
from feedback.turnaround_figures import figures_of, median_difference, spread_of
from feedback.turnaround_values import CLOCKS, Arms, Decision, Line, Series, Signed, Turnaround, TurnaroundFilter

MOST_ROWS = 100_000
PERMISSIONS = ("review_study", "view_reader_times")
NAMES = "view_reader_times"
CLASSES = ("urgent", "flagged", "normal", "")
NOT_JUDGED = "not judged"
STAGES = (
    ("received to analysed", "received_at", "analysed_at"),
    ("received to opened", "received_at", "first_opened_at"),
    ("opened to first decision", "first_opened_at", "first_decision_at"),
    ("first decision to signed", "first_decision_at", "signed_at"),
    ("signed to exported", "signed_at", "exported_at"),
)


def turnaround_sites(user: User) -> list[Site]:
    """The sites whose turnaround the user may know, by name."""
    found = {site.id: site for permission in PERMISSIONS for site in sites_with(user, permission)}
    return sorted(found.values(), key=lambda site: site.name)


def names_shown(user: User) -> bool:
    """Whether the user sees other readers by name, at one site at least."""
    return sites_with(user, NAMES).exists()


def turnaround(user: User, wanted: TurnaroundFilter) -> Turnaround:
    """Everything that the page shows. A site that the user may not know of gives nothing."""
    sites = {site.id: site for site in turnaround_sites(user) if wanted.site_id in (None, site.id)}
    signed, decisions = _signed(sites, wanted), _decisions(sites, wanted)
    names = _Names(user, sites, signed, decisions)
    return Turnaround(
        signed=len(signed),
        open=_open(sites, wanted),
        cut=MOST_ROWS if len(signed) == MOST_ROWS else None,
        overall=_line("all", signed, decisions),
        stages=[_stage(name, signed, since, until) for name, since, until in STAGES],
        by_class=_lines(signed, decisions, _class_of, order=_class_order),
        by_site=_lines(signed, decisions, _site_of, order=_by_name(sites), words=lambda site: sites[site].name),
        by_week=_lines(signed, decisions, lambda row: _monday(row.at)),
        by_reader=names.lines(),
        series=_series(signed),
        arms=[_arms("all", decisions), *_arms_by(decisions, _class_of, _class_order)],
        arms_by_reader=names.arms(),
    )


def _signed(sites: Iterable[UUID], wanted: TurnaroundFilter) -> list[Signed]:
    start, end = wanted.period.span
    rows = StudyClocks.objects.filter(site__in=list(sites), signed_at__gte=start, signed_at__lt=end)
    rows = _of_class(rows, wanted).order_by("-signed_at")
    columns = ("site_id", "triage_class", "signed_by_id", *CLOCKS)
    return [Signed(*row[:3], row[3:]) for row in rows.values_list(*columns)[:MOST_ROWS]]


def _decisions(sites: Iterable[UUID], wanted: TurnaroundFilter) -> list[Decision]:
    start, end = wanted.period.span
    rows = ReadingTime.objects.filter(site__in=list(sites), decided_at__gte=start, decided_at__lt=end)
    rows = _of_class(rows.filter(decision_seconds__gt=0), wanted).order_by("-decided_at")
    columns = ("site_id", "triage_class", "reader_id", "arm", "decision_seconds", "decided_at")
    return [Decision(*row) for row in rows.values_list(*columns)[:MOST_ROWS]]


def _open(sites: Iterable[UUID], wanted: TurnaroundFilter) -> int:
    start, end = wanted.period.span
    rows = StudyClocks.objects.filter(site__in=list(sites), received_at__gte=start, received_at__lt=end)
    return _of_class(rows.filter(signed_at__isnull=True), wanted).order_by(F("received_at").asc())[:MOST_ROWS].count()


def _of_class(rows: QuerySet[Any], wanted: TurnaroundFilter) -> QuerySet[Any]:
    return rows if wanted.triage_class is None else rows.filter(triage_class=wanted.triage_class)


class _Names:
    """Readers' lines: everybody's by name where the user may see names, else the user's own."""

    def __init__(
        self, user: User, sites: Iterable[UUID], signed: Sequence[Signed], decisions: Sequence[Decision]
    ) -> None:
        named = set(sites_with(user, NAMES).filter(id__in=list(sites)).values_list("id", flat=True))
        self.user = user
        self.signed = [row for row in signed if row.site_id in named or row.reader_id == user.id]
        self.decisions = [row for row in decisions if row.site_id in named or row.reader_id == user.id]
        ids = {row.reader_id for row in (*self.signed, *self.decisions)}
        people = User.objects.filter(id__in=ids).values_list("id", "display_name", "username")
        self.names = {reader_id: shown or username for reader_id, shown, username in people}

    def lines(self) -> list[Line]:
        signed, decisions = _grouped(self.signed, _reader_of), _grouped(self.decisions, _reader_of)
        return [
            _line(name, signed.get(reader, []), decisions.get(reader, []), own=reader == self.user.id)
            for reader, name in self._in_order()
        ]

    def arms(self) -> list[Arms]:
        """Of readers with enough decisions in both."""
        decisions = _grouped(self.decisions, _reader_of)
        found = [_arms(name, decisions.get(reader, [])) for reader, name in self._in_order()]
        return [arms for arms in found if arms.with_ai.shown and arms.without_ai.shown]

    def _in_order(self) -> list[tuple[UUID, str]]:
        """Readers by name; two of one name stay two."""
        return sorted(self.names.items(), key=lambda pair: (pair[1].casefold(), str(pair[0])))


def _line(name: str, signed: Sequence[Signed], decisions: Sequence[Decision], *, own: bool = False) -> Line:
    turnaround = figures_of([row.seconds for row in signed], own=own)
    return Line(name, turnaround, figures_of([row.seconds for row in decisions], own=own), own)


def _lines(
    signed: Sequence[Signed],
    decisions: Sequence[Decision],
    name_of: Callable[[Any], Any],
    *,
    order: Callable[[Any], Any] = str,
    words: Callable[[Any], str] | None = None,
) -> list[Line]:
    """A line for each key of the rows. words: how a key is said; two keys of one word stay two lines."""
    say = words or _text
    signed_of, decisions_of = _grouped(signed, name_of), _grouped(decisions, name_of)
    names = sorted({*signed_of, *decisions_of}, key=order)
    return [_line(say(name), signed_of.get(name, []), decisions_of.get(name, [])) for name in names]


def _grouped(rows: Iterable[Any], name_of: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[name_of(row)].append(row)
    return groups


def _stage(name: str, signed: Sequence[Signed], since: str, until: str) -> Line:
    start, end = CLOCKS.index(since), CLOCKS.index(until)
    pairs = ((row.times[start], row.times[end]) for row in signed)
    spans = [(later - earlier).total_seconds() for earlier, later in pairs if earlier and later]
    return Line(name, figures_of([max(0.0, span) for span in spans]))


def _series(signed: Sequence[Signed]) -> list[Series]:
    found = []
    for name in CLASSES:
        weeks = _grouped([row for row in signed if row.triage_class == name], lambda row: _monday(row.at))
        values = [(monday, figures_of([row.seconds for row in weeks[monday]])) for monday in sorted(weeks)]
        if values:
            found.append(Series(name or NOT_JUDGED, values))
    return found


def _arms_by(
    decisions: Sequence[Decision], name_of: Callable[[Decision], str], order: Callable[[str], Any]
) -> list[Arms]:
    groups = _grouped(decisions, name_of)
    return [_arms(name, groups[name]) for name in sorted(groups, key=order)]


def _arms(name: str, decisions: Sequence[Decision]) -> Arms:
    shown = [row.seconds for row in decisions if row.arm == ReadingArm.WITH_AI]
    hidden = [row.seconds for row in decisions if row.arm == ReadingArm.WITHOUT_AI]
    return Arms(
        name,
        figures_of(shown),
        figures_of(hidden),
        spread_of(shown),
        spread_of(hidden),
        median_difference(shown, hidden),
    )


def _site_of(row: Signed | Decision) -> UUID:
    return row.site_id


def _by_name(sites: Mapping[UUID, Site]) -> Callable[[UUID], tuple[str, str]]:
    return lambda site: (sites[site].name.casefold(), str(site))


def _reader_of(row: Signed | Decision) -> UUID | None:
    return row.reader_id


def _class_of(row: Signed | Decision) -> str:
    return row.triage_class or NOT_JUDGED


def _class_order(name: str) -> int:
    return CLASSES.index("" if name == NOT_JUDGED else name)


def _monday(at: datetime) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def _text(name: Any) -> str:
    return f"{name.day} {name:%b %Y}" if isinstance(name, date) else str(name)
