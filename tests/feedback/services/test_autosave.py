"""The page's unsent work: one a reader and study, never written over unseen, gone with the signature."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone

from accounts.audit.actions import Action
from accounts.errors import DomainError, InvalidInput
from accounts.models import AuditEvent
from feedback.models import ReadDraft
from feedback.services import autosave
from feedback.services.autosave import content_of, draft_discard, draft_of_page, draft_save
from feedback.services.reads import read_sign
from imaging.services.retention import study_erase

pytestmark = pytest.mark.django_db
FIRST, SECOND = {"items": [1]}, {"items": [1, 2]}


def audited(action: Action = Action.DRAFT_SAVED) -> int:
    return AuditEvent.objects.filter(action=action.value).count()


@pytest.fixture
def saved(reader: Any, study: Any) -> Any:
    return draft_save(reader=reader, study_id=study.id, content=FIRST, expected=None)


def save(reader: Any, study: Any, content: Any, tag: Any, **more: Any) -> Any:
    return draft_save(reader=reader, study_id=study.id, content=content, expected=str(tag) if tag else None, **more)


def stored(reader: Any, study: Any) -> Any:
    draft = draft_of_page(reader=reader, study_id=study.id)
    return draft and (content_of(draft.content), content_of(draft.refused))


def test_what_was_saved_is_there_again(reader: Any, study: Any, saved: Any) -> None:
    save(reader, study, SECOND, saved.tag)
    assert stored(reader, study) == (SECOND, None)


def test_it_is_ciphertext_in_the_table(reader: Any, study: Any) -> None:
    save(reader, study, {"items": ["a word about the patient"]}, None)
    column = ReadDraft.objects.get().__dict__["content"].stored
    assert b"patient" not in column


def test_unchanged_content_is_not_written_again(reader: Any, study: Any, saved: Any) -> None:
    again = save(reader, study, FIRST, saved.tag)
    assert (again.unchanged, again.tag, again.saved_at) == (True, saved.tag, saved.saved_at)
    assert save(reader, study, FIRST, None).unchanged  # another tab that holds the same is no conflict


def test_typing_has_one_audit_row_a_minute(reader: Any, study: Any, saved: Any) -> None:
    tag = saved.tag
    for number in range(5):
        tag = save(reader, study, {"items": [number]}, tag).tag
    assert audited() == 1
    later = timezone.now() + timedelta(seconds=61)
    with patch.object(autosave.timezone, "now", lambda: later):
        save(reader, study, SECOND, tag)
    assert audited() == 2


def test_a_second_tab_writes_nothing_over_and_loses_nothing(reader: Any, study: Any, saved: Any) -> None:
    newer = save(reader, study, SECOND, saved.tag)
    stale = save(reader, study, {"items": ["stale"]}, saved.tag)
    assert (stale.refused, stale.tag) == (True, newer.tag)
    assert stored(reader, study) == (SECOND, {"items": ["stale"]})
    save(reader, study, {"items": ["both"]}, newer.tag, settled=True)
    assert stored(reader, study) == ({"items": ["both"]}, None)


def test_settling_with_what_is_stored_forgets_the_other(reader: Any, study: Any, saved: Any) -> None:
    newer = save(reader, study, SECOND, saved.tag)
    save(reader, study, {"items": ["stale"]}, saved.tag)
    save(reader, study, SECOND, newer.tag, settled=True)
    assert stored(reader, study) == (SECOND, None)


def test_a_signature_removes_it_and_nothing_is_saved_afterwards(reader: Any, study: Any, saved: Any) -> None:
    read_sign(reader=reader, study_id=study.id)
    assert stored(reader, study) is None
    with pytest.raises(DomainError) as refused:
        save(reader, study, SECOND, saved.tag)
    assert refused.value.code == "read_signed"


def test_what_was_discarded_elsewhere_does_not_come_back_unasked(reader: Any, study: Any, saved: Any) -> None:
    draft_discard(reader=reader, study_id=study.id, expected=str(saved.tag))
    assert audited(Action.DRAFT_DISCARDED) == 1
    refused = save(reader, study, SECOND, saved.tag)
    assert (refused.refused, refused.tag) == (True, None) and stored(reader, study) is None
    assert not save(reader, study, SECOND, None).refused


def test_nothing_unseen_is_discarded(reader: Any, study: Any, saved: Any) -> None:
    save(reader, study, SECOND, saved.tag)
    with pytest.raises(DomainError) as refused:
        draft_discard(reader=reader, study_id=study.id, expected=str(saved.tag))
    assert refused.value.code == "read_changed" and stored(reader, study) == (SECOND, None)


def test_every_reader_has_their_own(reader: Any, colleague: Any, study: Any, saved: Any) -> None:
    assert stored(colleague, study) is None
    save(colleague, study, SECOND, None)
    assert (stored(reader, study), stored(colleague, study)) == ((FIRST, None), (SECOND, None))


def test_more_than_64_kb_is_refused(reader: Any, study: Any) -> None:
    with pytest.raises(DomainError) as refused:
        save(reader, study, {"items": ["x" * 70_000]}, None)
    assert (refused.value.code, refused.value.status) == ("draft_too_large", 413)


def test_it_goes_with_its_study(study: Any, saved: Any, user_of: Any) -> None:
    study_erase(study=study, actor=user_of("lead_reader"))
    assert not ReadDraft.objects.exists()


def test_a_number_that_json_cannot_say_is_refused(reader: Any, study: Any) -> None:
    with pytest.raises(InvalidInput):
        save(reader, study, {"items": [float("1e999")]}, None)
    assert stored(reader, study) is None
