"""What a reader's page holds and has not sent: saved every few seconds, restored after a crash, a logout, a second tab.

Encrypted under the patient's key, seen by nobody but its reader, removed when the read is signed. Two tabs never write
over each other: the content that comes second is refused and kept beside the first until the reader has settled it.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import InvalidInput
from accounts.models import User
from feedback.errors import DraftTooLarge, ReadChanged, ReadSigned
from feedback.models import Read, ReadDraft, ReadState
from imaging.access import study_access
from imaging.models import Study

PERMISSION = "review_study"
MOST_BYTES = 64 * 1024
AUDITED_EVERY = timedelta(seconds=60)
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Saved:
    """tag: of what is stored now, None when nothing is. unchanged: it was there. refused: it was not written."""

    tag: UUID | None
    saved_at: datetime | None
    unchanged: bool = False
    refused: bool = False


def draft_of_page(*, reader: User, study_id: UUID) -> ReadDraft | None:
    """The reader's own; None when there is none."""
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION)
    return ReadDraft.objects.filter(study=study, reader=reader).select_related("study").first()


@transaction.atomic
def draft_save(*, reader: User, study_id: UUID, content: Content, expected: str | None, settled: bool = False) -> Saved:
    """Keep the page's unsent work. Content that is there already is not written again; audited once a minute.

    expected: the tag of the content that this one follows, None for the first. settled: the reader has seen the content
    that was refused before; it is forgotten.

    Raises:
        ReadSigned: there is nothing to send any more. DraftTooLarge, InvalidInput.
    """
    text = _text_of(content)
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    if Read.objects.filter(study=study, reader=reader, state=ReadState.SIGNED).exists():
        raise ReadSigned
    draft = ReadDraft.objects.filter(study=study, reader=reader).select_related("study").first()
    if draft is None:
        return _first(study, reader, text) if expected is None else Saved(None, None, refused=True)
    if draft.content == text and not (settled and draft.refused):
        return Saved(draft.tag, draft.saved_at, unchanged=True)
    if expected != str(draft.tag):
        return _refuse(draft, text)
    return _write(draft, text, settled=settled)


@transaction.atomic
def draft_discard(*, reader: User, study_id: UUID, expected: str | None = None) -> None:
    """Forget the page's unsent work. Audited. Raises ReadChanged when another tab has written since."""
    study = study_access(user=reader, study_id=study_id, permission=PERMISSION, lock=True)
    draft = ReadDraft.objects.filter(study=study, reader=reader).select_related("study").first()
    if draft is None:
        return
    if expected is not None and expected != str(draft.tag):
        raise ReadChanged(details={"tag": str(draft.tag)})
    _recorded(Action.DRAFT_DISCARDED, draft)
    draft.delete()


def content_of(text: str) -> Content | None:
    """What a stored text says; None for none, and for one whose patient's key was destroyed."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _text_of(content: Content) -> str:
    """Raises InvalidInput for a number that JSON cannot say: 1e999 is infinite once it was read."""
    try:
        text = json.dumps(
            content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str, allow_nan=False
        )
    except ValueError as error:
        raise InvalidInput("A number of this draft has no value.") from error
    if len(text.encode()) > MOST_BYTES:
        raise DraftTooLarge
    return text


def _first(study: Study, reader: User, text: str) -> Saved:
    now = timezone.now()
    draft = ReadDraft.objects.create(study=study, reader=reader, content=text, saved_at=now, audited_at=now)
    _recorded(Action.DRAFT_SAVED, draft)
    return Saved(draft.tag, now)


def _write(draft: ReadDraft, text: str, *, settled: bool) -> Saved:
    now = timezone.now()
    draft.content, draft.tag, draft.saved_at = text, uuid4(), now
    if settled:
        draft.refused, draft.refused_at = "", None
    if settled or now - draft.audited_at >= AUDITED_EVERY:
        draft.audited_at = now
        _recorded(Action.DRAFT_SAVED, draft)
    draft.save()
    return Saved(draft.tag, now)


def _refuse(draft: ReadDraft, text: str) -> Saved:
    if draft.refused != text:
        draft.refused, draft.refused_at = text, timezone.now()
        draft.save(update_fields=["refused", "refused_at"])
        _recorded(Action.DRAFT_SAVED, draft, refused=True)
    return Saved(draft.tag, draft.saved_at, refused=True)


def _recorded(action: Action, draft: ReadDraft, *, refused: bool = False) -> None:
    study = draft.study
    record_effect(
        action,
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        study_id=study.id,
        patient_ref=study.patient_id,
        actor=draft.reader,
        object_type="draft",
        object_id=draft.id,
        detail={"refused": refused},
    )
