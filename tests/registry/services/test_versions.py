"""Versions are immutable, bound to their digest, and imported once."""

from pathlib import Path

import pytest
from django.core.files.storage import storages

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.errors import VersionConflict
from registry.models import ModelVersion
from registry.runtime.errors import ArtefactDigestMismatch, ArtefactMalformed
from registry.selectors import loaded_model_of
from registry.services.versions import version_register
from tests.registry.runtime.artefact_samples import make_artefact, make_spec
from tests.starters import SMALL_NETWORK

pytestmark = pytest.mark.django_db


@pytest.fixture
def artefact(tmp_path):
    def write(seed=0, **changes):
        path = tmp_path / f"{seed}.safetensors"
        path.write_bytes(make_artefact(make_spec(**{**SMALL_NETWORK, "name": "other", **changes}), seed=seed))
        return path

    return write


def test_a_registered_version_carries_what_its_artefact_says(artefact, user_of):
    version = version_register(path=artefact(), actor=user_of("model_manager"))
    assert (version.name, version.task, version.state) == ("other", "classifier", "candidate")
    assert version.spec["operating_points"]["effusion"]["threshold"] == 0.5
    assert loaded_model_of(version).sha256 == version.sha256
    event = AuditEvent.objects.get(action=Action.MODEL_REGISTERED.value, object_id=version.id)
    assert event.model_sha256 == version.sha256


def test_other_weights_under_a_known_version_are_refused(artefact, db):
    version_register(path=artefact(seed=1))
    with pytest.raises(VersionConflict):
        version_register(path=artefact(seed=2))
    assert ModelVersion.objects.count() == 1


def test_a_file_that_is_no_artefact_is_refused(tmp_path, db):
    (tmp_path / "x.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00notjson!")
    with pytest.raises(ArtefactMalformed):
        version_register(path=tmp_path / "x.safetensors")


def test_weights_that_change_on_disk_are_not_loaded_and_a_new_import_repairs_them(artefact, db):
    path = artefact(seed=3)
    version = version_register(path=path)
    storage = storages["artefacts"]
    stored = Path(storage.path(version.artefact))
    damaged = bytearray(stored.read_bytes())
    damaged[-1] ^= 1
    stored.write_bytes(bytes(damaged))
    with pytest.raises(ArtefactDigestMismatch):
        loaded_model_of(version)
    assert version_register(path=path).id == version.id
    assert loaded_model_of(version).spec.name == "other"
