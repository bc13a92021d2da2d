"""A claim with an analysed film, another one with a copy of it, and who may see them."""

from typing import Any

import pytest

from imaging.phantom import phantom_png
from imaging.services.insurance_claims import BilledProcedure, claim_bill
from imaging.services.intake import study_receive_bytes
from tests.imaging import jaw_phantoms as jaws


@pytest.fixture
def send(site: Any, user_of: Any) -> Any:
    """send(grey, number): a film under a claim; gives its study."""

    def go(grey: Any, number: str = "", **given: Any) -> Any:
        values = {"site": site, "actor": user_of("technologist"), "file_name": "film.png"}
        return study_receive_bytes(**{**values, "data": phantom_png(grey), "claim_number": number, **given}).study

    return go


@pytest.fixture
def claim(send: Any) -> Any:
    return send(jaws.jaw_phantom(1), "CLAIM-0001").insurance_claim


@pytest.fixture
def copied(claim: Any, send: Any) -> Any:
    """A second claim with a copy of the first one's film, and a procedure that is billed under it."""
    study = send(jaws.saved_again(jaws.turned(jaws.jaw_phantom(1), degrees=2)), "CLAIM-0002")
    other = study.insurance_claim
    other.refresh_from_db()
    return claim_bill(
        claim=other,
        procedures=[BilledProcedure("F120", "36", "MO", "2026-11-01")],
        actor=study.uploaded_by,
        expected_version=other.version,
    )
