"""A file that came in with a claim number, inside the transaction that takes it in."""

from accounts.models import User
from imaging.events import claim_event_append
from imaging.listeners import Happening, study_happened
from imaging.models import Instance, Study
from imaging.services.film_matches import resubmission_record
from imaging.services.insurance_claims import claim_open, study_claim_join


def study_claimed(study: Study, *, number: str, actor: User) -> None:
    """The study stands under the claim that the sender named, if any; pages of the claim hear of it.

    Raises:
        StudyClaimConflict.
    """
    if number:
        claim = claim_open(site=study.site, number=number, actor=actor)
        if study_claim_join(study, claim, actor=actor):
            claim_event_append(claim, study=study)


def claimed_again(present: Instance, *, number: str, actor: User) -> None:
    """The same bytes under a claim: its study joins it when it had none; else a film was sent under two claims.

    The study's row is locked before its claim is looked at: it may be on its way to another one.
    """
    if not number:
        return
    study = Study.objects.select_for_update().get(pk=present.series.study_id)
    present.series.study = study
    if study.insurance_claim_id is None:
        study_claimed(study, number=number, actor=actor)
        study_happened(study, Happening.CHANGED)
        return
    resubmission_record(present, claim_open(site=study.site, number=number, actor=actor))
