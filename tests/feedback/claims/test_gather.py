"""What an examiner is shown of a claim: standing findings, readers before models, nothing that a site withholds."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from feedback.claims.gather import claim_dossier
from feedback.policy import PolicyValues
from feedback.services.policy import policy_set
from feedback.services.reads import finding_confirm, read_sign
from imaging.services.insurance_claims import study_claim_change
from imaging.services.retention import study_erase
from tests.imaging import jaw_phantoms as jaws

pytestmark = pytest.mark.django_db


@pytest.fixture
def examiner(user_of):
    return user_of("claims_examiner")


@pytest.fixture
def claimed(study, examiner):
    """A claim over the study with two positive findings and one below its operating point."""
    return study_claim_change(study=study, number="CLAIM-0001", actor=examiner)


def seen(claim, user):
    return [(one.label, one.verdict, bool(one.model)) for one in claim_dossier(claim, user=user).observations]


def test_positive_findings_of_models_are_shown_without_a_readers_word(claimed, examiner, findings):
    assert seen(claimed, examiner) == [
        (findings[0].label.replace("_", " ").lower(), "", True),
        ("mass", "", True),
    ]


def test_a_signed_readers_word_takes_the_models_place_and_a_draft_does_not(claimed, examiner, reader, study, findings):
    finding_confirm(reader=reader, finding_id=findings[0].id)
    assert all(verdict == "" for _, verdict, _ in seen(claimed, examiner))
    read_sign(reader=reader, study_id=study.id)
    assert [verdict for _, verdict, _ in seen(claimed, examiner)] == ["confirmed", ""]


def test_what_a_blind_first_site_withholds_is_withheld_here(claimed, examiner, site):
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    dossier = claim_dossier(claimed, user=examiner)
    assert dossier.observations == () and dossier.models == () and dossier.films[0].withheld


def test_an_erased_number_is_shown_as_none(claimed, examiner, study, user_of):
    study_erase(study=study, actor=user_of("lead_reader"))
    claimed.refresh_from_db()
    dossier = claim_dossier(claimed, user=examiner)
    assert (dossier.number, dossier.films, dossier.evidence) == ("", (), ())


def test_several_films_are_numbered_in_the_order_of_their_arrival(claimed, examiner, send):
    send(jaws.jaw_phantom(4), "CLAIM-0001")
    dossier = claim_dossier(claimed, user=examiner)
    assert [film.number for film in dossier.films] == [1, 2]
    assert dossier.films[0].received_at < dossier.films[1].received_at


def test_a_claim_of_many_films_asks_no_more_than_one_of_few(
    claimed, examiner, reader, study, findings, send, django_assert_max_num_queries
):
    finding_confirm(reader=reader, finding_id=findings[0].id)
    read_sign(reader=reader, study_id=study.id)
    send(jaws.jaw_phantom(4), "CLAIM-0001")
    with CaptureQueriesContext(connection) as few:
        claim_dossier(claimed, user=examiner)
    for number in range(5, 9):
        send(jaws.jaw_phantom(number), "CLAIM-0001")
    with django_assert_max_num_queries(len(few)):
        dossier = claim_dossier(claimed, user=examiner)
    assert len(dossier.films) == 6
