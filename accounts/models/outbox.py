"""What pages are told: ids and a status, in an order without gaps."""

from django.db import models


class OutboxCounter(models.Model):
    """The last sequence number of an organisation; its row is locked last in a transaction: commits keep the order."""

    organisation = models.OneToOneField(
        "accounts.Organisation", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    last = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"outbox at {self.last}"


class OutboxEvent(models.Model):
    """Something changed. No patient data, ever: a page that hears of it asks again, through an access check."""

    id = models.BigAutoField(primary_key=True)
    organisation_id = models.UUIDField()
    sequence = models.BigIntegerField()
    site_id = models.UUIDField()
    study_id = models.UUIDField(null=True)
    object_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=40)
    status = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["organisation_id", "sequence"], name="one_event_per_sequence_number")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sequence}"
