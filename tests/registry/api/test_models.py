"""Models and routes over REST and in the administration."""

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.selectors import routed_versions
from registry.services.evaluations import evaluation_record
from tests.registry.evaluation_samples import FAILING, make_evaluation
from tests.starters import UNMEASURED

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "status"),
    [("model_manager", 200), ("reader", 200), ("compliance_officer", 200), ("technologist", 403), ("anonymous", 401)],
)
def test_who_sees_the_models(api, starter_models, role, status):
    client = api(role)
    assert {client.get(path).status_code for path in ("/api/models/", "/api/routes/")} == {status}


def test_a_model_comes_with_its_evidence(api, starter_models):
    body = api("model_manager").get("/api/models/").json()
    chest = next(model for model in body if model["name"] == "chest-small")
    assert chest["spec"]["operating_points"]["effusion"]["sensitivity"] == 0.9
    assert AuditEvent.objects.order_by("sequence").last().action == Action.MODEL_VIEWED.value


def test_the_evidence_says_routes_figures_and_what_the_gate_says_by_case_type(api, starter_models):
    evaluation_record(make_evaluation(starter_models[0], pointing=FAILING))
    body = {model["name"]: model["evidence"] for model in api("reader").get("/api/models/").json()}
    assert [entry["case_type"] for entry in body["chest-small"]] == ["chest"]
    chest = body["chest-small"][0]
    assert (chest["explanation"]["measured"], chest["explanation"]["passed"]) == (True, False)
    assert (chest["family"], chest["role"], chest["routes"][0]["from_index"]) == ("lite0", "routed", True)
    assert chest["evaluation"]["summary"]["urgent_normal_auc"]["value"] == 0.95
    assert body["bone-small"][0]["evaluation"] is None and body["bone-small"][0]["routes"][0]["site"] is None


@pytest.mark.parametrize(
    ("role", "status"),
    [("model_manager", 200), ("reader", 403), ("model_manager_elsewhere", 404), ("model_manager_abroad", 404)],
)
def test_who_changes_a_sites_route(api, starter_models, site, role, status):
    body = {"site": str(site.id), "case_type": "bone", "versions": [str(starter_models[2].id)]}
    body["unmeasured_reason"] = UNMEASURED
    assert api(role).put("/api/routes/", body, format="json").status_code == status
    own = ["bone-second"] if status == 200 else ["bone-small", "bone-second"]
    assert [version.name for version in routed_versions("bone", site.id)] == own


def test_a_model_of_another_case_type_is_refused(api, starter_models, site):
    body = {"site": str(site.id), "case_type": "bone", "versions": [str(starter_models[0].id)]}
    response = api("model_manager").put("/api/routes/", body, format="json")
    assert (response.status_code, response.json()["code"]) == (400, "route_invalid")


def test_a_model_whose_maps_point_nowhere_is_refused_with_what_can_be_done(api, starter_models, site):
    evaluation_record(make_evaluation(starter_models[2], pointing=FAILING))
    body = {"site": str(site.id), "case_type": "bone", "versions": [str(starter_models[2].id)]}
    response = api("model_manager").put("/api/routes/", {**body, "unmeasured_reason": "because"}, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "explanation_gate")
    assert "boxes" in response.json()["remedy"]


def test_an_unmeasured_model_is_routed_with_a_reason_which_everybody_sees(api, starter_models, site):
    body = {"site": str(site.id), "case_type": "bone", "versions": [str(starter_models[2].id)]}
    client = api("model_manager")
    assert client.put("/api/routes/", body, format="json").json()["code"] == "explanation_unmeasured"
    routes = client.put("/api/routes/", {**body, "unmeasured_reason": "A trial."}, format="json").json()
    assert [route["unmeasured_reason"] for route in routes if route["site"] == "north"] == ["A trial."]


@pytest.mark.parametrize("page", ["registry/modelversion/", "registry/route/", "imaging/inferencerun/"])
@pytest.mark.parametrize(
    ("role", "allowed"), [("model_manager", True), ("compliance_officer", True), ("key_custodian", False)]
)
def test_the_administration_shows_models_routes_and_runs(api, starter_models, study, page, role, allowed):
    response = api(role).get(f"/admin/{page}")
    assert (response.status_code == 200) == allowed


def test_a_route_is_set_in_the_administration(api, starter_models, site):
    client = api("model_manager")
    assert client.get("/admin/registry/route/add/").status_code == 200
    body = {"case_type": "bone", "site": str(site.id), "versions": [str(starter_models[2].id)]}
    refused = client.post("/admin/registry/route/add/", body, follow=True)
    assert b"has not been measured" in refused.content and b"manage.py evaluate" in refused.content
    assert [version.name for version in routed_versions("bone", site.id)] == ["bone-small", "bone-second"]
    body["unmeasured_reason"] = "A trial."
    assert client.post("/admin/registry/route/add/", body).status_code == 302
    assert [version.name for version in routed_versions("bone", site.id)] == ["bone-second"]


def test_nobody_else_sets_a_route_in_the_administration(api, starter_models):
    assert api("compliance_officer").get("/admin/registry/route/add/").status_code == 403


def test_a_model_version_is_never_edited(api, starter_models):
    client = api("model_manager")
    path = f"/admin/registry/modelversion/{starter_models[0].id}/change/"
    assert client.get(path).status_code == 200
    assert client.post(path, {"name": "x"}).status_code == 403
