"""django-auditlog as a feed of field changes, every encrypted value masked. It is not the audit trail (record.py)."""

from typing import Any

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.db import models
from django.db.models.signals import pre_save
from django.dispatch import receiver

from accounts.audit.context import current_context
from accounts.crypto.fields import MASK, BlindIndexField, EncryptedTextField


def masked(value: str) -> str:
    """What the feed shows of an encrypted value: that it is one."""
    return MASK


def masked_register(*tracked: type[models.Model], exclude: tuple[str, ...] = ()) -> None:
    """Register models with the feed: encrypted columns masked, blind indexes and bytes left out. Call from `ready`."""
    for model in tracked:
        fields = model._meta.get_fields()
        auditlog.register(
            model,
            mask_fields=[field.name for field in fields if isinstance(field, EncryptedTextField)],
            mask_callable="accounts.audit.feed.masked",
            exclude_fields=[*exclude, *(field.name for field in fields if _left_out(field))],
        )


def _left_out(field: Any) -> bool:
    is_bytes = isinstance(field, models.BinaryField)
    return is_bytes or isinstance(field, BlindIndexField) or bool(field.auto_created and not field.concrete)


@receiver(pre_save, sender=LogEntry, dispatch_uid="accounts.audit.feed.actor")
def _name_actor(instance: LogEntry, **kwargs: Any) -> None:
    """The feed names the actor of the request; its own middleware would trust a client's forwarding header."""
    context = current_context()
    if instance.actor_id is None and context.actor_id is not None:
        instance.actor_id = context.actor_id
    instance.remote_addr = None
    instance.cid = str(context.request_id) if context.request_id else None
