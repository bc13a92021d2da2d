"""Reading the registry."""

from collections.abc import Collection
from uuid import UUID

from django.core.files.storage import storages
from django.db.models import QuerySet

from accounts.models import Site
from registry.metrics.gate import EXEMPT, Verdict, explainability_verdict
from registry.models import EngineBuild, EngineKind, Evaluation, ModelVersion, Route, Task, VersionState
from registry.runtime.engines.graph import GraphBuild
from registry.runtime.engines.machine import library_version, machine_fingerprint
from registry.runtime.engines.shelf import graph_build, shelf_build
from registry.runtime.errors import ArtefactMissing
from registry.runtime.loader import BuildOf, load_warm
from registry.runtime.values import LoadedModel


def versions_all() -> QuerySet[ModelVersion]:
    """Every version, by name and then newest first."""
    return ModelVersion.objects.order_by("name", "-created_at")


def routes_of_sites(site_ids: Collection[UUID] | None) -> list[Route]:
    """The general routes and those of the sites (None: of every site), by case type and position."""
    routes = Route.objects.select_related("model_version", "site").order_by("case_type", "site__code", "position")
    return [route for route in routes if route.site_id is None or site_ids is None or route.site_id in site_ids]


def routes_at(case_type: str, site: Site | None = None) -> list[Route]:
    """The routes of a case type that one site has of its own, or (site is None) the general ones, in order."""
    routes = Route.objects.filter(case_type=case_type, site=site).select_related("model_version")
    return list(routes.order_by("position"))


def routed_versions(case_type: str, site_id: UUID | None) -> list[ModelVersion]:
    """The versions that look at a case type at a site, in order: the site's own routes, or else the general ones."""
    routes = Route.objects.filter(case_type=case_type).exclude(model_version__state=VersionState.RETIRED)
    routes = routes.select_related("model_version").order_by("position")
    own = list(routes.filter(site_id=site_id)) if site_id else []
    return [route.model_version for route in own or routes.filter(site=None)]


def versions_in_use() -> list[ModelVersion]:
    """Every version that some route names."""
    return list(ModelVersion.objects.filter(routes__isnull=False).exclude(state=VersionState.RETIRED).distinct())


def explanation_verdict(version: ModelVersion, case_type: str) -> Verdict:
    """What the gate says of a version's maps for a case type, by the newest evaluation that measured them there."""
    if version.task != Task.CLASSIFIER:
        return EXEMPT
    measured = Evaluation.objects.filter(model_version=version, case_type=case_type, pointing__isnull=False)
    newest = measured.order_by("-measured_at", "-created_at").first()
    return explainability_verdict(newest.pointing if newest else None)


def loaded_model_of(version: ModelVersion) -> LoadedModel:
    """The version ready to predict, warm in this process, on the engine that serves it here. For workers: it loads the
    inference library, which is torch unless an exported graph was accepted.

    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, ArchitectureUnknown.
    """
    return load_warm(
        name=version.name,
        version=version.version,
        sha256=version.sha256,
        fetch=lambda: _artefact_read(version.artefact),
        build_of=lambda _: _graph_of(version),
    )


def reference_model_of(version: ModelVersion) -> LoadedModel:
    """The version on torch, whatever serves it. Raises as loaded_model_of does."""
    return load_warm(
        name=version.name,
        version=version.version,
        sha256=version.sha256,
        fetch=lambda: _artefact_read(version.artefact),
    )


def builds_here(version: ModelVersion) -> list[EngineBuild]:
    """The newest build of every engine of a version that was made on this machine with the installed libraries."""
    rows = EngineBuild.objects.filter(model_version=version, machine_fingerprint=machine_fingerprint())
    newest: dict[str, EngineBuild] = {}
    for row in rows.order_by("-created_at"):
        newest.setdefault(row.engine, row)
    return [row for row in newest.values() if row.library_version == library_version(library_of(row.engine))]


def serving_build(version: ModelVersion) -> EngineBuild | None:
    """The fastest accepted build of a version here; None before anything was measured: then torch serves."""
    accepted = [row for row in builds_here(version) if row.accepted and row.milliseconds_per_image is not None]
    return min(accepted, key=lambda row: row.milliseconds_per_image or 0.0, default=None)


def graphs_needed(version_sha256: str) -> set[str]:
    """The graphs that the newest build of any engine on any machine names; an older one never counts again."""
    rows = EngineBuild.objects.filter(model_version__sha256=version_sha256).order_by("-created_at")
    newest: dict[tuple[str, str], str] = {}
    for engine, machine, artefact in rows.values_list("engine", "machine_fingerprint", "artefact"):
        newest.setdefault((engine, machine), artefact)
    return {artefact for artefact in newest.values() if artefact}


def library_of(engine: str) -> str:
    """The package that an engine runs on."""
    return "torch" if engine == EngineKind.TORCH else "openvino"


def shelved_build_of() -> BuildOf:
    """For commands without a database: the graph of a version by what the worker left on the shelf."""
    return lambda sha256: shelf_build(storages["artefacts"], sha256)


def _graph_of(version: ModelVersion) -> GraphBuild | None:
    build = serving_build(version)
    if build is None or build.engine == EngineKind.TORCH:
        return None
    return graph_build(storages["artefacts"], build.artefact, engine=build.engine, sha256=build.sha256)


def _artefact_read(name: str) -> bytes:
    try:
        with storages["artefacts"].open(name) as file:
            return bytes(file.read())
    except OSError as error:
        raise ArtefactMissing from error
