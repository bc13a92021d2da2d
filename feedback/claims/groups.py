"""The organisation's table of procedure groups: the shipped one until they write their own. Codes are always theirs."""

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, User
from feedback.claims.values import Group
from feedback.models import ProcedureGroup

MOST_GROUPS = 60


@lru_cache(maxsize=1)
def shipped_groups() -> tuple[Group, ...]:
    """Names, labels and sources; no codes, as code lists are licensed."""
    rows = json.loads(Path(__file__).with_name("groups.json").read_text(encoding="utf-8"))
    return tuple(_group(row) for row in rows)


def groups_of(organisation_id: UUID) -> tuple[Group, ...]:
    """The table in its order; the shipped one when the organisation has none."""
    rows = ProcedureGroup.objects.filter(organisation_id=organisation_id).order_by("created_at", "name")
    own = tuple(
        Group(row.name, row.codes, tuple(row.supporting_labels), tuple(row.contradicting_labels), row.source)
        for row in rows
    )
    return own or shipped_groups()


@transaction.atomic
def groups_write(groups: Sequence[Group], *, actor: User) -> tuple[Group, ...]:
    """Write the whole table in place of what was there. Audited with both."""
    Organisation.objects.select_for_update(no_key=True).get(pk=actor.organisation_id)  # two writers take turns
    before = groups_of(actor.organisation_id)
    ProcedureGroup.objects.filter(organisation_id=actor.organisation_id).delete()
    for group in groups:
        ProcedureGroup.objects.create(
            organisation_id=actor.organisation_id,
            name=group.name,
            codes=group.codes,
            supporting_labels=list(group.supporting),
            contradicting_labels=list(group.contradicting),
            source=group.source,
            changed_by=actor,
        )
    record_effect(
        Action.PROCEDURE_GROUP_CHANGED,
        organisation_id=actor.organisation_id,
        actor=actor,
        object_type="procedure_group",
        detail={"before": [_json(group) for group in before], "after": [_json(group) for group in groups]},
    )
    return groups_of(actor.organisation_id)


def _group(row: dict[str, object]) -> Group:
    return Group(
        name=str(row["name"]),
        supporting=tuple(row["supporting"]),  # type: ignore[arg-type]
        contradicting=tuple(row["contradicting"]),  # type: ignore[arg-type]
        source=str(row["source"]),
    )


def _json(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "codes": group.codes,
        "supporting": list(group.supporting),
        "contradicting": list(group.contradicting),
    }
