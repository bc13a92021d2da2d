"""Which versions look at a case type."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, Site, User
from registry.errors import ExplanationGate, ExplanationUnmeasured, RouteInvalid
from registry.models import ModelVersion, Route, VersionState
from registry.selectors import explanation_verdict, routes_at


@transaction.atomic
def route_set(
    *,
    case_type: str,
    version_ids: Sequence[UUID],
    site: Site | None = None,
    actor: User | None = None,
    unmeasured_reason: str = "",
    from_index: bool = False,
) -> list[Route]:
    """Replace the versions that look at a case type, at one site or (site is None) wherever no site says otherwise.

    An empty list removes a site's own route, so that the general one holds again. A version that some route names is a
    champion; one that none names any more is a candidate again. Audits ROUTE_CHANGED.

    Args:
        unmeasured_reason: why a classifier may serve whose explanations nobody has measured; kept with the route.
        from_index: the index of the shipped models asks for it, so the next import may change it again.
    Raises:
        RouteInvalid: a version is unknown, named twice, retired, or was not made for the case type.
        ExplanationGate: a classifier's maps were measured not to point at findings. No reason helps.
        ExplanationUnmeasured: they were never measured, and no reason is given.
    """
    versions = _versions(case_type, version_ids)
    reasons = [unmeasured_reason_of(version, case_type, unmeasured_reason) for version in versions]
    before = routes_at(case_type, site)
    Route.objects.filter(case_type=case_type, site=site).delete()
    routes = [
        Route.objects.create(
            case_type=case_type,
            site=site,
            model_version=version,
            position=position,
            unmeasured_reason=reason,
            from_index=from_index,
        )
        for position, (version, reason) in enumerate(zip(versions, reasons, strict=True))
    ]
    _states_follow()
    _audit(_audited(case_type, before, routes), site, actor)
    return routes


def unmeasured_reason_of(version: ModelVersion, case_type: str, reason: str) -> str:
    """What the version's route has to say for itself: nothing where its explanations passed the gate.

    Raises:
        ExplanationGate, ExplanationUnmeasured: as route_set.
    """
    verdict = explanation_verdict(version, case_type)
    if verdict.passed:
        return ""
    refused = f"{version} cannot serve {case_type.replace('_', ' ')} images: {verdict.reason}"
    if verdict.measured:
        raise ExplanationGate(refused)
    if not reason.strip():
        raise ExplanationUnmeasured(refused)
    return reason.strip()[:300]


def _versions(case_type: str, version_ids: Sequence[UUID]) -> list[ModelVersion]:
    found = ModelVersion.objects.in_bulk(list(version_ids))
    if len(found) != len(version_ids):
        raise RouteInvalid("A model version is unknown or named twice.")
    versions = [found[version_id] for version_id in version_ids]
    for version in versions:
        if case_type not in version.case_types:
            raise RouteInvalid("A model version was not made for this case type.")
        if version.state == VersionState.RETIRED:
            raise RouteInvalid("A model version is retired.")
    return versions


def _states_follow() -> None:
    """Champion is what is shown to readers; shadow and retired are decided elsewhere."""
    routed = ModelVersion.objects.filter(routes__isnull=False).values("pk")
    ModelVersion.objects.filter(pk__in=routed, state=VersionState.CANDIDATE).update(state=VersionState.CHAMPION)
    unrouted = ModelVersion.objects.filter(state=VersionState.CHAMPION).exclude(pk__in=routed)
    unrouted.update(state=VersionState.CANDIDATE)


def _audited(case_type: str, before: Sequence[Route], after: Sequence[Route]) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "case_type": case_type,
        "versions": [str(route.model_version) for route in after],
        "before": [str(route.model_version) for route in before],
    }
    unmeasured = {str(route.model_version): route.unmeasured_reason for route in after if route.unmeasured_reason}
    if unmeasured:
        detail["explanation_not_measured"] = unmeasured
    if any(route.from_index for route in after):
        detail["follows"] = "index of the shipped models"
    return detail


def _audit(detail: dict[str, Any], site: Site | None, actor: User | None) -> None:
    organisation_ids: Sequence[UUID]
    if site is not None:
        organisation_ids = [site.organisation_id]
    else:
        organisation_ids = list(Organisation.objects.values_list("id", flat=True))
    for organisation_id in organisation_ids:
        record_effect(
            Action.ROUTE_CHANGED,
            organisation_id=organisation_id,
            actor=actor,
            site_id=site.id if site else None,
            object_type="route",
            detail=detail,
        )
