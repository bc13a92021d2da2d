"""One claim, gathered for one examiner: films, what readers and models say, likenesses. Reads the database only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from accounts.access import has_site_permission
from accounts.models import User
from feedback.claims.groups import groups_of
from feedback.claims.likenesses import likenesses_of
from feedback.claims.support import evidence_for
from feedback.claims.values import Dossier, Film, ModelVersionLine, Observation
from feedback.models import FindingReview, Read, ReadState
from feedback.reports.gather import name_of
from feedback.selectors import reads_with_a_word, standing_reviews_of
from feedback.services.disclosure import others_hidden_ids
from feedback.vocabulary import plain
from imaging.disclosure import hidden_study_ids, reason_before_commit
from imaging.models import Finding, Instance, InsuranceClaim, Study
from imaging.selectors import current_findings, current_runs
from imaging.services.finding_rows import box_of
from imaging.services.insurance_claims import BilledProcedure


def claim_dossier(claim: InsuranceClaim, *, user: User) -> Dossier:
    """Everything that is shown of a claim to this user."""
    may_decide = has_site_permission(user, claim.site_id, "decide_claims")
    instances = claim_instances(claim)
    studies = {instance.series.study_id: instance.series.study for instance in instances}
    hidden = hidden_study_ids(user, studies.values())
    reads = _reads(list(studies.values()), user)
    films = tuple(_films(claim, instances, reads, hidden))
    numbers = {film.instance_id: film.number for film in films}
    told = [study for study in studies.values() if study.id not in hidden]
    seen = tuple(_observed(studies.values(), reads, told, numbers))
    groups = groups_of(claim.organisation_id)
    return Dossier(
        id=claim.id,
        version=claim.version,
        number=claim.claim_number if may_decide else claim.masked_number,
        number_shown=may_decide,
        site=claim.site.name,
        site_id=claim.site_id,
        organisation=claim.site.organisation.name,
        state=str(claim.state),
        created_at=claim.created_at,
        decision=str(claim.decision),
        decision_reason=claim.decision_reason,
        decided_by=name_of(claim.decided_by) if claim.decided_by else "",
        decided_at=claim.decided_at,
        exported_at=claim.exported_at,
        films=films,
        observations=seen,
        evidence=tuple(evidence_for(BilledProcedure(**line), groups, seen) for line in claim.billed),
        likenesses=likenesses_of(claim, numbers, user=user),
        models=tuple(_models(told)),
        may_decide=may_decide,
    )


def claim_instances(claim: InsuranceClaim) -> list[Instance]:
    """The submitted images, in the order of their arrival; last those that were sent under another claim before."""
    rows = Instance.objects.select_related("series__study__patient", "series__study__site", "stored_object")
    own = rows.filter(series__study__insurance_claim=claim).order_by("created_at", "id")
    again = [match.instance_id for match in claim.matches.all() if match.instance_id == match.other_instance_id]
    return [*own, *rows.filter(id__in=again).exclude(series__study__insurance_claim=claim).order_by("created_at", "id")]


def _films(
    claim: InsuranceClaim, instances: Sequence[Instance], reads: dict[UUID, list[Read]], hidden: frozenset[UUID]
) -> Iterable[Film]:
    for number, instance in enumerate(instances, start=1):
        study = instance.series.study
        withheld = study.id in hidden
        told = reason_before_commit(study.analysis_state, study.analysis_reason)
        yield Film(
            number=number,
            instance_id=instance.id,
            study_id=study.id,
            pseudonym=study.patient.pseudonym,
            case_type=instance.case_type,
            columns=instance.columns,
            rows=instance.rows,
            frames=instance.number_of_frames,
            received_at=instance.created_at,
            analysis_state=str(study.analysis_state),
            analysis_reason=told if withheld else study.analysis_reason,
            read_by=tuple(name_of(read.reader) for read in reads[study.id]),
            withheld=withheld,
            resubmitted=study.insurance_claim_id != claim.id,
            synthetic=study.synthetic,
        )


def _reads(studies: Sequence[Study], user: User) -> dict[UUID, list[Read]]:
    """Signed reads of each that this user may see now; a draft is nobody's last word."""
    hidden = others_hidden_ids(user, studies)
    found: dict[UUID, list[Read]] = {study.id: [] for study in studies}
    for read in reads_with_a_word(*(study for study in studies if study.id not in hidden)):
        if read.state == ReadState.SIGNED:
            found[read.study_id].append(read)
    return found


def _observed(
    studies: Iterable[Study], reads: dict[UUID, list[Read]], told: Sequence[Study], numbers: dict[UUID, int]
) -> Iterable[Observation]:
    """Of each study readers first; then positive findings of models that no reader gave a word on.

    Args:
        told: the studies of which this user may see what the models say.
    """
    words = standing_reviews_of([read for of_study in reads.values() for read in of_study])
    findings = defaultdict(list)
    for finding in current_findings(*told).filter(positive=True):
        findings[finding.study_id].append(finding)
    for study in studies:
        judged: set[UUID | None] = set()
        for read in reads[study.id]:
            for review in words[read.id]:
                judged.add(review.standing_finding_id)
                yield _by_reader(review, read, numbers)
        yield from (_by_model(finding, numbers) for finding in findings[study.id] if finding.id not in judged)


def _by_reader(review: FindingReview, read: Read, numbers: dict[UUID, int]) -> Observation:
    finding = review.finding
    return Observation(
        label=plain(review.label),
        tooth=review.tooth,
        reader=name_of(read.reader),
        verdict=str(review.verdict),
        model=_model_name(finding) if finding else "",
        probability=finding.probability if finding else None,
        film=numbers.get(review.instance_id, 0),
        box=box_of(review),  # type: ignore[arg-type]
    )


def _by_model(finding: Finding, numbers: dict[UUID, int]) -> Observation:
    return Observation(
        label=plain(finding.label),
        tooth=None,
        reader="",
        verdict="",
        model=_model_name(finding),
        probability=finding.probability,
        film=numbers.get(finding.instance_id, 0),
        box=box_of(finding),
    )


def _model_name(finding: Finding) -> str:
    return f"{finding.model_version.name} {finding.model_version.version}"


def _models(studies: Iterable[Study]) -> Iterable[ModelVersionLine]:
    """Every version that looked at a film of the claim, once."""
    versions = {run.model_version_id: run.model_version for run in current_runs(*studies)}
    return [ModelVersionLine(one.name, one.version, one.task, one.sha256) for one in versions.values()]
