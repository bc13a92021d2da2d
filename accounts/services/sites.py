"""Tenants, their keys and their sites."""

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, OutboxCounter, Site, User
from accounts.services.keys import organisation_key_create


@transaction.atomic
def organisation_create(name: str, code: str, *, actor: User | None = None) -> Organisation:
    """A tenant with its keys. Audited."""
    organisation = Organisation(name=name, code=code)
    organisation.full_clean()
    organisation.save(force_insert=True)
    record = organisation_key_create(organisation)
    OutboxCounter.objects.create(organisation=organisation)
    common = {"organisation_id": organisation.id, "actor": actor}
    record_effect(
        Action.ORGANISATION_CREATED,
        **common,
        object_type="organisation",
        object_id=organisation.id,
        detail={"code": code},
    )
    record_effect(
        Action.KEY_CREATED, **common, object_type="key", object_id=record.id, detail={"version": record.version}
    )
    return organisation


@transaction.atomic
def site_create(*, organisation: Organisation, name: str, code: str, actor: User | None = None) -> Site:
    """A clinic or department. Audited."""
    site = Site(organisation=organisation, name=name, code=code)
    site.full_clean()
    site.save(force_insert=True)
    record_effect(
        Action.SITE_CREATED,
        organisation_id=organisation.id,
        actor=actor,
        site_id=site.id,
        object_type="site",
        object_id=site.id,
        detail={"code": code},
    )
    return site
