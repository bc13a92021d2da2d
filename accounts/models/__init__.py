from accounts.models.audit import AuditEvent
from accounts.models.keys import KeyRecord, OrganisationKey, PatientKey, StoredObject
from accounts.models.outbox import OutboxCounter, OutboxEvent
from accounts.models.preferences import UserPreference
from accounts.models.tokens import ServiceToken
from accounts.models.user import (
    Membership,
    Organisation,
    Site,
    SiteGroupObjectPermission,
    SiteUserObjectPermission,
    User,
)

__all__ = [
    "AuditEvent",
    "KeyRecord",
    "Membership",
    "Organisation",
    "OrganisationKey",
    "OutboxCounter",
    "OutboxEvent",
    "PatientKey",
    "ServiceToken",
    "Site",
    "SiteGroupObjectPermission",
    "SiteUserObjectPermission",
    "StoredObject",
    "User",
    "UserPreference",
]
