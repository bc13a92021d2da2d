"""The models page: what looks at what, and what speaks against it."""

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.services.evaluations import evaluation_record
from registry.services.routes import route_set
from tests.registry.evaluation_samples import FAILING, PASSING, make_evaluation
from tests.starters import UNMEASURED

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "status"),
    [("reader", 200), ("model_manager", 200), ("compliance_officer", 200), ("technologist", 403), ("anonymous", 302)],
)
def test_who_sees_the_models(api, starter_models, role, status):
    assert api(role).get("/models/").status_code == status


def test_every_version_stands_under_its_case_type_with_digest_figures_and_gate(api, starter_models):
    evaluation_record(make_evaluation(starter_models[0], pointing=PASSING))
    evaluation_record(make_evaluation(starter_models[1], pointing=FAILING))
    page = api("reader").get("/models/").content.decode()
    assert page.index("bone-small") < page.index('id="chest"') < page.index("chest-small")
    for words in (
        starter_models[0].sha256[:12],
        ".92 to .97",
        "urgent normal AUC",
        "Maps: passed.",
        "Maps: failed.",
        "Maps: not measured.",
        UNMEASURED,
        "Random weights, for tests.",
    ):
        assert words in page
    assert AuditEvent.objects.order_by("sequence").last().action == Action.MODEL_VIEWED.value


def test_a_version_stands_with_its_role_and_a_route_with_where_it_holds(api, starter_models, site):
    route_set(case_type="bone", version_ids=[starter_models[1].id], unmeasured_reason=UNMEASURED)
    page = api("reader").get("/models/").content.decode()
    assert page.count('data-role="routed"') == 2 and page.count('data-role="challenger"') == 1
    assert "no reader sees what it finds" in page
    assert page.count("everywhere: first") == 2 and "everywhere else" not in page
    route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
    page = api("reader").get("/models/").content.decode()
    assert "everywhere else: first" in page and f"{site.name}: first" in page and "everywhere: first" in page


def test_own_routes_of_other_sites_are_not_shown(api, starter_models, site, other_site):
    route_set(
        case_type="bone", version_ids=[starter_models[2].id], site=other_site, unmeasured_reason="Elsewhere only."
    )
    assert "Elsewhere only." not in api("reader").get("/models/").content.decode()
    assert "Elsewhere only." in api("reader_elsewhere").get("/models/").content.decode()


def test_a_card_is_text_and_never_markup(api, starter_models):
    type(starter_models[0]).objects.filter(pk=starter_models[0].pk).update(card="<script>alert(1)</script>")
    page = api("reader").get("/models/").content.decode()
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_the_bar_leads_there_for_those_who_may(api, starter_models):
    assert 'href="/models/"' in api("reader").get("/").content.decode()
    assert 'href="/models/"' not in api("technologist").get("/").content.decode()


def test_without_models_the_page_says_what_that_means(api, db):
    assert "not analysed" in api("reader").get("/models/").content.decode()
