"""Reading the registry."""

from uuid import UUID

from django.core.files.storage import storages
from django.db.models import QuerySet

from registry.metrics.gate import EXEMPT, Verdict, explainability_verdict
from registry.models import Evaluation, ModelVersion, Route, Task, VersionState
from registry.runtime.cache import warm_model
from registry.runtime.errors import ArtefactMissing
from registry.runtime.loader import load_artefact
from registry.runtime.values import LoadedModel


def versions_all() -> QuerySet[ModelVersion]:
    """Every version, by name and then newest first."""
    return ModelVersion.objects.order_by("name", "-created_at")


def routes_of_sites(site_ids: list[UUID]) -> list[Route]:
    """The general routes and those of the sites, by case type and position."""
    routes = Route.objects.select_related("model_version", "site").order_by("case_type", "site__code", "position")
    return [route for route in routes if route.site_id is None or route.site_id in set(site_ids)]


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
    """The version ready to predict, warm in this process. For workers: it loads the inference library.

    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, ArchitectureUnknown.
    """
    return warm_model(
        name=version.name,
        version=version.version,
        sha256=version.sha256,
        fetch=lambda: _artefact_read(version.artefact),
        load=load_artefact,
    )


def _artefact_read(name: str) -> bytes:
    try:
        with storages["artefacts"].open(name) as file:
            return bytes(file.read())
    except OSError as error:
        raise ArtefactMissing from error
