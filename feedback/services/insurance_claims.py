"""What an examiner does with a claim: open, compare, decide, take the sheet out. Fetched, allowed, audited in order."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_access, record_effect
from accounts.audit.reference import audit_reference
from accounts.models import AuditEvent, User
from feedback.claims.gather import claim_dossier, claim_instances
from feedback.claims.pictures import film_images, pair_images
from feedback.claims.sheet import sheet_pdf
from feedback.claims.table import claim_csv
from feedback.claims.values import Dossier, IssuedSheet
from feedback.errors import ReasonMissing
from feedback.models import FilmVerdict
from feedback.services.clocks import exported
from imaging.access import claim_access, film_match_access
from imaging.events import claim_event_append
from imaging.models import InsuranceClaim, Study
from imaging.services.insurance_claims import claim_decide, claim_exported


def claim_view(*, user: User, claim_id: UUID) -> Dossier:
    """The claim for the screen, audited before it leaves: once for the claim, once for each study with its patient."""
    claim = claim_access(user=user, claim_id=claim_id)
    dossier = claim_dossier(claim, user=user)
    _accessed(Action.CLAIM_VIEWED, claim, user, dossier, {film.study_id for film in dossier.films})
    return dossier


def claim_decision(*, user: User, claim_id: UUID, decision: str, reason: str, expected_version: int) -> InsuranceClaim:
    """Accept, query or deny.

    Raises:
        ReasonMissing: a query or a denial without a reason. ClaimChanged. NotFound, NotPermitted.
    """
    claim = claim_access(user=user, claim_id=claim_id, permission="decide_claims")
    if decision != "accept" and not reason.strip():
        raise ReasonMissing
    return claim_decide(
        claim=claim, decision=decision, reason=reason.strip(), actor=user, expected_version=expected_version
    )


@transaction.atomic
def film_verdict_write(*, user: User, match_id: UUID, word: str, comment: str = "") -> FilmVerdict:
    """Keep what an examiner says of two films: the same, or another. A new row each time. Audited; pushed."""
    match = film_match_access(user=user, match_id=match_id, permission="decide_claims")
    verdict = FilmVerdict(match=match, word=word, comment=comment, by=user)
    verdict.save(force_insert=True)
    record_effect(
        Action.FILMS_COMPARED,
        organisation_id=match.claim.organisation_id,
        site_id=match.claim.site_id,
        actor=user,
        object_type="film_match",
        object_id=match.id,
        detail={"word": word, "distance": match.distance, "kind": str(match.kind), "comment": comment},
    )
    for claim in (match.claim, match.other_claim):
        claim_event_append(claim)
    return verdict


def claim_sheet(*, user: User, claim_id: UUID) -> bytes:
    """The decision sheet, PDF. Audited as an export before it is made; once it is, the claim and its studies have left.

    The films of other claims that it shows beside the claim's own are audited under their patients too.
    Raises:
        NotFound, NotPermitted; RefusedFile, IntegrityBroken, KeyUnavailable of the films.
    """
    claim, issued = _issued(user, claim_id, form="pdf")
    instances = claim_instances(claim)
    images, pairs = film_images(issued.dossier, instances), pair_images(issued.dossier, instances)
    pdf = sheet_pdf(issued, images, pairs)
    _left(claim, issued.dossier)
    return pdf


def claim_table(*, user: User, claim_id: UUID) -> str:
    """The same as CSV, without pictures. Audited as an export, and raises, as claim_sheet."""
    claim, issued = _issued(user, claim_id, form="csv")
    text = claim_csv(issued.dossier, audit_reference=issued.audit_reference)
    _left(claim, issued.dossier)
    return text


def _issued(user: User, claim_id: UUID, *, form: str) -> tuple[InsuranceClaim, IssuedSheet]:
    claim = claim_access(user=user, claim_id=claim_id, permission="decide_claims")
    dossier = claim_dossier(claim, user=user)
    shown = {film.study_id for film in dossier.films}
    shown |= {one.other.study_id for one in dossier.likenesses if one.other}
    event = _accessed(Action.CLAIM_EXPORTED, claim, user, dossier, shown, form=form)
    return claim, IssuedSheet(dossier, audit_reference(event), event.time, user.display_name or user.username)


@transaction.atomic
def _left(claim: InsuranceClaim, dossier: Dossier) -> None:
    """The clocks of the claim's own studies, and the claim's state."""
    for study in Study.objects.filter(id__in={film.study_id for film in dossier.films}):
        exported(study)
    claim_exported(claim=claim)


def _accessed(
    action: Action, claim: InsuranceClaim, user: User, dossier: Dossier, studies: Iterable[UUID], **more: str
) -> AuditEvent:
    """One event for the claim, and one for each study under its patient: "who saw this patient" must find it."""
    others = [str(one.other.claim_id) for one in dossier.likenesses if one.other]
    event = record_access(
        action,
        organisation_id=claim.organisation_id,
        site_id=claim.site_id,
        actor=user,
        object_type="claim",
        object_id=claim.id,
        detail={"studies": sorted(map(str, studies)), "other_claims": others, **more},
    )
    for study in Study.objects.filter(id__in=studies):
        record_access(
            action,
            organisation_id=study.organisation_id,
            site_id=study.site_id,
            actor=user,
            object_type="study",
            object_id=study.id,
            patient_ref=study.patient_id,
            study_id=study.id,
            detail={"claim": str(claim.id), **more},
        )
    return event
