"""The audit trail: rows that are only ever added, by audit/record.py alone."""

from typing import Any, NoReturn

from django.db import models

from accounts.identifiers import uuid7


class AppendOnlyQuerySet(models.QuerySet):
    """Refuses before the database does; the triggers of 0002_append_only refuse what goes round this."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("audit events are never changed")

    def delete(self) -> NoReturn:
        raise TypeError("audit events are never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit events are never changed")


class AuditEvent(models.Model):
    """Who did what to what, when, from where. No foreign keys: a row never changes because another one does.

    `leaf` is SHA-256(0x00 || canonical form) over every column but `sequence` (the database's own order) and itself,
    ciphertext of `detail_ct` included, so the trail still verifies after a patient's key was destroyed.
    """

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid7, editable=False)
    form = models.PositiveSmallIntegerField(default=1)
    time = models.DateTimeField(db_index=True)
    organisation_id = models.UUIDField(null=True)
    site_id = models.UUIDField(null=True)
    actor_id = models.UUIDField(null=True, db_index=True)
    actor_label = models.CharField(max_length=120, blank=True)
    authentication = models.CharField(max_length=16, blank=True)
    session_digest = models.CharField(max_length=16, blank=True)
    token_id = models.UUIDField(null=True)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.UUIDField(null=True)
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=8)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.UUIDField(null=True, db_index=True)
    study_id = models.UUIDField(null=True, db_index=True)
    patient_ref = models.UUIDField(null=True, db_index=True)
    model_name = models.CharField(max_length=64, blank=True)
    model_version = models.CharField(max_length=32, blank=True)
    model_sha256 = models.CharField(max_length=64, blank=True)
    detail_scope = models.CharField(max_length=12, blank=True)
    detail_ct = models.BinaryField(null=True)
    leaf = models.BinaryField(max_length=32)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["-sequence"]
        indexes = [models.Index(fields=["organisation_id", "action", "time"], name="audit_by_action")]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("audit events are never deleted")
