"""Which versions look at a case type."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, Site, User
from registry.errors import RouteInvalid
from registry.models import ModelVersion, Route, VersionState


@transaction.atomic
def route_set(
    *, case_type: str, version_ids: Sequence[UUID], site: Site | None = None, actor: User | None = None
) -> list[Route]:
    """Replace the versions that look at a case type, at one site or (site is None) wherever no site says otherwise.

    An empty list removes a site's own route, so that the general one holds again. Audits ROUTE_CHANGED.

    Raises:
        RouteInvalid: a version is unknown, named twice, retired, or was not made for the case type.
    """
    versions = _versions(case_type, version_ids)
    Route.objects.filter(case_type=case_type, site=site).delete()
    routes = [
        Route.objects.create(case_type=case_type, site=site, model_version=version, position=position)
        for position, version in enumerate(versions)
    ]
    _audit(case_type, versions, site, actor)
    return routes


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


def _audit(case_type: str, versions: list[ModelVersion], site: Site | None, actor: User | None) -> None:
    organisation_ids: Sequence[UUID]
    if site is not None:
        organisation_ids = [site.organisation_id]
    else:
        organisation_ids = list(Organisation.objects.values_list("id", flat=True))
    detail = {"case_type": case_type, "versions": [str(version) for version in versions]}
    for organisation_id in organisation_ids:
        record_effect(
            Action.ROUTE_CHANGED,
            organisation_id=organisation_id,
            actor=actor,
            site_id=site.id if site else None,
            object_type="route",
            detail=detail,
        )
