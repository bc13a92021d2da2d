"""Apps to the right add parts of their own to what the API says of a study; imaging imports none of them."""

from collections.abc import Callable
from typing import Any

from imaging.models import Study

StudyPart = Callable[[Study], Any]
_parts: dict[str, StudyPart] = {}


def study_part_add(name: str, part: StudyPart) -> None:
    """Say, when an app is ready, that a study's JSON has this key; part(study) gives its value."""
    _parts[name] = part


def study_parts(study: Study) -> dict[str, Any]:
    return {name: part(study) for name, part in _parts.items()}
