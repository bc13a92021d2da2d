"""Routes are data: a site's own replace the general ones."""

import uuid

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.errors import RouteInvalid
from registry.models import Route, VersionState
from registry.selectors import routed_versions
from registry.services.routes import route_set

pytestmark = pytest.mark.django_db


def names(case_type, site):
    return [version.name for version in routed_versions(case_type, site.id)]


def test_a_sites_own_route_replaces_the_general_one_there_only(starter_models, site, other_site, user_of):
    route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, actor=user_of("model_manager"))
    assert names("bone", site) == ["bone-second"]
    assert names("bone", other_site) == ["bone-small", "bone-second"]
    event = AuditEvent.objects.get(action=Action.ROUTE_CHANGED.value)
    assert (event.site_id, event.actor_label) == (site.id, "model_manager")


def test_an_empty_list_lets_the_general_route_hold_again(starter_models, site):
    route_set(case_type="bone", version_ids=[starter_models[2].id], site=site)
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
