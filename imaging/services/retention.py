"""Deleting for good: rows, bytes, and where nothing else is left of a patient, the patient's key."""

from typing import Any

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import StoredObject, User
from accounts.services.keys import patient_key_destroy
from accounts.services.objects import object_destroy
from imaging import events
from imaging.listeners import Happening, study_happened
from imaging.models import Finding, InferenceRun, Instance, Patient, Study
from imaging.services.insurance_claims import claims_of_study, claims_without_images


@transaction.atomic
def study_erase(*, study: Study, actor: User) -> None:
    """Delete a study with everything that was made of it; a worker's late result is dropped.

    With a patient's last study the patient goes too, and the key: backups of the bytes can then never be read again.
    Audited; pushed.
    """
    study = Study.objects.select_for_update().select_related("patient").get(pk=study.pk)
    patient, stored = study.patient, _objects(study)
    detail = {"instances": Instance.objects.filter(series__study=study).count(), "case_type": study.case_type}
    events_study = Study(id=study.id, organisation_id=study.organisation_id, site_id=study.site_id)
    study_happened(study, Happening.ERASED)
    claim_ids = claims_of_study(study)
    Finding.objects.filter(study=study).delete()
    InferenceRun.objects.filter(instance__series__study=study).delete()
    study.delete()
    for found in stored:
        object_destroy(found)
    record_effect(Action.STUDY_DELETED, actor=actor, **_subject(events_study, patient), detail=detail)
    if not Study.objects.filter(patient=patient).exists():
        _patient_erase(events_study, patient, actor)
    claims_without_images(claim_ids, actor=actor)
    events.study_event_append(events_study, events.STUDY_DELETED, status="deleted")


def _objects(study: Study) -> list[StoredObject]:
    originals = Instance.objects.filter(series__study=study).values("stored_object")
    heatmaps = Finding.objects.filter(study=study, heatmap__isnull=False).values("heatmap")
    return [*StoredObject.objects.filter(pk__in=originals), *StoredObject.objects.filter(pk__in=heatmaps)]


def _patient_erase(study: Study, patient: Patient, actor: User) -> None:
    subject = _subject(study, patient)
    patient.delete()
    patient_key_destroy(study.organisation_id, subject["patient_ref"])
    record_effect(Action.PATIENT_ERASED, actor=actor, **{**subject, "object_type": "patient"})


def _subject(study: Study, patient: Patient) -> dict[str, Any]:
    return {
        "organisation_id": study.organisation_id,
        "site_id": study.site_id,
        "object_type": "study",
        "object_id": study.id,
        "patient_ref": patient.id,
        "study_id": study.id,
    }
