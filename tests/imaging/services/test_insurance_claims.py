"""Claims are opened by number, joined by studies, billed and decided; all is audited, no number stands in clear."""

import pytest
from django.db import connection, transaction

from accounts.audit.actions import Action
from accounts.models import AuditEvent, OutboxEvent
from imaging.errors import ClaimChanged, ClaimNumberInvalid, StudyClaimConflict
from imaging.models import ClaimState, FilmMatch, Instance, InsuranceClaim, Study
from imaging.services.claimed_arrivals import claimed_again
from imaging.services.insurance_claims import (
    BilledProcedure,
    claim_bill,
    claim_decide,
    claim_exported,
    claim_find,
    claim_open,
    study_claim_change,
)
from imaging.services.intake import study_receive_bytes
from imaging.services.retention import study_erase
from tests import films

pytestmark = pytest.mark.django_db


@pytest.fixture
def examiner(user_of):
    return user_of("claims_examiner")


@pytest.fixture
def claim(site, examiner):
    return claim_open(site=site, number=" AB-2026-000123 ", actor=examiner)


def receive(site, actor, **given):
    return study_receive_bytes(site=site, actor=actor, file_name="film.dcm", data=films.make_dicom(), **given).study


def test_one_number_is_one_claim_at_a_site(site, other_site, examiner, claim):
    assert claim_open(site=site, number="ab-2026-000123", actor=examiner).id == claim.id
    assert claim_open(site=other_site, number="AB-2026-000123", actor=examiner).id != claim.id
    assert [found.id for found in claim_find([site.id], site.organisation_id, "AB-2026-000123")] == [claim.id]


@pytest.mark.parametrize("number", ["", "   ", "x" * 65, "a\nb"])
def test_a_number_that_is_none_is_refused(site, examiner, number):
    with pytest.raises(ClaimNumberInvalid):
        claim_open(site=site, number=number, actor=examiner)


