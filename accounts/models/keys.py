"""Keys as rows: which exist and what they wrap. Key material is here only wrapped under a key that is elsewhere."""

import uuid

from django.db import models

from accounts.base import TimestampedModel


class KeyRecord(TimestampedModel):
    """One version of an organisation's key-encryption key: id, state, dates; the key itself is with its provider."""

    class State(models.TextChoices):
        ACTIVE = "active", "active"
        RETIRED = "retired", "retired"
        DESTROYED = "destroyed", "destroyed"

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="key_records")
    provider = models.CharField(max_length=32)
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["organisation", "version"], name="one_key_record_per_version")]

    def __str__(self) -> str:
        return f"key-encryption key {self.version} ({self.provider}, {self.state})"


class OrganisationKey(TimestampedModel):
    """A key of the organisation itself, wrapped by its key-encryption key."""

    class Purpose(models.TextChoices):
        DATA = "data", "data that belongs to no patient, and quarantine"
        INDEX = "index", "root of the blind indexes"

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "purpose", "version"], name="one_key_per_purpose_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} key {self.version}"


class PatientKey(models.Model):
    """A patient's key, wrapped by the organisation's. Erasing a patient empties `wrapped` and leaves the tombstone."""

    id = models.UUIDField(primary_key=True, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, editable=False)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"key of patient {self.id}"


class StoredObject(models.Model):
    """One encrypted object in the "images" storage: random name, digest and size of its plaintext, its wrapped key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient_ref = models.UUIDField(null=True, db_index=True)
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=80, unique=True)
    size_bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"object {self.id}"
