"""Whose key protects a value."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class EncryptionScope:
    """The owner of a key: a patient of an organisation, or (patient_ref is None) the organisation itself."""

    organisation_id: UUID
    patient_ref: UUID | None = None
