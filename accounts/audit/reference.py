"""How a printed page names the event under which it left: what a compliance officer types into the audit trail."""

from accounts.models import AuditEvent

LEAF_SIGNS = 16


def audit_reference(event: AuditEvent) -> str:
    """ "0199-.. · sequence 12 · leaf 9f2c..": the id finds the event, the leaf tells that it is still the same."""
    leaf = bytes(event.leaf).hex()[:LEAF_SIGNS]
    return f"{event.id} · sequence {event.sequence} · leaf {leaf}"
