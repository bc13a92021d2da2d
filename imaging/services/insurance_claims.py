"""Insurance claims, written: opened by a number, given studies, billed procedures and a decision.

Not to be taken for the claims of inference runs (claims.py).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Site, User
from accounts.services.keys import blind_index
from imaging.errors import ClaimChanged, ClaimElsewhere, ClaimNumberInvalid, StudyClaimConflict
from imaging.events import claim_event_append
from imaging.listeners import Happening, study_happened
from imaging.models import ClaimState, FilmFingerprint, FilmMatch, InsuranceClaim, Study

LONGEST_NUMBER = 64
INDEX_FIELD = "claim_number"


@dataclass(frozen=True, slots=True)
class BilledProcedure:
    """A line of a claim as it was billed: the code is the organisation's own text, the tooth an FDI number or ""."""

    code: str
    tooth: str = ""
    surface: str = ""
    date: str = ""


def claim_number_checked(number: str) -> str:
    """The number without outer space. Raises ClaimNumberInvalid."""
    number = number.strip()
    if not 1 <= len(number) <= LONGEST_NUMBER or not number.isprintable():
        raise ClaimNumberInvalid
    return number


def claim_find(site_ids: Sequence[UUID], organisation_id: UUID, number: str) -> list[InsuranceClaim]:
    """The claims of that number at those sites: an exact search by blind index."""
    index = blind_index(organisation_id, INDEX_FIELD, number)
    return list(InsuranceClaim.objects.filter(site_id__in=list(site_ids), claim_number_index=index))


@transaction.atomic
def claim_open(*, site: Site, number: str, actor: User, procedures: Sequence[BilledProcedure] = ()) -> InsuranceClaim:
    """The claim of that number at the site, made when there is none; its row is locked. Audits CLAIM_OPENED.

    Raises:
        ClaimNumberInvalid.
    """
    number = claim_number_checked(number)
    index = blind_index(site.organisation_id, INDEX_FIELD, number)
    there = InsuranceClaim.objects.select_for_update().filter(site=site, claim_number_index=index)
    known = there.first()
    if known is not None:
        return known
    claim = InsuranceClaim(
        organisation=site.organisation,
        site=site,
        claim_number=number,
        claim_number_index=index,
        procedures=_text(procedures),
        created_by=actor,
    )
    try:
        with transaction.atomic():
            claim.save(force_insert=True)
    except IntegrityError:  # somebody opened it this moment
        return there.get()
    _record(Action.CLAIM_OPENED, claim, actor, {"claim_number": number})
    claim_event_append(claim)
    return claim


def study_claim_join(study: Study, claim: InsuranceClaim, *, actor: User) -> bool:
    """Put a study under a claim inside the caller's transaction; False when it was there already.

    A claim that was decided is open again, as its examiner has not seen this film. Audited.

    Raises:
        StudyClaimConflict: the study stands under another claim.
    """
    if study.insurance_claim_id == claim.id:
        return False
    if study.insurance_claim_id is not None:
        raise StudyClaimConflict
    study.insurance_claim = claim
    study.save(update_fields=["insurance_claim"])
    _touched(claim, reopened=True)
    _record(Action.STUDY_CLAIMED, claim, actor, {"study": str(study.id), "to": "claim"}, study=study)
    return True


@transaction.atomic
def study_claim_change(
    *, study: Study, actor: User, number: str = "", claim: InsuranceClaim | None = None
) -> InsuranceClaim | None:
    """Move a study under a claim, under the one of that number at its site, or under none.

    Writes both claims' versions; what its films looked like under the claim before is forgotten, and looked for again
    by film_matches_search, which the caller calls once this is committed. Audited; listeners are told; pushed.

    Raises:
        ClaimNumberInvalid; ClaimElsewhere: the claim is of another site.
    """
    study = Study.objects.select_for_update(of=("self",)).select_related("site", "insurance_claim").get(pk=study.pk)
    if claim is not None:
        claim = InsuranceClaim.objects.select_for_update().get(pk=claim.pk)
    elif number.strip():
        claim = claim_open(site=study.site, number=number, actor=actor)
    if claim is not None and claim.site_id != study.site_id:
        raise ClaimElsewhere
    if study.insurance_claim_id == (claim and claim.id):
        return claim
    _left(study, actor)
    if claim is not None:
        study_claim_join(study, claim, actor=actor)
    study_happened(study, Happening.CHANGED)
    if claim is not None:
        claim_event_append(claim, study=study)
    return claim


