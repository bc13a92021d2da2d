"""A file comes in: decoded in a child, found again if it is here already, else written in one transaction."""

import threading
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.audit.actions import Action, Outcome
from accounts.audit.record import record_effect
from accounts.errors import DomainError
from accounts.models import Site, StoredObject, User
from accounts.services.objects import ObjectWriter, object_adopt, object_destroy, object_read
from imaging import events
from imaging.dicom.values import ReceivedInstance
from imaging.errors import CaseTypeInvalid, SopInstanceConflict, StudyPatientConflict
from imaging.listeners import Happening, study_happened
from imaging.models import Instance, Series, Study
from imaging.pipeline.values import CASE_TYPES
from imaging.sandbox import inspect_file
from imaging.services.claimed_arrivals import claimed_again, study_claimed
from imaging.services.film_matches import film_matches_look
from imaging.services.fingerprints import fingerprint_write
from imaging.services.inference import inference_queue, study_refresh
from imaging.services.insurance_claims import claim_number_checked
from imaging.services.patients import patient_identity, patient_of

# Each inspection holds a whole file: more at once would be memory, not speed.
_inspections = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class IntakeOutcome:
    """Where the file is now; created is False when the same bytes were here before."""

    study: Study
    instance: Instance
    created: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that was decoded to its last frame, and who sent it where."""

    site: Site
    actor: User
    stored: StoredObject
    file_name: str
    case_type: str
    case_type_reason: str
    synthetic: bool
    claim_number: str
    received: ReceivedInstance


def study_receive(
    *,
    site: Site,
    actor: User,
    stored: StoredObject,
    file_name: str,
    case_type: str | None = None,
    synthetic: bool = False,
    claim_number: str = "",
) -> IntakeOutcome:
    """Take in a quarantined object: decode, then either the answer that the same bytes had, or study, series, instance.

    Writes Patient, Study, Series, Instance and queued runs, adopts the object under the patient's key, audits
    STUDY_RECEIVED, tells the worklist. A refusal destroys the object and audits UPLOAD_REFUSED. With a claim number
    the study stands under that claim, and its films are looked for among other claims once all is committed.

    Raises:
        RefusedFile, CaseTypeInvalid, SopInstanceConflict, StudyPatientConflict, KeyUnavailable, ClaimNumberInvalid,
        StudyClaimConflict.
    """
    try:
        arrival = _inspected(site, actor, stored, file_name, case_type, synthetic, claim_number)
        outcome = _recorded(arrival)
    except DomainError as error:
        _refuse(site, actor, stored, file_name, error)
        raise
    except Exception:
        object_destroy(stored)
        raise
    if not outcome.created:
        object_destroy(stored)
    film_matches_look(outcome.study)
    return outcome


def study_receive_bytes(
    *,
    site: Site,
    actor: User,
    data: bytes,
    file_name: str,
    case_type: str | None = None,
    synthetic: bool = False,
    claim_number: str = "",
) -> IntakeOutcome:
    """study_receive of bytes in memory."""
    writer = ObjectWriter(site.organisation_id, "original")
    try:
        writer.write(data)
        stored = writer.finish()
    except BaseException:
        writer.abort()
        raise
    return study_receive(
        site=site,
        actor=actor,
        stored=stored,
        file_name=file_name,
        case_type=case_type,
        synthetic=synthetic,
        claim_number=claim_number,
    )


def _inspected(
    site: Site,
    actor: User,
    stored: StoredObject,
    file_name: str,
    case_type: str | None,
    synthetic: bool,
    claim_number: str,
) -> Arrival:
    if case_type and case_type not in CASE_TYPES:
        raise CaseTypeInvalid
    number = claim_number_checked(claim_number) if claim_number.strip() else ""
    with _inspections:
        received = inspect_file(object_read(stored))
    reason = "chosen by the sender" if case_type else received.case_type_reason
    return Arrival(
        site=site,
        actor=actor,
        stored=stored,
        file_name=file_name,
        case_type=case_type or received.case_type or "",
        case_type_reason=reason[:200],
        synthetic=synthetic,
        claim_number=number,
        received=received,
    )


def _recorded(arrival: Arrival) -> IntakeOutcome:
    """Two senders of one image at once meet at the unique constraints: the second finds what the first has written."""
    try:
        return _record(arrival)
    except IntegrityError:
        arrival.stored.refresh_from_db()
        return _record(arrival)


@transaction.atomic
def _record(arrival: Arrival) -> IntakeOutcome:
    present = _present(arrival)
    if present is not None:
        claimed_again(present, number=arrival.claim_number, actor=arrival.actor)
        return IntakeOutcome(study=present.series.study, instance=present, created=False)
    study = _study(arrival)
    study_claimed(study, number=arrival.claim_number, actor=arrival.actor)
    object_adopt(arrival.stored, study.patient_id)
    instance = _instance(arrival, _series(arrival, study))
    fingerprint_write(instance, arrival.received.frames)
    inference_queue(instance)
    study_refresh(study)
    record_effect(
        Action.STUDY_RECEIVED,
        organisation_id=study.organisation_id,
        actor=arrival.actor,
        site_id=study.site_id,
        object_type="instance",
        object_id=instance.id,
        patient_ref=study.patient_id,
        study_id=study.id,
        detail={"file_name": arrival.file_name, "sha256": instance.sha256, "size_bytes": instance.size_bytes},
    )
    events.study_event_append(study, events.STUDY_RECEIVED)
    return IntakeOutcome(study=study, instance=instance, created=True)


def _present(arrival: Arrival) -> Instance | None:
    """The instance that has the same bytes at this site.

    Raises:
        SopInstanceConflict: there is one with the same UID and other bytes.
    """
    at_site = Instance.objects.filter(site=arrival.site).select_related("series__study", "stored_object")
    same = at_site.filter(sha256=arrival.received.sha256).first()
    uid = arrival.received.study.sop_instance_uid
    if same is None and uid and at_site.filter(sop_instance_uid=uid).exists():
        raise SopInstanceConflict
    return same


def _study(arrival: Arrival) -> Study:
    header = arrival.received.study
    uid = header.study_instance_uid or ""
    known = Study.objects.select_for_update().filter(site=arrival.site, study_instance_uid=uid).first() if uid else None
    if known is None:
        return _study_create(arrival, uid)
    identity = patient_identity(arrival.received.patient, site=arrival.site)
    if identity and known.patient.identity_index and identity != known.patient.identity_index:
        raise StudyPatientConflict
    if not known.case_type and arrival.case_type:
        known.case_type, known.case_type_reason = arrival.case_type, arrival.case_type_reason
        known.save(update_fields=["case_type", "case_type_reason"])
    return known


def _study_create(arrival: Arrival, uid: str) -> Study:
    header = arrival.received.study
    study = Study.objects.create(
        organisation=arrival.site.organisation,
        site=arrival.site,
        patient=patient_of(arrival.received.patient, site=arrival.site),
        study_instance_uid=uid,
        case_type=arrival.case_type,
        case_type_reason=arrival.case_type_reason,
        study_date=header.study_date[:8],
        description=header.study_description,
        accession_number=header.accession_number,
        uploaded_by=arrival.actor,
        synthetic=arrival.synthetic,
    )
    study_happened(study, Happening.RECEIVED)
    return study


def _series(arrival: Arrival, study: Study) -> Series:
    header = arrival.received.study
    uid = header.series_instance_uid or ""
    values = {
        "modality": header.modality[:16],
        "body_part_examined": header.body_part_examined[:32],
        "number": header.series_number,
    }
    if not uid:
        return Series.objects.create(study=study, **values)
    return Series.objects.get_or_create(study=study, series_instance_uid=uid, defaults=values)[0]


def _instance(arrival: Arrival, series: Series) -> Instance:
    received, header = arrival.received, arrival.received.study
    return Instance.objects.create(
        series=series,
        site=arrival.site,
        stored_object=arrival.stored,
        file_name=arrival.file_name[:255],
        case_type=arrival.case_type,
        container=received.container,
        sha256=received.sha256,
        size_bytes=received.size_bytes,
        sop_instance_uid=header.sop_instance_uid,
        sop_class_uid=header.sop_class_uid or "",
        number=header.instance_number,
        rows=received.rows,
        columns=received.columns,
        number_of_frames=received.number_of_frames,
        photometric_interpretation=received.photometric_interpretation,
        pixel_spacing=list(header.pixel_spacing) if header.pixel_spacing else None,
        view_position=header.view_position[:16],
        image_laterality=header.image_laterality[:16],
        pixel_digests=[frame.pixel_sha256 for frame in received.frames],
        notices=[{"code": n.code, "message": n.message, "tag": n.tag} for n in received.notices],
    )


def _refuse(site: Site, actor: User, stored: StoredObject, file_name: str, error: DomainError) -> None:
    """The bytes go first: nothing of a refused file is kept but its digest and the reason, encrypted."""
    detail = {"file_name": file_name, "sha256": stored.sha256, "size_bytes": stored.size_bytes, "code": error.code}
    object_destroy(stored)
    upload_refused_record(site=site, actor=actor, detail=detail)


@transaction.atomic
def upload_refused_record(*, site: Site, actor: User, detail: dict[str, object]) -> None:
    """Audit that a file was refused."""
    record_effect(
        Action.UPLOAD_REFUSED,
        organisation_id=site.organisation_id,
        actor=actor,
        site_id=site.id,
        object_type="upload",
        detail=detail,
        outcome=Outcome.REFUSED,
    )
