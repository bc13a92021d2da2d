"""What the registry holds, by case type, for lists and pages: versions, routes, evidence, engines. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from registry.metrics.gate import EXEMPT, UNMEASURED, Verdict, explainability_verdict
from registry.models import EngineBuild, Evaluation, ModelVersion, Route, Task, VersionState
from registry.selectors import routes_of_sites, versions_all
from registry.wording import family_of

ROLES = {
    "routed": "readers see what it finds",
    "challenger": "registered, and no reader sees what it finds",
    "superseded": "a newer version of it has taken its place; findings made with it still name it",
    "shadow": "runs, and no reader sees what it finds",
    "retired": "looks at nothing any more",
}
HEADLINE = 3
HEADLINES = ("map_50", "recall_at_1_fp")


@dataclass(frozen=True, slots=True)
class Place:
    """One route to a version.

    Attributes:
        site: None for the general one.
        alone: it is the general one, and no site that the caller sees has one of its own for the case type.
        from_index: it came with the software and follows the shipped models.
    """

    site: str | None
    position: int
    unmeasured_reason: str
    alone: bool = False
    from_index: bool = False

    @property
    def where(self) -> str:
        return self.site or ("everywhere" if self.alone else "everywhere else")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure with its 95 % interval."""

    name: str
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as one case type sees it.

    Attributes:
        role: a word of ROLES.
        figures: of the newest evaluation on this case type, in its order.
        verdict: of the newest that measured where the maps point.
        engine: the build that serves, newest and fastest of those that were accepted; None while torch does.
    """

    version: ModelVersion
    case_type: str
    places: tuple[Place, ...]
    evaluation: Evaluation | None
    figures: tuple[Figure, ...]
    verdict: Verdict
    engine: EngineBuild | None
    role: str

    @property
    def family(self) -> str:
        """What the network is one of, as in "yolo"."""
        return family_of(self.version.architecture)

    @property
    def headline(self) -> tuple[Figure, ...]:
        """The figures for a narrow column: a detector's are the same two everywhere, if they were measured."""
        first = tuple(figure for name in HEADLINES for figure in self.figures if figure.name == name)
        return first or self.figures[:HEADLINE]

    @property
    def general(self) -> Place | None:
        """Its place in the general route."""
        return next((place for place in self.places if place.site is None), None)


@dataclass(frozen=True, slots=True)
class CaseTypeModels:
    """Everything that was made for a case type: the general route in its order, then the others by name."""

    case_type: str
    lines: tuple[VersionLine, ...]


def models_overview(site_ids: Collection[UUID] | None = None, *, retired: bool = False) -> list[CaseTypeModels]:
    """Every case type that some version was made for. Four queries, however many.

    Args:
        site_ids: whose own routes are told; None for every site's, as whoever has a terminal here may know.
        retired: retired versions too.
    """
    versions = [version for version in versions_all() if retired or version.state != VersionState.RETIRED]
    places, evaluations = _places(routes_of_sites(site_ids)), _evaluations()
    engines, newest = _engines(), _newest_routed(versions, places)
    by_case_type: dict[str, list[VersionLine]] = defaultdict(list)
    for version in versions:
        for case_type in version.case_types:
            own = tuple(places.get((version.id, case_type), ()))
            measured = evaluations.get((version.id, case_type), ())
            role = _role(version, own, newest.get((version.name, case_type)))
            by_case_type[case_type].append(_line(version, case_type, own, measured, engines.get(version.id), role))
    return [CaseTypeModels(name, tuple(sorted(by_case_type[name], key=_order))) for name in sorted(by_case_type)]


def version_lines(name: str) -> list[VersionLine]:
    """The lines of every version of that name, or of "name version"; newest first within a case type."""
    lines = [line for group in models_overview(retired=True) for line in group.lines]
    return [line for line in lines if name in {line.version.name, str(line.version)}]


def _line(
    version: ModelVersion,
    case_type: str,
    places: tuple[Place, ...],
    evaluations: Sequence[Evaluation],
    engine: EngineBuild | None,
    role: str,
) -> VersionLine:
    newest = evaluations[0] if evaluations else None
    measured = next((entry for entry in evaluations if entry.pointing is not None), None)
    verdict = EXEMPT if version.task != Task.CLASSIFIER else UNMEASURED
    if verdict is UNMEASURED and measured is not None:
        verdict = explainability_verdict(measured.pointing)
    return VersionLine(
        version=version,
        case_type=case_type,
        places=places,
        evaluation=newest,
        figures=_figures(newest.summary) if newest else (),
        verdict=verdict,
        engine=engine,
        role=role,
    )


def _newest_routed(
    versions: Iterable[ModelVersion], places: Mapping[tuple[UUID, str], Sequence[Place]]
) -> dict[tuple[str, str], datetime]:
    """By name and case type, when the newest version that is routed there was registered."""
    newest: dict[tuple[str, str], datetime] = {}
    for version in versions:
        for case_type in version.case_types:
            if places.get((version.id, case_type)):
                key = (version.name, case_type)
                newest[key] = max(version.created_at, newest.get(key, version.created_at))
    return newest


def _role(version: ModelVersion, places: Sequence[Place], newest_routed: datetime | None) -> str:
    if version.state in {VersionState.RETIRED, VersionState.SHADOW}:
        return str(version.state)
    if places:
        return "routed"
    return "superseded" if newest_routed and newest_routed > version.created_at else "challenger"


def _figures(summary: dict[str, dict[str, float | None]]) -> tuple[Figure, ...]:
    return tuple(
        Figure(name=name, value=entry.get("value"), low=entry.get("low"), high=entry.get("high"))
        for name, entry in summary.items()
    )


def _order(line: VersionLine) -> tuple[int, int, str, float]:
    general = line.general
    unrouted = 2 if line.role == "challenger" else 3
    routed = (0, general.position) if general else (1 if line.places else unrouted, 0)
    return (*routed, line.version.name, -line.version.created_at.timestamp())


def _places(routes: Sequence[Route]) -> dict[tuple[UUID, str], list[Place]]:
    places: dict[tuple[UUID, str], list[Place]] = defaultdict(list)
    with_own = {route.case_type for route in routes if route.site}
    for route in routes:
        place = Place(
            site=route.site.name if route.site else None,
            position=route.position,
            unmeasured_reason=route.unmeasured_reason,
            alone=route.site is None and route.case_type not in with_own,
            from_index=route.from_index,
        )
        places[route.model_version_id, route.case_type].append(place)
    return places


def _evaluations() -> dict[tuple[UUID, str], list[Evaluation]]:
    """Newest first; without the documents, which may be large."""
    evaluations: dict[tuple[UUID, str], list[Evaluation]] = defaultdict(list)
    for evaluation in Evaluation.objects.defer("document").order_by("-measured_at", "-created_at"):
        evaluations[evaluation.model_version_id, evaluation.case_type].append(evaluation)
    return evaluations


def _engines() -> dict[UUID, EngineBuild]:
    """The fastest of each version's newest builds that were accepted."""
    newest: dict[tuple[UUID, str, str], EngineBuild] = {}
    for build in EngineBuild.objects.order_by("created_at"):
        newest[build.model_version_id, build.engine, build.machine_fingerprint] = build
    fastest: dict[UUID, EngineBuild] = {}
    for build in sorted(newest.values(), key=_speed, reverse=True):
        if build.accepted:
            fastest[build.model_version_id] = build
    return fastest


def _speed(build: EngineBuild) -> float:
    return float("inf") if build.milliseconds_per_image is None else build.milliseconds_per_image
