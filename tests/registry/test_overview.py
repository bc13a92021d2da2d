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
    for words in ("1", "champion", starter_models[0].sha256[:12], "passed", "openvino_bf16", "auc .95 [.92-.97]"):
        assert words in chest
    assert next(line for line in table.splitlines() if "bone-small" in line).split("  ")[-1] == "-"


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
