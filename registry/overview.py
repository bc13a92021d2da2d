"""What the registry holds, by case type, for lists and pages: versions, routes, evidence, engines. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from registry.metrics.gate import EXEMPT, UNMEASURED, Verdict, explainability_verdict
from registry.models import EngineBuild, Evaluation, ModelVersion, Route, Task, VersionState
from registry.selectors import routes_of_sites, versions_all


@dataclass(frozen=True, slots=True)
class Place:
    """One route to a version: site is None for the general one."""

    site: str | None
    position: int
    unmeasured_reason: str


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

    @property
    def general(self) -> Place | None:
        """Its place in the general route."""
        return next((place for place in self.places if place.site is None), None)


@dataclass(frozen=True, slots=True)
class CaseTypeModels:
    """Everything that was made for a case type: the general route in its order, then the others by name."""

    case_type: str
    lines: tuple[VersionLine, ...]


def models_overview(site_ids: Sequence[UUID] = (), *, retired: bool = False) -> list[CaseTypeModels]:
    """Every case type that some version was made for; own routes of the named sites only. Four queries, however many.

    Args:
        retired: retired versions too.
    """
    versions = [version for version in versions_all() if retired or version.state != VersionState.RETIRED]
    places, evaluations = _places(routes_of_sites(list(site_ids))), _evaluations()
    engines = _engines()
    by_case_type: dict[str, list[VersionLine]] = defaultdict(list)
    for version in versions:
        for case_type in version.case_types:
            key = (version.id, case_type)
            line = _line(version, case_type, places.get(key, ()), evaluations.get(key, ()), engines.get(version.id))
            by_case_type[case_type].append(line)
    return [CaseTypeModels(name, tuple(sorted(by_case_type[name], key=_order))) for name in sorted(by_case_type)]


def version_lines(name: str) -> list[VersionLine]:
    """The lines of every version of that name, or of "name version"; newest first within a case type."""
    lines = [line for group in models_overview(retired=True) for line in group.lines]
    return [line for line in lines if name in {line.version.name, str(line.version)}]


def _line(
    version: ModelVersion,
    case_type: str,
    places: Iterable[Place],
    evaluations: Sequence[Evaluation],
    engine: EngineBuild | None,
) -> VersionLine:
    newest = evaluations[0] if evaluations else None
    measured = next((entry for entry in evaluations if entry.pointing is not None), None)
    verdict = EXEMPT if version.task != Task.CLASSIFIER else UNMEASURED
    if verdict is UNMEASURED and measured is not None:
        verdict = explainability_verdict(measured.pointing)
    return VersionLine(
        version=version,
        case_type=case_type,
        places=tuple(places),
        evaluation=newest,
        figures=_figures(newest.summary) if newest else (),
        verdict=verdict,
        engine=engine,
    )


def _figures(summary: dict[str, dict[str, float | None]]) -> tuple[Figure, ...]:
    return tuple(
        Figure(name=name, value=entry.get("value"), low=entry.get("low"), high=entry.get("high"))
        for name, entry in summary.items()
    )


def _order(line: VersionLine) -> tuple[int, int, str, float]:
    general = line.general
    routed = (0, general.position) if general else (1 if line.places else 2, 0)
    return (*routed, line.version.name, -line.version.created_at.timestamp())


def _places(routes: Iterable[Route]) -> dict[tuple[UUID, str], list[Place]]:
    places: dict[tuple[UUID, str], list[Place]] = defaultdict(list)
    for route in routes:
        place = Place(
            site=route.site.name if route.site else None,
            position=route.position,
            unmeasured_reason=route.unmeasured_reason,
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
