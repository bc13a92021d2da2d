"""Films of phantoms, valid by default. No models are imported here: processes outside Django make them too."""

import itertools
from typing import Any

from imaging.phantom import PhantomHeader, chest_phantom, phantom_dicom, phantom_png

_numbers = itertools.count(1)


def uid() -> str:
    """A UID that no other call gives."""
    return f"2.25.{10**9 + next(_numbers)}"


def make_dicom(*, seed: int = 1, rows: int = 96, columns: int = 80, **header: Any) -> bytes:
    """A small chest phantom as DICOM, with UIDs of its own unless they are given."""
    fresh = {name: uid() for name in ("study_instance_uid", "series_instance_uid", "sop_instance_uid")}
    return phantom_dicom(chest_phantom(seed, rows=rows, columns=columns), PhantomHeader(**{**fresh, **header}))


def make_png(*, seed: int = 1, rows: int = 96, columns: int = 80) -> bytes:
    """A small chest phantom as PNG."""
    return phantom_png(chest_phantom(seed, rows=rows, columns=columns))
