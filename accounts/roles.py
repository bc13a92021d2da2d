"""The policy on one screen: which role may do what at a site. Everything else is derived from this table."""

PERMISSIONS: dict[str, str] = {
    "view_study": "see studies, their pixels and their findings",
    "upload_study": "send studies in",
    "review_study": "confirm, correct and sign",
    "run_inference": "run the models again, or with another case type",
    "cancel_inference": "cancel a run",
    "delete_study": "delete a study",
    "view_reader_times": "see every reader's turnaround and reading times by name",
    "manage_reading": "set how a site reads: blind first, second reads, waiting limits",
    "view_claims": "see insurance claims, their number masked",
    "decide_claims": "see claim numbers, decide claims, take decision sheets out",
    "view_models": "see model versions and routes",
    "manage_models": "register model versions, change routes",
    "view_audit": "read the audit trail",
    "manage_users": "create and deactivate users, grant and revoke roles",
    "manage_keys": "see and rotate keys",
}

ROLES: dict[str, frozenset[str]] = {
    "reader": frozenset({"view_study", "upload_study", "review_study", "run_inference", "view_models"}),
    "lead_reader": frozenset(
        {
            "view_study",
            "upload_study",
            "review_study",
            "run_inference",
            "cancel_inference",
            "delete_study",
            "view_reader_times",
            "view_models",
        }
    ),
    "technologist": frozenset({"view_study", "upload_study", "run_inference", "cancel_inference"}),
    "model_manager": frozenset({"view_models", "manage_models"}),
    "compliance_officer": frozenset({"view_audit", "view_models"}),
    "site_admin": frozenset({"manage_users", "manage_reading", "view_reader_times", "view_models"}),
    "key_custodian": frozenset({"manage_keys"}),
    "claims_assistant": frozenset({"view_study", "upload_study", "view_claims"}),
    "claims_examiner": frozenset({"view_study", "upload_study", "view_claims", "decide_claims"}),
    "service": frozenset({"view_study", "upload_study"}),
}

STAFF_ROLES: frozenset[str] = frozenset({"compliance_officer", "site_admin", "model_manager", "key_custodian"})
"""Roles whose holders may enter the admin site; what they see there follows their permissions."""

STAFF_PERMISSIONS: tuple[str, ...] = tuple(
    sorted(
        frozenset().union(*(ROLES[role] for role in STAFF_ROLES))
        - frozenset().union(*(ROLES[role] for role in ROLES if role not in STAFF_ROLES))
    )
)
"""What only staff roles include: holding one of these at any site opens the door of the administration."""

CONFLICTING_ROLES: tuple[frozenset[str], ...] = (
    frozenset({"compliance_officer", "site_admin"}),
    frozenset({"key_custodian", "site_admin"}),
)
"""Nobody holds both: who watches is not who grants, who keeps the keys is not who lets people in."""
