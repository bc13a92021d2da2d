"""Weights from elsewhere become a candidate of ours: audited, loadable, and honest about what it is not."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from torchvision import models

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.models import ModelVersion
from registry.selectors import loaded_model_of
from tests.registry.runtime.importing.checkpoints import Exploit, hostile_pickle, saved, seeded

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    network = seeded(models.resnet18, num_classes=2)
    return saved(network.state_dict(), tmp_path_factory.mktemp("weights") / "client.pth")


def run(*arguments):
    out = StringIO()
    call_command("models", *map(str, arguments), stdout=out, stderr=StringIO())
    return out.getvalue()


def import_arguments(weights, **changes):
    values = {"architecture": "resnet18", "weights": weights, "name": "ct-client", "version": "1.0.0"}
    values |= {"labels": "bleed,mass", "case-type": "ct", **changes}
    return ["import", *[part for name, value in values.items() for part in (f"--{name}", value)]]


def test_an_import_is_a_candidate_that_predicts_and_is_audited(weights, user_of):
    user_of("model_manager")
    said = run(*import_arguments(weights), "--as", "model_manager")
    version = ModelVersion.objects.get()
    assert "Not calibrated here" in said and version.sha256 in said
    assert (version.state, version.case_types, version.labels) == ("candidate", ["ct"], ["bleed", "mass"])
    assert len(version.spec["training"]["imported"]["sha256"]) == 64
    assert "Not calibrated here" in version.card and "Assistive only" in version.card
    assert loaded_model_of(version).spec.name == "ct-client"
    event = AuditEvent.objects.get(action=Action.MODEL_REGISTERED.value)
    assert (event.actor_label, event.model_sha256) == ("model_manager", version.sha256)


def test_importing_again_gives_the_same_version_and_other_weights_need_another(weights, tmp_path, organisation):
    run(*import_arguments(weights))
    run(*import_arguments(weights))
    assert ModelVersion.objects.count() == 1
    other = saved(models.resnet18(num_classes=2).state_dict(), tmp_path / "other.pth")
    with pytest.raises(CommandError, match="model_version_conflict"):
        run(*import_arguments(other))


def test_every_name_that_does_not_fit_is_said_and_nothing_is_registered(tmp_path, db):
    state = dict(models.resnet18(num_classes=2).state_dict())
    state["odd.weight"] = state.pop("bn1.weight")
    with pytest.raises(CommandError) as refusal:
        run(*import_arguments(saved(state, tmp_path / "x.pth")))
    assert str(refusal.value).startswith("weights_do_not_fit: ")
    assert "missing:\n    body.1.weight" in str(refusal.value)
    assert "unexpected:\n    odd.weight" in str(refusal.value)
    assert ModelVersion.objects.count() == 0


def test_a_checkpoint_with_a_payload_is_refused_with_its_code_and_runs_nothing(tmp_path, db):
    import os

    path = hostile_pickle(tmp_path / "x.pth", Exploit(tmp_path / "owned", os.mkdir), protocol=2, zipped=True)
    with pytest.raises(CommandError, match="weights_unsafe"):
        run(*import_arguments(path))
    assert not (tmp_path / "owned").exists() and ModelVersion.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": "one"}, "labels_do_not_fit"),
        ({"architecture": "vgg16"}, "import_unknown"),
        ({"weights": "/nowhere.pth"}, "weights_unreadable"),
        ({"mean": "0.5"}, "belong together"),
        ({"as": "nobody"}, "invalid_input"),
        ({"size": "0"}, "artefact_malformed"),
    ],
    ids=str,
)
def test_what_cannot_be_imported_is_one_sentence(weights, db, changes, words):
    with pytest.raises(CommandError, match=words):
        run(*import_arguments(**{"weights": weights, **changes}))


def test_the_list_shows_it_as_what_it_is(weights, organisation):
    run(*import_arguments(weights))
    entry = json.loads(run("list", "--json"))[0]["models"][0]
    assert (entry["name"], entry["position"], entry["explanation"]["measured"]) == ("ct-client", None, False)
    assert "not calibrated here" in run("show", "ct-client")
