from django.apps import AppConfig

# What the worker writes with every run, and says in the audit trail itself.
KEPT_BY_THE_WORKER = (
    "analysis_state",
    "analysis_reason",
    "triage_class",
    "triage_reason",
    "triage_scores",
    "study_scores",
    "version",
)


class ImagingConfig(AppConfig):
    name = "imaging"

    def ready(self) -> None:
        from accounts.audit.feed import masked_register
        from imaging.models import Study

        masked_register(Study, exclude=KEPT_BY_THE_WORKER)
