"""livez and readyz: states only, for anybody; down when nothing works, degraded when analysis does not keep up."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.utils import timezone

from diagnostics import readiness
from imaging.models import InferenceRun
from imaging.processes import process_name
from imaging.services.presence import worker_seen

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unremembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_cached", None)


@pytest.fixture
def worker(db: None) -> Any:
    return worker_seen(process_name())


def test_livez_needs_nothing(client: Any) -> None:
    answer = client.get("/livez")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_everything_well_is_ready(client: Any, organisation: Any, worker: Any) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_without_a_worker_it_is_degraded_but_up(client: Any, organisation: Any) -> None:
    answer = client.get("/readyz")
    said = answer.json()
    assert (answer.status_code, said["status"], said["checks"]["worker"]) == (200, "degraded", "silent")


def test_a_queue_that_does_not_move_is_degraded(client: Any, study: Any, worker: Any) -> None:
    InferenceRun.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    assert client.get("/readyz").json()["checks"]["queue"] == "slow"


def test_without_its_keys_it_is_down(client: Any, organisation: Any, worker: Any) -> None:
    folder = Path(settings.KEY_DIR) / organisation.id.hex
    kept = folder.with_suffix(".kept")
    shutil.move(folder, kept)
    try:
        answer = client.get("/readyz")
    finally:
        shutil.move(kept, folder)
    assert (answer.status_code, answer.json()["checks"]["keys"]) == (503, "unavailable")


def test_a_storage_that_cannot_be_written_is_down(
    client: Any, organisation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storages["images"], "save", full)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["storage"]) == (503, "not writable")


def test_the_probe_leaves_nothing_behind(client: Any, organisation: Any) -> None:
    client.get("/readyz")
    assert not list(Path(storages["images"].location).glob("probe-*"))
