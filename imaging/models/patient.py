"""The person on the film: identifiers encrypted under the patient's own key, found again by blind index only."""

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import BlindIndexField, EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class Patient(TimestampedModel):
    """A patient of one organisation. Without a PatientID, every study has a patient of its own.

    `identity_index` says who it is: PatientID with its issuer, or with the site where the header names no issuer, as
    two sites may use one number for two people. `patient_id_index` is what readers search by: PatientID alone.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    patient_id = EncryptedTextField(blank=True, default="")
    issuer_of_patient_id = EncryptedTextField(blank=True, default="")
    name = EncryptedTextField(blank=True, default="")
    birth_date = EncryptedTextField(blank=True, default="")
    sex = EncryptedTextField(blank=True, default="")
    patient_id_index = BlindIndexField()
    identity_index = BlindIndexField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "identity_index"],
                condition=models.Q(identity_index__isnull=False),
                name="one_patient_per_identity",
            )
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @property
    def pseudonym(self) -> str:
        """What lists show instead of a name."""
        return f"P-{self.id.hex[:6].upper()}"

    def encryption_scope(self) -> EncryptionScope:
        return EncryptionScope(organisation_id=self.organisation_id, patient_ref=self.id)
