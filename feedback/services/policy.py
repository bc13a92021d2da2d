"""Writes how a site reads."""

from django.db import transaction

from accounts.access import has_site_permission
from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import NotPermitted
from accounts.models import Site, User
from feedback.models import ReadingPolicy
from feedback.policy import PolicyValues, values_of

PERMISSION = "manage_reading"


@transaction.atomic
def policy_set(*, site: Site, values: PolicyValues, actor: User | None) -> ReadingPolicy:
    """The site reads like this from now on; what was signed stays as it is. Audited with what it was before.

    Args:
        actor: who changes it; None only for the bootstrap of an installation.
    Raises:
        NotPermitted; ValidationError when a value is out of its range.
    """
    if actor is not None and not has_site_permission(actor, site.id, PERMISSION):
        raise NotPermitted
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)  # two first policies of one site take turns
    row = ReadingPolicy.objects.select_for_update().filter(site=site).first() or ReadingPolicy(site=site)
    before = values_of(row)
    row.blind_first, row.second_read_share = values.blind_first, values.second_read_share
    row.wait_limit_seconds, row.guard_every = values.wait_limit_seconds, values.guard_every
    row.full_clean(validate_unique=False)
    row.save()
    record_effect(
        Action.READING_POLICY_CHANGED,
        organisation_id=site.organisation_id,
        actor=actor,
        site_id=site.id,
        object_type="reading_policy",
        object_id=row.id,
        detail={"before": _said(before), "after": _said(values)},
    )
    return row


def _said(values: PolicyValues) -> dict[str, object]:
    return {
        "blind_first": values.blind_first,
        "second_read_share": values.second_read_share,
        "wait_limit_seconds": values.wait_limit_seconds,
        "guard_every": values.guard_every,
    }
