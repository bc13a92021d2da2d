"""The audit row and the outbox row of a reader's act. The outbox row is the last write of the transaction."""

from typing import Any

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.live import outbox_append
from feedback.models import FindingReview, Read, Verdict
from feedback.services.following import read_followed, review_followed
from feedback.services.worklist_entries import worklist_entry_refresh
from imaging.models import Finding, Study

ACTIONS = {
    Verdict.CONFIRMED: Action.FINDING_CONFIRMED,
    Verdict.CORRECTED: Action.FINDING_CORRECTED,
    Verdict.REJECTED: Action.FINDING_REJECTED,
    Verdict.ADDED: Action.FINDING_ADDED,
    Verdict.REMOVED: Action.REVIEW_UNDONE,
}


def review_recorded(review: FindingReview, *, finding: Finding | None, pushed: bool) -> None:
    """pushed: this review is the whole act; in a batch the signature that ends it is pushed instead."""
    study = review.read.study
    record_effect(
        ACTIONS[Verdict(review.verdict)],
        object_type="finding" if finding else "review",
        object_id=finding.id if finding else review.id,
        model=_model_of(finding),
        detail=_said(review, finding),
        **_subject(study, review.read),
    )
    if pushed:
        review_followed(review)
        _push(study, kind=_kind(review), status=str(review.read.state), object_id=review.id)


def pushed_last(review: FindingReview) -> None:
    """Tells the page of the last of several reviews that were one act."""
    review_followed(review)
    _push(review.read.study, kind="review.added", status=str(review.read.state), object_id=review.id)


def withdrawal_recorded(review: FindingReview, *, pushed: bool) -> None:
    study = review.read.study
    record_effect(
        Action.REVIEW_UNDONE,
        object_type="review",
        object_id=review.id,
        model=_model_of(review.finding),
        detail={"verdict": str(review.verdict), "label": review.label},
        **_subject(study, review.read),
    )
    if pushed:
        _push(study, kind="review.undone", status=str(review.read.state), object_id=review.id)


def read_recorded(action: Action, read: Read, *, kind: str) -> None:
    record_effect(
        action,
        object_type="read",
        object_id=read.id,
        detail={"study_version": read.study_version, "second_read": read.second_read},
        **_subject(read.study, read),
    )
    read_followed(action, read)
    _push(read.study, kind=kind, status=str(read.state), object_id=read.id)


def _subject(study: Study, read: Read) -> dict[str, Any]:
    return {
        "organisation_id": study.organisation_id,
        "site_id": study.site_id,
        "study_id": study.id,
        "patient_ref": study.patient_id,
        "actor": read.reader,
    }


def _push(study: Study, *, kind: str, status: str, object_id: Any) -> None:
    """The worklist's entry follows first: the number of the event is taken last.

    status: the read's state, never a verdict: a colleague's would say that a model found something to judge.
    """
    worklist_entry_refresh(study)
    outbox_append(
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        kind=kind,
        status=status,
        object_id=object_id,
    )


def _model_of(finding: Finding | None) -> dict[str, str] | None:
    if finding is None:
        return None
    version = finding.model_version
    return {"name": version.name, "version": version.version, "sha256": version.sha256}


def _second_model_of(finding: Finding | None) -> dict[str, Any]:
    """The classifier whose word a joined finding also is; nothing for any other."""
    version = finding.second_version if finding else None
    if version is None:
        return {}
    return {"second_model": {"name": version.name, "version": version.version, "sha256": version.sha256}}


def _kind(review: FindingReview) -> str:
    return "review.undone" if review.verdict == Verdict.REMOVED else "review.added"


def _said(review: FindingReview, finding: Finding | None) -> dict[str, Any]:
    """What stands in the audit trail, under the patient's key: everything but the comment."""
    links = {"revises": review.revises_id, "taken_from": review.taken_from_id}
    return {
        "review": str(review.id),
        "label": review.label,
        "box": _box(review),
        "diff": review.diff,
        "reason": review.reason_code,
        **{name: str(link) for name, link in links.items() if link},
        **_second_model_of(finding),
    }


def _box(review: FindingReview) -> list[float] | None:
    corners = (review.left, review.top, review.right, review.bottom)
    return None if None in corners else [float(corner or 0.0) for corner in corners]
