"""Studies that were here before the clocks get theirs from what is on record. When they were opened is not."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery

BATCH = 2000


def fill(apps: Any, schema_editor: Any) -> None:
    study_model, clocks_model = apps.get_model("imaging", "Study"), apps.get_model("feedback", "StudyClocks")
    columns = ("id", "site_id", "case_type", "triage_class", "analysis_state", "created_at")
    rows = []
    for study in _annotated(apps, study_model.objects.filter(clocks=None)).values(*columns, *ANNOTATIONS).iterator():
        rows.append(_clocks(clocks_model, study))
        if len(rows) >= BATCH:
            clocks_model.objects.bulk_create(rows)
            rows = []
    clocks_model.objects.bulk_create(rows)


ANNOTATIONS = ("ended", "reviewed", "first_signed", "first_signer")


def _annotated(apps: Any, studies: Any) -> Any:
    """One small look into an index for each, no join that multiplies rows."""
    runs = apps.get_model("imaging", "InferenceRun").objects.filter(
        instance__series__study=OuterRef("pk"), state="succeeded"
    )
    reviews = apps.get_model("feedback", "FindingReview").objects.filter(read__study=OuterRef("pk"))
    reads = (
        apps.get_model("feedback", "Read").objects.filter(study=OuterRef("pk"), state="signed").order_by("signed_at")
    )
    return studies.annotate(
        ended=Subquery(runs.order_by("-finished_at").values("finished_at")[:1]),
        reviewed=Subquery(reviews.order_by("created_at").values("created_at")[:1]),
        first_signed=Subquery(reads.values("signed_at")[:1]),
        first_signer=Subquery(reads.values("reader_id")[:1]),
    )


def _clocks(clocks_model: Any, study: dict[str, Any]) -> Any:
    decided = [at for at in (study["reviewed"], study["first_signed"]) if at is not None]
    return clocks_model(
        study_id=study["id"],
        site_id=study["site_id"],
        case_type=study["case_type"],
        triage_class=study["triage_class"],
        received_at=study["created_at"],
        analysed_at=study["ended"] if study["analysis_state"] == "analysed" else None,
        first_decision_at=min(decided, default=None),
        signed_at=study["first_signed"],
        signed_by_id=study["first_signer"],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0007_worklist_entries_fill"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
