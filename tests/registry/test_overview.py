"""What there is, by case type: routes, evidence, engines; in a few queries, however much there is."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.models import EngineBuild, ModelVersion
from registry.overview import models_overview
from registry.services.evaluations import evaluation_record
from registry.services.routes import route_set
from tests.registry.evaluation_samples import FAILING, PASSING, make_evaluation
from tests.starters import UNMEASURED

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = StringIO()
    call_command("models", *arguments, stdout=out)
    return out.getvalue()


def build(version, engine, milliseconds, *, accepted=True, machine="here"):
    return EngineBuild.objects.create(
        model_version=version,
        engine=engine,
        library_version="1",
        machine_fingerprint=machine,
        accepted=accepted,
        milliseconds_per_image=milliseconds,
    )


def lines(case_type, **options):
    return next(group.lines for group in models_overview(**options) if group.case_type == case_type)


def test_the_general_route_comes_first_in_its_order(starter_models):
    route_set(case_type="bone", version_ids=[starter_models[2].id], unmeasured_reason=UNMEASURED)
    assert [(line.version.name, line.general is not None) for line in lines("bone")] == [
        ("bone-second", True),
        ("bone-small", False),
    ]
    assert lines("bone")[0].general.unmeasured_reason == UNMEASURED


def test_own_routes_are_shown_of_the_sites_that_were_asked_for(starter_models, site, other_site):
    route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
    second = lines("bone", site_ids=[site.id])[1]
    assert [place.site for place in second.places] == [None, site.name]
    assert [place.site for place in lines("bone", site_ids=[other_site.id])[1].places] == [None]


def test_the_newest_figures_are_shown_and_the_newest_measured_maps_judged(starter_models):
    version = starter_models[0]
    evaluation_record(make_evaluation(version, pointing=FAILING, created="2026-11-20T10:00:00+00:00"))
    newer = {"value": 0.9, "low": 0.8, "high": 0.95}
    document = make_evaluation(
        version, pointing=None, created="2026-11-21T10:00:00+00:00", summary={"any_finding_auc": newer}
    )
    evaluation_record(document)
    line = lines("chest")[0]
    assert [(figure.name, figure.value) for figure in line.figures] == [("any_finding_auc", 0.9)]
    assert (line.verdict.measured, line.verdict.passed) == (True, False)


def test_the_fastest_of_the_newest_accepted_engines_serves(starter_models):
    version = starter_models[0]
    build(version, "openvino_f32", 20.0)
    build(version, "openvino_bf16", 10.0)
    assert lines("chest")[0].engine.engine == "openvino_bf16"
    build(version, "openvino_bf16", 10.0, accepted=False)
    assert lines("chest")[0].engine.engine == "openvino_f32"
    build(version, "openvino_f32", 20.0, accepted=False)
    assert lines("chest")[0].engine is None


def test_the_number_of_queries_does_not_grow_with_the_number_of_models(starter_models, django_assert_max_num_queries):
    for version in starter_models:
        evaluation_record(make_evaluation(version, pointing=PASSING))
        build(version, "openvino_f32", 20.0)
    with django_assert_max_num_queries(4):
        assert sum(len(group.lines) for group in models_overview()) == 3


def test_a_retired_version_is_left_out_unless_it_is_asked_for(starter_models):
    ModelVersion.objects.filter(pk=starter_models[2].pk).update(state="retired")
    assert len(lines("bone")) == 1 and len(lines("bone", retired=True)) == 2


def test_the_table_says_route_digest_figures_gate_and_engine(starter_models):
    evaluation_record(make_evaluation(starter_models[0], pointing=PASSING))
    build(starter_models[0], "openvino_bf16", 10.0)
    table = run("list")
    chest = next(line for line in table.splitlines() if "chest-small" in line)
    for words in (
        "1",
        "lite0",
        "routed",
        starter_models[0].sha256[:12],
        "passed",
        "openvino_bf16",
        "AUC .95 [.92-.97]",
    ):
        assert words in chest
    assert next(line for line in table.splitlines() if "bone-small" in line).split("  ")[-1] == "-"


DETECTED = {"value": 0.41, "low": 0.33, "high": 0.49}


@pytest.fixture
def detectors(starter_models):
    """bone-small is a Faster R-CNN that is routed, bone-second a YOLO that is not; both were measured."""
    first, second = starter_models[1:]
    ModelVersion.objects.filter(pk=first.pk).update(task="detector", architecture="context_faster_rcnn")
    ModelVersion.objects.filter(pk=second.pk).update(task="detector", architecture="anchor_free_yolo")
    summary = {"map_50_95": DETECTED, "ap_50_caries": DETECTED, "recall_at_1_fp": DETECTED, "map_50": DETECTED}
    for version in (first, second):
        evaluation_record(make_evaluation(version, pointing=None, summary=summary))
    route_set(case_type="bone", version_ids=[first.id])
    return first, second


def test_detectors_stand_with_family_role_and_the_same_two_figures(detectors):
    routed, challenger = (line for line in run("list").splitlines() if "bone-" in line)
    assert routed.split()[:6] == ["1", "bone-small", "1.0.0", "detector", "faster_rcnn", "routed"]
    assert challenger.split()[:6] == ["-", "bone-second", "1.0.0", "detector", "yolo", "challenger"]
    for line in (routed, challenger):
        assert line.endswith("no maps  mAP50 .41 [.33-.49]; recall at 1 FP .41 [.33-.49]")


def test_a_challenger_is_shown_as_one_with_every_figure_in_words(detectors):
    text = run("show", "bone-second")
    assert "challenger: registered, and no reader sees what it finds" in text
    assert "YOLO" in text and "recall at 1 false box a film .41" in text and "AP50 caries .41" in text
    document = json.loads(run("show", "bone-second", "--json"))[0]
    assert (document["role"], document["family"], document["case_types"]) == ("challenger", "yolo", ["bone"])


class TestRoles:
    @pytest.fixture
    def newer(self, starter_models):
        """A version that came after bone-small 1.0.0, under the same name."""
        ModelVersion.objects.filter(pk=starter_models[2].pk).update(name="bone-small", version="2.0.0")
        return ModelVersion.objects.get(pk=starter_models[2].pk)

    def roles(self, **options):
        return {str(line.version): line.role for line in lines("bone", **options)}

    def test_what_a_newer_version_of_its_name_has_replaced_is_superseded(self, newer):
        route_set(case_type="bone", version_ids=[newer.id], unmeasured_reason=UNMEASURED)
        assert self.roles() == {"bone-small 2.0.0": "routed", "bone-small 1.0.0": "superseded"}

    def test_a_newer_version_that_is_not_routed_challenges_the_older_one(self, starter_models, newer):
        route_set(case_type="bone", version_ids=[starter_models[1].id], unmeasured_reason=UNMEASURED)
        assert self.roles() == {"bone-small 1.0.0": "routed", "bone-small 2.0.0": "challenger"}

    @pytest.mark.parametrize("state", ["shadow", "retired"])
    def test_what_runs_in_the_shadow_or_is_retired_is_called_so(self, starter_models, state):
        route_set(case_type="bone", version_ids=[starter_models[1].id], unmeasured_reason=UNMEASURED)
        ModelVersion.objects.filter(pk=starter_models[2].pk).update(state=state)
        assert self.roles(retired=True)["bone-second 1.0.0"] == state


class TestWhereARouteHolds:
    def where(self, **options):
        return [place.where for place in lines("bone", **options)[1].places]

    def test_is_everywhere_where_no_site_has_its_own(self, starter_models):
        assert self.where() == ["everywhere"]

    def test_is_everywhere_else_where_one_has(self, starter_models, site, other_site):
        route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
        assert self.where() == self.where(site_ids=[site.id]) == ["everywhere else", site.name]
        assert self.where(site_ids=[other_site.id]) == ["everywhere"]
        assert [place.where for place in lines("chest")[0].places] == ["everywhere"]

    def test_is_said_of_every_site_in_the_terminal(self, starter_models, site):
        route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
        assert f"routed (also at {site.name})" in run("list")
        text = run("show", "bone-second")
        assert "position 2 everywhere else, as shipped: follows the shipped models" in text
        assert f"position 1 at {site.name};" in text


def test_json_has_full_digests_and_every_figure(starter_models):
    evaluation_record(make_evaluation(starter_models[0], pointing=PASSING))
    groups = {group["case_type"]: group["models"] for group in json.loads(run("list", "--json"))}
    chest = groups["chest"][0]
    assert (chest["sha256"], chest["position"]) == (starter_models[0].sha256, 0)
    assert chest["evaluation"]["summary"]["urgent_normal_auc"]["low"] == 0.92
    assert chest["explanation"]["passed"] and chest["routes"][0]["site"] is None


def test_one_version_is_shown_by_name_or_by_name_and_version(starter_models):
    evaluation_record(make_evaluation(starter_models[0], pointing=PASSING))
    for name in ("chest-small", "chest-small 1.0.0"):
        text = run("show", name, "--card")
        assert starter_models[0].sha256 in text and "phantoms val, 212 images" in text and "# chest-small" in text
    assert json.loads(run("show", "chest-small", "--json"))[0]["name"] == "chest-small"
    with pytest.raises(CommandError, match="model_version_unknown"):
        run("show", "no-such")


def test_an_empty_registry_says_how_to_fill_it(db):
    assert "import_starter_models" in run("list")
