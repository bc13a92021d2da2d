"""Who is told that a study changed, inside the transaction that changes it.

Apps to the right of imaging keep rows beside its studies (the worklist's entries, the clocks) and cannot be imported
here: they add themselves when they are ready. A listener that raises fails the transaction, so that no study changes
without the rows that stand for it.
"""

from enum import StrEnum
from typing import Protocol

from imaging.models import Study


class Happening(StrEnum):
    """received: its row was just made; changed: its images, analysis, triage or findings; erased: before it goes."""

    RECEIVED = "received"
    CHANGED = "changed"
    ERASED = "erased"


class StudyListener(Protocol):
    def __call__(self, study: Study, happening: Happening) -> None: ...


_listeners: list[StudyListener] = []


def study_listener_add(listener: StudyListener) -> None:
    """Tell this one too, from now on, in the order of adding; once only, however often it is added."""
    if listener not in _listeners:
        _listeners.append(listener)


def study_happened(study: Study, happening: Happening) -> None:
    """Call every listener. The caller holds the transaction."""
    for listener in _listeners:
        listener(study, happening)
