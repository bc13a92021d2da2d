"""The vocabulary of the audit trail."""

import re

import pytest
from pydicom.sr._concepts_dict import concepts

from accounts.audit.actions import Action

_AUDIT_CODES = {
    code for entry in concepts["DCM"].values() for code, (_, contexts) in entry.items() if {400, 401} & set(contexts)
}


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_a_code_of_dicom_cid_400_or_401_and_a_sentence(action: Action) -> None:
    assert action.dicom_code in _AUDIT_CODES
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", action.value) and len(action.value) <= 40
    assert action.sentence and action.sentence[0].islower()


def test_codes_are_unique() -> None:
    assert len({action.value for action in Action}) == len(Action)