def test_number_and_procedures_are_ciphertext_in_the_database(claim, examiner):
    claim_bill(
        claim=claim,
        procedures=[BilledProcedure("X-FILLING-7", "36", "MO", "2026-11-01")],
        actor=examiner,
        expected_version=0,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM imaging_insuranceclaim")
        row = repr([bytes(value) if isinstance(value, memoryview) else value for value in cursor.fetchone()])
    assert "000123" not in row and "X-FILLING-7" not in row
    claim.refresh_from_db()
    assert claim.claim_number == "AB-2026-000123" and claim.masked_number == "…123"
    assert claim.billed == [{"code": "X-FILLING-7", "tooth": "36", "surface": "MO", "date": "2026-11-01"}]


def test_short_numbers_are_masked_whole(site, examiner):
    assert claim_open(site=site, number="1234567", actor=examiner).masked_number == "…"


def test_a_study_comes_in_under_a_claim(site, user_of, claim):
    study = receive(site, user_of("technologist"), claim_number="AB-2026-000123")
    claim.refresh_from_db()
    assert study.insurance_claim_id == claim.id and claim.version == 1
    assert AuditEvent.objects.filter(action=Action.STUDY_CLAIMED.value, study_id=study.id).exists()


def test_an_image_of_a_claimed_study_is_refused_under_another_claim(site, user_of):
    uid, sender = films.uid(), user_of("technologist")
    values = {"site": site, "actor": sender, "file_name": "film.dcm"}
    study_receive_bytes(data=films.make_dicom(study_instance_uid=uid), claim_number="CLAIM-0001", **values)
    with pytest.raises(StudyClaimConflict):
        study_receive_bytes(data=films.make_dicom(seed=2, study_instance_uid=uid), claim_number="CLAIM-0002", **values)
    assert Study.objects.get().insurance_claim.claim_number == "CLAIM-0001"


def test_a_decision_names_the_version_that_was_seen(claim, examiner):
    with pytest.raises(ClaimChanged) as refused:
        claim_decide(claim=claim, decision="accept", reason="", actor=examiner, expected_version=7)
    assert refused.value.details == {"version": 0}
    decided = claim_decide(claim=claim, decision="deny", reason="No film.", actor=examiner, expected_version=0)
    assert (decided.state, decided.decision, decided.decision_reason) == ("decided", "deny", "No film.")
    assert AuditEvent.objects.filter(
        action=Action.CLAIM_DECIDED.value, object_id=claim.id, actor_id=examiner.id
    ).exists()


def test_a_new_film_opens_a_decided_claim_again(site, user_of, claim, examiner):
    claim_decide(claim=claim, decision="accept", reason="", actor=examiner, expected_version=0)
    receive(site, user_of("technologist"), claim_number="AB-2026-000123")
    claim.refresh_from_db()
    assert (claim.state, claim.decision) == ("open", "accept")


def test_only_a_decided_claim_becomes_exported(claim, examiner):
    assert claim_exported(claim=claim).state == ClaimState.OPEN
    decided = claim_decide(claim=claim, decision="accept", reason="", actor=examiner, expected_version=0)
    exported = claim_exported(claim=decided)
    assert exported.state == ClaimState.EXPORTED and exported.exported_at is not None


def test_a_claim_that_was_changed_since_its_sheet_was_made_is_not_the_one_that_left(claim, examiner):
    on_the_sheet = claim_decide(claim=claim, decision="accept", reason="", actor=examiner, expected_version=0)
    claim_decide(claim=claim, decision="deny", reason="No film.", actor=examiner, expected_version=1)
    left = claim_exported(claim=on_the_sheet)
    assert (left.state, left.decision, left.exported_at) == ("decided", "deny", None)


def test_a_study_moves_from_claim_to_claim_and_to_none(site, user_of, examiner, claim):
    study = receive(site, user_of("technologist"))
    moved = study_claim_change(study=study, number="AB-2026-000123", actor=examiner)
    other = study_claim_change(study=study, number="OTHER-00001", actor=examiner)
    study.refresh_from_db()
    assert moved.id == claim.id and study.insurance_claim_id == other.id
    assert study_claim_change(study=study, number="", actor=examiner) is None
    study.refresh_from_db()
    assert study.insurance_claim_id is None


def test_with_its_last_study_a_claim_is_emptied_and_its_decision_stays(site, user_of, claim, examiner):
    study = receive(site, user_of("technologist"), claim_number="AB-2026-000123")
    claim.refresh_from_db()
    claim_decide(claim=claim, decision="query", reason="Which tooth?", actor=examiner, expected_version=claim.version)
    study_erase(study=study, actor=user_of("lead_reader"))
    bare = InsuranceClaim.objects.get()
    assert (bare.claim_number, bare.claim_number_index, bare.billed, bare.decision_reason) == ("", None, [], "")
    assert bare.decision == "query"
    assert AuditEvent.objects.filter(action=Action.CLAIM_ERASED.value, object_id=claim.id).exists()


def test_whoever_has_a_claim_open_is_told_when_one_of_its_films_is_deleted(site, user_of, claim, examiner):
    values = {"site": site, "actor": user_of("technologist"), "file_name": "film.dcm"}
    number = "AB-2026-000123"
    gone = study_receive_bytes(data=films.make_dicom(seed=1), claim_number=number, **values).study
    study_receive_bytes(data=films.make_dicom(seed=2), claim_number=number, **values)
    claim.refresh_from_db()
    seen, told = claim.version, OutboxEvent.objects.filter(kind="claim.changed").count()
    study_erase(study=gone, actor=user_of("lead_reader"))
    claim.refresh_from_db()
    assert claim.claim_number == number and OutboxEvent.objects.filter(kind="claim.changed").count() == told + 1
    with pytest.raises(ClaimChanged):
        claim_decide(claim=claim, decision="accept", reason="", actor=examiner, expected_version=seen)


def test_the_same_file_never_takes_a_study_out_of_the_claim_that_it_joined_meanwhile(site, user_of, examiner):
    """The sender's process read the study before somebody moved it under another claim."""
    study = receive(site, user_of("technologist"))
    stale = Instance.objects.select_related("series__study").get(series__study=study)
    study_claim_change(study=study, number="CLAIM-0001", actor=examiner)
    with transaction.atomic():
        claimed_again(stale, number="CLAIM-0002", actor=examiner)
    assert Study.objects.get().insurance_claim.claim_number == "CLAIM-0001"
    assert FilmMatch.objects.get().claim.claim_number == "CLAIM-0002"
