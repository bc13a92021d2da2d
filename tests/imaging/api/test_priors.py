"""Earlier studies of the same patient: who sees which, and what stays in the audit trail."""

from typing import Any

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from tests import factories
from tests.films import make_dicom

pytestmark = pytest.mark.django_db

PATIENT = {"patient_id": "PRIOR-1"}


def sent(site: Any, actor: Any, seed: int, date: str, **header: Any) -> Any:
    data = make_dicom(seed=seed, rows=64, columns=48, **{**PATIENT, **header})
    study = factories.make_study(site, actor, data=data).study
    study.study_date = date
    study.save(update_fields=["study_date"])
    return study


@pytest.fixture
def sender(user_of: Any) -> Any:
    return user_of("technologist")


def priors(client: Any, study: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/studies/{study.id}/priors/")
    assert answer.status_code == 200
    return answer.json()


def test_older_studies_of_the_patient_come_newest_first_whatever_order_they_arrived_in(
    api: Any, site: Any, sender: Any
) -> None:
    middle = sent(site, sender, 1, "20240301")
    newest = sent(site, sender, 2, "20250301")
    oldest = sent(site, sender, 3, "20230301")
    assert [one["id"] for one in priors(api("reader"), newest)] == [str(middle.id), str(oldest.id)]
    assert [one["id"] for one in priors(api("reader"), middle)] == [str(oldest.id)]
    assert priors(api("reader"), oldest) == []


def test_a_prior_says_what_can_be_shown_of_it_and_nothing_of_any_model(api: Any, site: Any, sender: Any) -> None:
    old, new = sent(site, sender, 1, "20240301"), sent(site, sender, 2, "20250301")
    [prior] = priors(api("reader"), new)
    assert (prior["study_date"], prior["instances"][0]["rows"]) == ("20240301", 64)
    assert prior["id"] == str(old.id)
    assert not {"triage", "findings", "summary", "patient"} & set(prior)


def test_another_patient_and_another_site_are_no_prior(api: Any, site: Any, other_site: Any, sender: Any) -> None:
    new = sent(site, sender, 2, "20250301")
    sent(site, sender, 1, "20240301", patient_id="PRIOR-2")
    sent(other_site, factories.make_user("technologist", other_site), 3, "20240101")
    assert priors(api("reader"), new) == []


def test_looking_for_priors_is_audited_with_what_was_listed(api: Any, site: Any, sender: Any, reader: Any) -> None:
    old, new = sent(site, sender, 1, "20240301"), sent(site, sender, 2, "20250301")
    priors(api("reader"), new)
    event = AuditEvent.objects.get(action=Action.PRIORS_VIEWED.value)
    assert (event.actor_id, event.study_id, event_detail(event)) == (reader.id, new.id, {"priors": [str(old.id)]})


@pytest.mark.parametrize(("role", "status"), [("compliance_officer", 404), ("reader_abroad", 404), ("anonymous", 401)])
def test_whoever_does_not_see_the_study_sees_no_priors(api: Any, study: Any, role: str, status: int) -> None:
    assert api(role).get(f"/api/studies/{study.id}/priors/").status_code == status
