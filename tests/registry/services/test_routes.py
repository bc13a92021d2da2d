"""Routes are data: a site's own replace the general ones."""

import uuid

import pytest

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from registry.errors import ExplanationGate, ExplanationUnmeasured, RouteInvalid
from registry.models import ModelVersion, Route, VersionState
from registry.selectors import routed_versions
from registry.services.evaluations import evaluation_record
from registry.services.routes import route_set
from tests.registry.evaluation_samples import FAILING, PASSING, make_evaluation
from tests.starters import UNMEASURED

pytestmark = pytest.mark.django_db


def names(case_type, site):
    return [version.name for version in routed_versions(case_type, site.id)]


def test_a_sites_own_route_replaces_the_general_one_there_only(starter_models, site, other_site, user_of):
    manager = user_of("model_manager")
    route_set(
        case_type="bone", version_ids=[starter_models[2].id], unmeasured_reason=UNMEASURED, site=site, actor=manager
    )
    assert names("bone", site) == ["bone-second"]
    assert names("bone", other_site) == ["bone-small", "bone-second"]
    event = AuditEvent.objects.get(action=Action.ROUTE_CHANGED.value)
    assert (event.site_id, event.actor_label) == (site.id, "model_manager")


def test_an_empty_list_lets_the_general_route_hold_again(starter_models, site):
    route_set(case_type="bone", version_ids=[starter_models[2].id], unmeasured_reason=UNMEASURED, site=site)
    route_set(case_type="bone", version_ids=[], site=site)
    assert names("bone", site) == ["bone-small", "bone-second"]


def test_a_retired_version_looks_at_nothing(starter_models, site):
    starter_models[1].state = VersionState.RETIRED
    starter_models[1].save()
    assert names("bone", site) == ["bone-second"]


@pytest.mark.parametrize("wrong", ["unknown", "twice", "other case type", "retired"])
def test_a_route_that_cannot_work_is_refused_and_nothing_changes(starter_models, site, wrong):
    starter_models[2].state = VersionState.RETIRED
    starter_models[2].save()
    version_ids = {
        "unknown": [uuid.uuid4()],
        "twice": [starter_models[1].id] * 2,
        "other case type": [starter_models[0].id],
        "retired": [starter_models[2].id],
    }[wrong]
    before = list(Route.objects.values_list("id", flat=True))
    with pytest.raises(RouteInvalid):
        route_set(case_type="bone", version_ids=version_ids, site=site)
    assert list(Route.objects.values_list("id", flat=True)) == before


def test_a_classifier_whose_maps_were_never_measured_needs_a_reason_which_is_audited(starter_models, site, user_of):
    version_ids, manager = [starter_models[2].id], user_of("model_manager")
    with pytest.raises(ExplanationUnmeasured) as refused:
        route_set(case_type="bone", version_ids=version_ids, site=site, actor=manager, unmeasured_reason="  ")
    assert "evaluate" in refused.value.remedy
    routes = route_set(case_type="bone", version_ids=version_ids, site=site, actor=manager, unmeasured_reason=" trial ")
    assert routes[0].unmeasured_reason == "trial"
    event = AuditEvent.objects.get(action=Action.ROUTE_CHANGED.value)
    assert event_detail(event)["explanation_not_measured"] == {"bone-second 1.0.0": "trial"}


def test_a_classifier_whose_maps_point_nowhere_is_refused_whatever_the_reason(starter_models, site):
    evaluation_record(make_evaluation(starter_models[2], pointing=FAILING))
    with pytest.raises(ExplanationGate) as refused:
        route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
    assert refused.value.code == "explanation_gate"
    assert names("bone", site) == ["bone-small", "bone-second"]


def test_a_classifier_that_passed_the_gate_needs_no_reason(starter_models, site):
    evaluation_record(make_evaluation(starter_models[2], pointing=PASSING))
    routes = route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
    assert routes[0].unmeasured_reason == ""


def test_the_newest_measurement_counts_and_one_without_boxes_does_not_undo_it(starter_models, site):
    version = starter_models[2]
    evaluation_record(make_evaluation(version, pointing=PASSING, created="2026-11-20T10:00:00+00:00"))
    evaluation_record(make_evaluation(version, pointing=FAILING, created="2026-11-21T10:00:00+00:00"))
    evaluation_record(make_evaluation(version, pointing=None, created="2026-11-22T10:00:00+00:00"))
    with pytest.raises(ExplanationGate):
        route_set(case_type="bone", version_ids=[version.id], site=site)


def test_a_measurement_on_another_case_type_says_nothing_of_this_one(starter_models, site):
    evaluation_record(make_evaluation(starter_models[2], pointing=PASSING, case_type="chest"))
    with pytest.raises(ExplanationUnmeasured):
        route_set(case_type="bone", version_ids=[starter_models[2].id], site=site)


@pytest.mark.parametrize("task", ["detector", "guard"])
def test_detectors_and_guards_have_no_maps_to_measure(starter_models, site, task):
    ModelVersion.objects.filter(pk=starter_models[2].pk).update(task=task)
    assert route_set(case_type="bone", version_ids=[starter_models[2].id], site=site)[0].unmeasured_reason == ""


def test_what_is_routed_is_champion_and_what_no_route_names_any_more_is_a_candidate_again(starter_models):
    route_set(case_type="bone", version_ids=[starter_models[2].id], unmeasured_reason=UNMEASURED)
    for version in starter_models:
        version.refresh_from_db()
    assert [version.state for version in starter_models] == ["champion", "candidate", "champion"]
