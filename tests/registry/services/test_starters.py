"""Shipped models come with what they were measured to do and trained on; what fails its gate is not routed."""

import hashlib
import json
import shutil
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import storages

from accounts.audit.actions import Action
from accounts.audit.record import event_detail
from accounts.models import AuditEvent
from registry.errors import EvaluationOfOtherModel, ManifestMismatch
from registry.models import Evaluation, ModelVersion, Route
from registry.runtime.artefacts import starter_index
from registry.runtime.errors import ArtefactDigestMismatch
from registry.selectors import routed_versions
from registry.services.routes import route_set
from registry.services.starters import manifest_keep, starter_models_import
from tests.registry.evaluation_samples import FAILING, PASSING, make_evaluation
from tests.registry.runtime.artefact_samples import make_artefact, make_spec
from tests.starters import MODELS, SMALL_NETWORK, UNMEASURED

pytestmark = pytest.mark.django_db
MANIFEST = f"phantoms {'1' * 64}\nphantoms {'2' * 64}\n".encode()


@pytest.fixture
def folder(starter_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return shutil.copytree(starter_folder, tmp_path / "copy")


def evaluate(folder: Path, name: str, **changes) -> None:
    entry = starter_index(folder).model(name)
    version = ModelVersion(name=name, version=entry.version, sha256=entry.sha256, case_types=[name.split("-")[0]])
    (folder / entry.beside("evaluation.json")).write_text(json.dumps(make_evaluation(version, **changes)))


def reasons_forget(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text())
    for entry in index["models"]:
        del entry["unmeasured_reason"]
    (folder / "index.json").write_text(json.dumps(index))


def versions(case_type: str) -> list[str]:
    return [str(version) for version in routed_versions(case_type, None)]


def names(case_type: str) -> list[str]:
    return [version.name for version in routed_versions(case_type, None)]


def test_importing_twice_changes_nothing(starter_folder):
    first = [version.id for version in starter_models_import(starter_folder)]
    routes = set(Route.objects.values_list("id", flat=True))
    assert [version.id for version in starter_models_import(starter_folder)] == first
    assert set(Route.objects.values_list("id", flat=True)) == routes


def test_the_index_decides_the_routes_in_order(starter_models):
    assert names("bone") == ["bone-small", "bone-second"]
    assert routed_versions("dental_bitewing", None) == []


def test_a_route_that_is_there_survives_an_import_which_says_what_differs(starter_folder, starter_models):
    route_set(case_type="bone", version_ids=[starter_models[2].id], unmeasured_reason=UNMEASURED)
    said: list[str] = []
    starter_models_import(starter_folder, say=said.append)
    assert names("bone") == ["bone-second"]
    assert said == [
        "bone: routed to bone-second 1.0.0, left as it is; shipped for it: bone-small 1.0.0, bone-second 1.0.0."
    ]


def ship(folder: Path, name: str, *, version: str = "2.0.0", **changes: str) -> None:
    """A newer version of a shipped model in its place, as a newer release of the software has it."""
    index = json.loads((folder / "index.json").read_text())
    entry = next(entry for entry in index["models"] if entry["name"] == name)
    spec = make_spec(**SMALL_NETWORK, **MODELS[name], name=name, version=version)
    data = make_artefact(spec, seed=9)
    entry |= {"version": version, "file": f"{name}-{version}.safetensors", "sha256": hashlib.sha256(data).hexdigest()}
    entry |= changes
    (folder / entry["file"]).write_bytes(data)
    (folder / "index.json").write_text(json.dumps(index))


class TestANewerReleaseWithANewerVersion:
    def test_takes_the_older_one_s_place_in_routes_that_came_from_the_index(self, folder, organisation):
        starter_models_import(folder)
        ship(folder, "bone-second")
        said: list[str] = []
        starter_models_import(folder, say=said.append)
        assert versions("bone") == ["bone-small 1.0.0", "bone-second 2.0.0"]
        assert said == [
            "bone: routed to bone-small 1.0.0, bone-second 2.0.0 as shipped, in place of bone-small 1.0.0, "
            "bone-second 1.0.0."
        ]
        assert ModelVersion.objects.get(name="bone-second", version="1.0.0").state == "candidate"
        detail = event_detail(AuditEvent.objects.filter(action=Action.ROUTE_CHANGED.value).first())
        assert detail["before"] == ["bone-small 1.0.0", "bone-second 1.0.0"]
        assert detail["versions"] == ["bone-small 1.0.0", "bone-second 2.0.0"]
        assert detail["follows"] == "index of the shipped models"

    def test_is_routed_once_and_then_nothing_changes_or_is_said(self, folder):
        starter_models_import(folder)
        ship(folder, "bone-second")
        starter_models_import(folder)
        routes, said = set(Route.objects.values_list("id", flat=True)), []
        starter_models_import(folder, say=said.append)
        assert (set(Route.objects.values_list("id", flat=True)), said) == (routes, [])

    def test_leaves_a_general_route_that_somebody_set(self, folder, user_of):
        second = starter_models_import(folder)[2]
        manager = user_of("model_manager")
        route_set(case_type="bone", version_ids=[second.id], actor=manager, unmeasured_reason=UNMEASURED)
        ship(folder, "bone-second")
        said: list[str] = []
        starter_models_import(folder, say=said.append)
        assert versions("bone") == ["bone-second 1.0.0"]
        assert len(said) == 1 and "left as it is" in said[0]

    def test_leaves_a_sites_own_route(self, folder, site):
        second = starter_models_import(folder)[2]
        route_set(case_type="bone", version_ids=[second.id], site=site, unmeasured_reason=UNMEASURED)
        ship(folder, "bone-second")
        starter_models_import(folder)
        assert [str(version) for version in routed_versions("bone", site.id)] == ["bone-second 1.0.0"]
        assert versions("bone") == ["bone-small 1.0.0", "bone-second 2.0.0"]

    def test_takes_no_place_when_it_may_not_serve(self, folder):
        starter_models_import(folder)
        ship(folder, "bone-small", unmeasured_reason="")
        said: list[str] = []
        starter_models_import(folder, say=said.append)
        assert versions("bone") == ["bone-small 1.0.0", "bone-second 1.0.0"]
        assert [sentence.partition(":")[0] for sentence in said] == ["Not routed", "bone"]

    def test_takes_no_place_when_it_was_retired_here(self, folder):
        starter_models_import(folder)
        ship(folder, "bone-second")
        starter_models_import(folder)
        ModelVersion.objects.filter(name="bone-second", version="2.0.0").update(state="retired")
        ship(folder, "bone-small")
        starter_models_import(folder)
        assert versions("bone") == ["bone-small 1.0.0"]
        assert Route.objects.filter(case_type="bone").count() == 2

    def test_that_is_shipped_and_not_routed_is_a_candidate(self, folder):
        index = json.loads((folder / "index.json").read_text())
        index["routes"]["bone"] = ["bone-small"]
        (folder / "index.json").write_text(json.dumps(index))
        starter_models_import(folder)
        assert versions("bone") == ["bone-small 1.0.0"]
        assert ModelVersion.objects.get(name="bone-second").state == "candidate"

    def test_may_change_which_model_is_routed(self, folder):
        starter_models_import(folder)
        index = json.loads((folder / "index.json").read_text())
        index["routes"]["bone"] = ["bone-small"]
        (folder / "index.json").write_text(json.dumps(index))
        starter_models_import(folder)
        assert versions("bone") == ["bone-small 1.0.0"]


class TestAnInstallationFromBeforeRoutesFollowed:
    @pytest.fixture
    def mark(self):
        return import_module("registry.migrations.0004_mark_routes_from_index").mark

    def test_has_its_general_routes_follow_and_the_sites_own_not(self, starter_models, site, mark):
        route_set(case_type="bone", version_ids=[starter_models[2].id], site=site, unmeasured_reason=UNMEASURED)
        Route.objects.update(from_index=False)
        mark(apps, None)
        assert set(Route.objects.values_list("site__code", "from_index")) == {(None, True), (site.code, False)}

    def test_has_none_follow_when_somebody_set_a_general_route(self, starter_models, user_of, mark):
        manager, version = user_of("model_manager"), starter_models[2]
        route_set(case_type="bone", version_ids=[version.id], actor=manager, unmeasured_reason=UNMEASURED)
        Route.objects.update(from_index=False)
        mark(apps, None)
        assert not Route.objects.filter(from_index=True).exists()


def test_a_starter_whose_bytes_are_not_the_index_s_is_refused(folder):
    next(folder.glob("chest*.safetensors")).write_bytes(b"something else")
    with pytest.raises(ArtefactDigestMismatch):
        starter_models_import(folder)
    assert ModelVersion.objects.count() == 0


def test_a_measured_starter_is_routed_with_its_evaluation_and_no_excuse(folder):
    evaluate(folder, "chest-small", pointing=PASSING)
    starter_models_import(folder)
    starter_models_import(folder)
    assert Evaluation.objects.get().model_version.name == "chest-small"
    assert [route.unmeasured_reason for route in Route.objects.filter(case_type="chest")] == [""]


def test_a_starter_that_fails_its_gate_is_registered_not_routed_and_said(folder):
    evaluate(folder, "bone-small", pointing=FAILING)
    said: list[str] = []
    versions = starter_models_import(folder, say=said.append)
    assert names("bone") == ["bone-second"] and names("chest") == ["chest-small"]
    assert len(said) == 1 and said[0].startswith("Not routed: bone-small 1.0.0 cannot serve bone images")
    versions[1].refresh_from_db()
    assert versions[1].state == "candidate"


def test_a_starter_that_was_never_measured_and_has_no_reason_is_not_routed(folder):
    reasons_forget(folder)
    said: list[str] = []
    starter_models_import(folder, say=said.append)
    assert (Route.objects.count(), len(said), ModelVersion.objects.count()) == (0, 3, 3)


def test_one_starter_s_reason_is_no_excuse_for_another(folder):
    index = json.loads((folder / "index.json").read_text())
    del index["models"][1]["unmeasured_reason"]
    (folder / "index.json").write_text(json.dumps(index))
    starter_models_import(folder)
    assert names("bone") == ["bone-second"]


def test_an_evaluation_of_other_weights_stops_the_import(folder):
    evaluate(folder, "chest-small", model={"name": "chest-small", "version": "1.0.0", "sha256": "e" * 64})
    with pytest.raises(EvaluationOfOtherModel):
        starter_models_import(folder)


class TestManifest:
    @pytest.fixture
    def trained(self, folder: Path) -> Path:
        """The chest starter says which images it was trained on."""
        digest = hashlib.sha256(MANIFEST).hexdigest()
        spec = make_spec(**SMALL_NETWORK, name="chest-small", training={"train": {"digest": digest}})
        data = make_artefact(spec)
        index = json.loads((folder / "index.json").read_text())
        index["models"][0]["sha256"] = hashlib.sha256(data).hexdigest()
        (folder / "index.json").write_text(json.dumps(index))
        (folder / "chest-small-1.0.0.safetensors").write_bytes(data)
        return folder / "chest-small-1.0.0.manifest.txt"

    def test_the_list_of_training_images_is_kept_beside_the_artefact(self, folder, trained):
        trained.write_bytes(MANIFEST)
        version = starter_models_import(folder)[0]
        with storages["artefacts"].open(f"{version.sha256}.manifest.txt") as file:
            assert file.read() == MANIFEST

    def test_a_list_of_other_images_is_not_kept_and_said(self, folder, trained):
        trained.write_bytes(MANIFEST + b"phantoms " + b"3" * 64)
        said: list[str] = []
        version = starter_models_import(folder, say=said.append)[0]
        assert said == ["Not kept: The manifest of chest-small 1.0.0 is not the list of images that it was trained on."]
        with pytest.raises(ManifestMismatch):
            manifest_keep(version, trained.read_bytes())
