"""Writes the audit trail. Nothing else does.

`record_effect` stands in the transaction of what it records: both happen or neither. `record_access` is committed by
itself before the first byte about a patient leaves: no row, no bytes (SECURITY.md B16). Both raise; neither is silent.
"""

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.audit.actions import Action, Outcome
from accounts.audit.canonical import FORM, leaf_hash
from accounts.audit.context import current_context
from accounts.crypto.columns import ColumnPlace, decrypt_column, encrypt_column, key_version_of
from accounts.crypto.errors import KeyDestroyed
from accounts.crypto.scope import EncryptionScope
from accounts.errors import AuditUnavailable, KeyUnavailable
from accounts.identifiers import uuid7
from accounts.keyholder import scope_key
from accounts.models import AuditEvent, User

_NOT_IN_LEAF = {"sequence", "leaf"}


def record_effect(
    action: Action,
    *,
    organisation_id: UUID | None,
    actor: User | None = None,
    actor_label: str = "",
    site_id: UUID | None = None,
    object_type: str = "",
    object_id: UUID | None = None,
    patient_ref: UUID | None = None,
    study_id: UUID | None = None,
    model: dict[str, str] | None = None,
    detail: dict[str, Any] | None = None,
    outcome: str = Outcome.SUCCESS,
) -> AuditEvent:
    """Record a change, inside the transaction that makes it.

    Args:
        model: {"name", "version", "sha256"} of the model version concerned.
        detail: anything JSON; encrypted under the patient's key, or the organisation's when there is no patient.
    Raises:
        AuditUnavailable: called outside a transaction.
    """
    if not connection.in_atomic_block:
        raise AuditUnavailable("An effect is audited where it is made: in a transaction.", code="audit_no_transaction")
    event = AuditEvent(
        id=uuid7(),
        form=FORM,
        time=timezone.now(),
        organisation_id=organisation_id,
        site_id=site_id,
        action=action.value,
        outcome=str(outcome),
        object_type=object_type,
        object_id=object_id,
        study_id=study_id,
        patient_ref=patient_ref,
        model_name=(model or {}).get("name", ""),
        model_version=(model or {}).get("version", ""),
        model_sha256=(model or {}).get("sha256", ""),
    )
    _say_who(event, actor, actor_label)
    _encrypt_detail(event, detail)
    event.leaf = leaf_hash(leaf_columns(event))
    event.save(force_insert=True)
    return event


def record_access(action: Action, **facts: Any) -> AuditEvent:
    """Record that somebody is about to see something; same arguments as record_effect. Durable when it returns.

    Raises:
        AuditUnavailable: the row cannot be written, or the caller holds a transaction that could still undo it.
            (settings.AUDIT_ACCESS_ALLOWED_NESTING is 0; 1 under test, where each test stands in a transaction.)
    """
    if _atomic_depth() > settings.AUDIT_ACCESS_ALLOWED_NESTING:
        raise AuditUnavailable("An access is audited before any transaction opens.", code="audit_in_transaction")
    try:
        with transaction.atomic():
            return record_effect(action, **facts)
    except DatabaseError as error:
        raise AuditUnavailable from error


def leaf_columns(event: AuditEvent) -> dict[str, Any]:
    """Every column that the leaf covers, by name."""
    names = (field.attname for field in AuditEvent._meta.concrete_fields)
    return {name: getattr(event, name) for name in names if name not in _NOT_IN_LEAF}


def event_detail(event: AuditEvent) -> dict[str, Any] | None:
    """The decrypted detail of an event; {"erased": true} once its patient's key was destroyed."""
    if event.detail_ct is None or event.organisation_id is None:
        return None
    stored = bytes(event.detail_ct)
    try:
        key = scope_key(_detail_scope(event), key_version_of(stored))
    except KeyDestroyed:
        return {"erased": True}
    return json.loads(decrypt_column(stored, cipher=key.field_cipher(), place=_detail_place(event)))


def _say_who(event: AuditEvent, actor: User | None, actor_label: str) -> None:
    context = current_context()
    event.actor_id = actor.id if actor else context.actor_id
    event.actor_label = actor_label or (actor.username if actor else context.actor_label) or "system"
    event.authentication = context.authentication
    event.session_digest = context.session_digest
    event.token_id = context.token_id
    event.ip = context.ip
    event.request_id = context.request_id


def _encrypt_detail(event: AuditEvent, detail: dict[str, Any] | None) -> None:
    if detail is None or event.organisation_id is None:
        return
    event.detail_scope = "patient" if event.patient_ref else "organisation"
    try:
        key = scope_key(_detail_scope(event))
    except (KeyDestroyed, KeyUnavailable):
        if not event.patient_ref:
            raise
        event.detail_scope = "organisation"
        key = scope_key(_detail_scope(event))
    text = json.dumps(detail, sort_keys=True, default=str)
    event.detail_ct = encrypt_column(
        text, cipher=key.field_cipher(), key_version=key.version, place=_detail_place(event)
    )


def _detail_scope(event: AuditEvent) -> EncryptionScope:
    patient_ref = event.patient_ref if event.detail_scope == "patient" else None
    return EncryptionScope(organisation_id=event.organisation_id, patient_ref=patient_ref)


def _detail_place(event: AuditEvent) -> ColumnPlace:
    table = AuditEvent._meta.db_table
    return ColumnPlace(organisation_id=event.organisation_id, table=table, column="detail_ct", row_id=event.id)


def _atomic_depth() -> int:
    """How many transaction blocks are open on this connection."""
    return len(connection.savepoint_ids) + int(connection.in_atomic_block)
