"""`python -m tests.screens.deeds DEED ..` inside an installation: models for phantoms, reads, policies, error pages."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

ROUTES = {
    "chest": ("chest-flagged", "chest-boxes"),
    "bone": ("bone-demo",),
    "dental_bitewing": ("tooth-boxes",),
}


def models(which: str) -> None:
    """phantoms: small models that see something in every phantom, and no guard, which knows that a phantom is no
    radiograph. real: the shipped models as they come."""
    if which != "phantoms":
        return
    from django.conf import settings

    from registry.services.starters import starter_models_import
    from tests.screens.models import demo_models_write

    folder = Path(settings.DATA_DIR) / "starters"
    folder.mkdir(exist_ok=True)
    starter_models_import(demo_models_write(folder))
    for case_type, names in ROUTES.items():
        _route(case_type, *names)


def unguarded() -> None:
    """The guard knows that a phantom is no radiograph, and stands again after every start."""
    from registry.services.routes import route_set

    route_set(case_type="intake", version_ids=[])


def triage(wanted: str) -> None:
    """The models that call a drawn chest urgent, flagged or normal look at chests from now on."""
    _route("chest", f"chest-{wanted}", *(() if wanted == "normal" else ("chest-boxes",)))


def _route(case_type: str, *names: str) -> None:
    from registry.models import ModelVersion
    from registry.services.routes import route_set
    from tests.starters import UNMEASURED

    versions = [ModelVersion.objects.get(name=name).id for name in names]
    route_set(case_type=case_type, version_ids=versions, unmeasured_reason=UNMEASURED)


def readers(*named: str) -> None:
    """What other readers did before somebody looks: signed, begun, asked for a second opinion; a blind-first site."""
    from accounts.models import Site
    from feedback.policy import PolicyValues
    from feedback.services import reads
    from feedback.services.policy import policy_set
    from feedback.services.second_reads import second_read_request

    study = dict(one.split("=") for one in named)
    reader, lead = _user("reader"), _user("lead_reader")
    _signed_with_corrections(reader, study["signed"])
    reads.read_confirm(reader=reader, study_id=study["next-one"])
    second_read_request(reader=lead, study_id=study["second"], comment="Is the left apex clear?")
    for finding in _findings(study["merge"])[:1]:
        reads.finding_confirm(reader=reader, finding_id=finding.id)
    harbour = Site.objects.get(code="harbour")
    policy_set(site=harbour, values=PolicyValues(True, 0.0, None, None), actor=None)


def _signed_with_corrections(reader: Any, study_id: str) -> None:
    """The first finding lies elsewhere, the second is not there, and one was missed."""
    from feedback.services import reads
    from imaging.pipeline.values import BoundingBox

    first, *others = _findings(study_id)
    wide, high = first.instance.columns, first.instance.rows
    box = BoundingBox(0.17 * wide, 0.25 * high, 0.45 * wide, 0.59 * high)
    reads.finding_correct(reader=reader, finding_id=first.id, box=box, comment="Reaches the fissure.")
    for finding in [one for one in others if one.positive][:1]:
        reads.finding_reject(reader=reader, finding_id=finding.id)
    missed = BoundingBox(0.62 * wide, 0.29 * high, 0.71 * wide, 0.37 * high)
    where = {"instance_id": first.instance_id, "frame": first.frame_index}
    reads.finding_add(reader=reader, study_id=study_id, label="nodule", box=missed, **where)
    reads.read_sign(reader=reader, study_id=study_id)


def weeks(study_id: str) -> None:
    """Four weeks of signed studies, for the figures of turnaround: clocks only, drawn at random."""
    from datetime import timedelta
    from random import Random

    from django.db import transaction
    from django.utils import timezone

    from feedback.models import ReadingArm, ReadingTime, StudyClocks
    from imaging.models import Study

    like, chance, readers = Study.objects.get(id=study_id), Random(5), [_user("reader"), _user("lead_reader")]
    with transaction.atomic():
        for number in range(320):
            study = Study.objects.create(
                organisation_id=like.organisation_id,
                site_id=like.site_id,
                patient_id=like.patient_id,
                uploaded_by_id=like.uploaded_by_id,
                case_type=("chest", "bone", "dental_bitewing")[number % 3],
                triage_class=("normal", "flagged", "normal", "urgent")[number % 4],
                analysis_state="analysed",
                synthetic=True,
            )
            received = timezone.now() - timedelta(hours=2 + chance.random() * 26 * 24)
            opened = received + timedelta(minutes=chance.lognormvariate(2.2 if number % 4 == 3 else 3.6, 0.8))
            with_ai = number % 3 != 0
            seconds = chance.lognormvariate(3.9 if with_ai else 4.3, 0.5)
            signed = opened + timedelta(seconds=seconds + 4)
            reader = readers[number % 2]
            shared = {"study": study, "site_id": study.site_id, "case_type": study.case_type}
            shared |= {"triage_class": study.triage_class}
            StudyClocks.objects.update_or_create(
                study=study,
                defaults={
                    **shared,
                    "received_at": received,
                    "analysed_at": received + timedelta(seconds=4),
                    "first_opened_at": opened,
                    "first_decision_at": signed,
                    "signed_at": signed,
                    "signed_by": reader,
                    "reading_seconds": seconds,
                },
            )
            ReadingTime.objects.create(
                **shared,
                reader=reader,
                seconds_with_ai=seconds if with_ai else 0.0,
                seconds_without_ai=0.0 if with_ai else seconds,
                arm=ReadingArm.WITH_AI if with_ai else ReadingArm.WITHOUT_AI,
                decision_seconds=seconds,
                decided_at=signed,
            )


def page(status: str, path: str) -> None:
    """The page of an error that nothing here can be made to cause, as it would be answered."""
    from django.test import RequestFactory

    from diagnostics.views.errors import server_error

    assert status == "500"
    Path(path).write_bytes(server_error(RequestFactory().get("/")).content)


def _user(role: str) -> Any:
    from accounts.models import User

    return User.objects.get(username=role)


def _findings(study_id: str) -> Sequence[Any]:
    from imaging.models import Study
    from imaging.selectors import current_findings

    return list(current_findings(Study.objects.get(id=study_id)))


DEEDS = {"models": models, "triage": triage, "unguarded": unguarded, "readers": readers, "page": page, "weeks": weeks}

if __name__ == "__main__":
    django.setup()
    DEEDS[sys.argv[1]](*sys.argv[2:])