@transaction.atomic
def claim_bill(
    *, claim: InsuranceClaim, procedures: Sequence[BilledProcedure], actor: User, expected_version: int
) -> InsuranceClaim:
    """Write what is billed, in place of what was; a decided claim is open again. Audited; pushed.

    Raises:
        ClaimChanged: the claim is not the one that was shown.
    """
    claim = _locked(claim, expected_version)
    before = claim.billed
    claim.procedures = _text(procedures)
    claim.save(update_fields=["procedures"])
    _touched(claim, reopened=True)
    _record(Action.CLAIM_CHANGED, claim, actor, {"before": before, "after": claim.billed})
    claim_event_append(claim)
    return claim


@transaction.atomic
def claim_decide(
    *, claim: InsuranceClaim, decision: str, reason: str, actor: User, expected_version: int
) -> InsuranceClaim:
    """An examiner accepts, queries or denies; the last word stands, every word is in the audit trail. Pushed.

    Raises:
        ClaimChanged: the claim is not the one that the examiner saw.
    """
    claim = _locked(claim, expected_version)
    claim.state, claim.decision, claim.decision_reason = ClaimState.DECIDED, decision, reason
    claim.decided_by, claim.decided_at, claim.exported_at = actor, timezone.now(), None
    claim.save(update_fields=["state", "decision", "decision_reason", "decided_by", "decided_at", "exported_at"])
    _touched(claim)
    _record(Action.CLAIM_DECIDED, claim, actor, {"decision": decision, "reason": reason})
    claim_event_append(claim)
    return claim


@transaction.atomic
def claim_exported(*, claim: InsuranceClaim) -> InsuranceClaim:
    """A decided claim's sheet leaves; an open one's may leave too and stays open. Pushed; the caller has audited.

    Args:
        claim: as the sheet says it: one that was changed since is not the one that leaves, and stays as it is.
    """
    seen, claim = claim.version, InsuranceClaim.objects.select_for_update().get(pk=claim.pk)
    if claim.state == ClaimState.DECIDED and claim.version == seen:
        claim.state, claim.exported_at = ClaimState.EXPORTED, timezone.now()
        claim.save(update_fields=["state", "exported_at"])
        claim_event_append(claim)
    return claim


def claims_of_study(study: Study) -> list[UUID]:
    """The claims that a study's images stand under, or were sent under once more."""
    again = FilmMatch.objects.filter(instance__series__study=study, instance=F("other_instance"))
    return list(
        InsuranceClaim.objects.filter(Q(studies=study) | Q(matches__in=again)).distinct().values_list("pk", flat=True)
    )


def claims_without_images(claim_ids: Sequence[UUID], *, actor: User) -> None:
    """Images of these claims were deleted: whoever has one open is told, and decides on it only after a new look.

    Of a claim without any image is erased what is left of it: number, procedures, reason. The row stays, with its
    decision and its dates, as the trail names it. In the caller's transaction; audited; pushed.
    """
    for claim in InsuranceClaim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk"):
        if not claim.studies.exists() and not claim.matches.exists():
            claim.claim_number, claim.claim_number_index = "", None
            claim.procedures, claim.decision_reason = "[]", ""
            claim.save(update_fields=["claim_number", "claim_number_index", "procedures", "decision_reason"])
            _record(Action.CLAIM_ERASED, claim, actor, {})
        _touched(claim)
        claim_event_append(claim)


def _left(study: Study, actor: User) -> None:
    before = study.insurance_claim
    if before is None:
        return
    FilmMatch.objects.filter(Q(instance__series__study=study) | Q(other_instance__series__study=study)).delete()
    FilmFingerprint.objects.filter(instance__series__study=study).update(searched_claim=None)
    study.insurance_claim = None
    study.save(update_fields=["insurance_claim"])
    _touched(before, reopened=True)
    _record(Action.STUDY_CLAIMED, before, actor, {"study": str(study.id), "to": "none"}, study=study)
    claim_event_append(before, study=study)


def _locked(claim: InsuranceClaim, expected_version: int) -> InsuranceClaim:
    claim = InsuranceClaim.objects.select_for_update().select_related("site").get(pk=claim.pk)
    if claim.version != expected_version:
        raise ClaimChanged(details={"version": claim.version})
    return claim


def _touched(claim: InsuranceClaim, *, reopened: bool = False) -> None:
    claim.version += 1
    if reopened:
        claim.state, claim.exported_at = ClaimState.OPEN, None
    claim.save(update_fields=["version", "state", "exported_at"])


def _text(procedures: Sequence[BilledProcedure]) -> str:
    return json.dumps([asdict(line) for line in procedures], ensure_ascii=False)


def _record(
    action: Action, claim: InsuranceClaim, actor: User, detail: dict[str, object], *, study: Study | None = None
) -> None:
    record_effect(
        action,
        organisation_id=claim.organisation_id,
        site_id=claim.site_id,
        actor=actor,
        object_type="claim",
        object_id=claim.id,
        study_id=study.id if study else None,
        detail=detail,
    )
