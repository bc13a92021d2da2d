"""A claim of an insurer: what was billed, which studies prove it, and what an examiner decided.

Not to be taken for the claims of inference runs (services/claims.py).
"""

import json
from typing import Any

from django.db import models

from accounts.base import TimestampedModel
from accounts.crypto.fields import BlindIndexField, EncryptedTextField
from accounts.crypto.scope import EncryptionScope


class ClaimState(models.TextChoices):
    OPEN = "open", "open"
    DECIDED = "decided", "decided"
    EXPORTED = "exported", "exported"


class ClaimDecision(models.TextChoices):
    ACCEPT = "accept", "accept"
    QUERY = "query", "query"
    DENY = "deny", "deny"


class InsuranceClaim(TimestampedModel):
    """One claim at one site; number, billed procedures and reason are encrypted under the organisation's key.

    A claim may hold studies of several patients' keys (films without a PatientID have one each), so no patient's key
    fits it; when its last study is erased, services/insurance_claims.py empties these columns.
    `version` counts changes: a decision names the one that its examiner saw.
    """

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey("accounts.Site", on_delete=models.PROTECT, related_name="insurance_claims")
    claim_number = EncryptedTextField(blank=True, default="")
    claim_number_index = BlindIndexField()
    procedures = EncryptedTextField(blank=True, default="[]")
    state = models.CharField(max_length=8, choices=ClaimState.choices, default=ClaimState.OPEN)
    decision = models.CharField(max_length=8, choices=ClaimDecision.choices, blank=True, default="")
    decision_reason = EncryptedTextField(blank=True, default="")
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    exported_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["site", "claim_number_index"],
                condition=models.Q(claim_number_index__isnull=False),
                name="one_claim_per_number",
            )
        ]
        indexes = [
            models.Index(fields=["site", "state", "created_at", "id"], name="claim_lane"),
            models.Index(fields=["site", "created_at", "id"], name="claim_arrival"),
        ]

    def __str__(self) -> str:
        return f"claim {self.id}"

    @property
    def masked_number(self) -> str:
        """What is shown to whoever may not see the number: its last three characters, of a number of at least eight."""
        number = self.claim_number
        return f"…{number[-3:]}" if len(number) >= 8 else "…"

    @property
    def billed(self) -> list[dict[str, Any]]:
        """The billed procedures as they were written: code, tooth, surface, date."""
        try:
            return list(json.loads(self.procedures or "[]"))
        except ValueError:  # "(erased)"
            return []

    def encryption_scope(self) -> EncryptionScope:
        return EncryptionScope(organisation_id=self.organisation_id, patient_ref=None)
