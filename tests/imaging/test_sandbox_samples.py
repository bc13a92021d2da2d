"""What a decode child sends is passed on only as far as it can be meant."""

from typing import Any

import numpy as np
import pytest

from imaging.dicom.errors import RefusedFile
from imaging.dicom.samples import samples_from_grey
from imaging.sandbox_samples import samples_from_wire, samples_to_wire


def body(**changed: Any) -> dict[str, Any]:
    """What the child sends of a frame of two rows and three columns."""
    about, _ = samples_to_wire(samples_from_grey(np.arange(6, dtype=np.uint8).reshape(2, 3)), packed=False)
    return about | changed


def test_samples_pass_with_what_they_are() -> None:
    samples = samples_from_wire(body(), bytearray(6))
    assert samples.about == body() and not samples.packed


@pytest.mark.parametrize(
    "changed",
    [
        {"slope": float("nan")},
        {"intercept": float("inf")},
        {"range": [0.0, float("-inf")]},
        {"rows": float("inf")},
        {"type": "script"},
        {"voi": None},
        {"columns": 4},
    ],
)
def test_what_no_frame_can_be_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(RefusedFile) as refused:
        samples_from_wire(body(**changed), bytearray(6))
    assert refused.value.code == "decode_crashed"
