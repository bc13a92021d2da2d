"""Where the real radiographs are, when they are there at all."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
_candidates = [Path(os.environ["SECOND_READER_SHARED_DATA"])] if "SECOND_READER_SHARED_DATA" in os.environ else []
_candidates += [REPOSITORY.parent / "shared" / "data"]
SHARED_DATA: Path | None = next((path for path in _candidates if path.is_dir()), None)

requires_shared_data = [
    pytest.mark.shared_data,
    pytest.mark.skipif(SHARED_DATA is None, reason="needs the radiographs in ../shared/data, which are not shipped"),
]


def shared_data() -> Path:
    """The folder of real radiographs; only called by tests that are marked with requires_shared_data."""
    assert SHARED_DATA is not None
    return SHARED_DATA
