"""The worker brings real runs to their end, keeps its leases, and takes back what dead workers held."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from imaging import worker
from imaging.models import AnalysisState, FilmMatch, InferenceRun, RunState, WorkerPresence
from imaging.phantom import phantom_png
from imaging.processes import process_is_gone, process_name
from imaging.selectors import queue_state
from imaging.services.film_matches import studies_to_search
from imaging.services.inference import inference_claim
from imaging.services.intake import study_receive_bytes
from tests import factories
from tests.imaging import jaw_phantoms as jaws

pytestmark = pytest.mark.django_db


@pytest.fixture
def chest(site, user_of, starter_models):
    return factories.make_study(site, user_of("technologist")).study


def test_a_received_study_is_analysed(chest):
    assert worker.work_once() == 1
    chest.refresh_from_db()
    assert chest.analysis_state == AnalysisState.ANALYSED
    assert chest.findings.count() == 3


def test_a_film_whose_process_died_before_the_look_is_looked_for(site, user_of, monkeypatch):
    film, actor = jaws.jaw_phantom(1), user_of("technologist")
    monkeypatch.setattr("imaging.services.intake.film_matches_look", lambda study: [])
    for grey, number in ((film, "CLAIM-0001"), (jaws.saved_again(film), "CLAIM-0002")):
        study_receive_bytes(site=site, actor=actor, data=phantom_png(grey), file_name="film.png", claim_number=number)
    assert studies_to_search().count() == 2
    worker.films_look()
    assert (FilmMatch.objects.count(), studies_to_search().count()) == (1, 0)


def test_without_work_nothing_is_claimed(db):
    assert worker.work_once() == 0


def test_the_runs_of_a_dead_process_are_taken_back_at_once(chest):
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = process_name(process.pid)
    inference_claim(worker=name)
    assert worker.recover() == 0
    process.kill()
    process.wait()
    assert worker.recover() == 1
    assert InferenceRun.objects.get().state == RunState.QUEUED


def test_the_runs_of_another_machine_wait_for_their_lease(chest):
    inference_claim(worker="elsewhere/0123456789ab:1:1")
    assert worker.recover() == 0
    InferenceRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert worker.recover() == 1


def test_a_process_number_that_was_given_out_again_is_another_process():
    name = process_name()
    assert not process_is_gone(name)
    machine, number, start = name.rsplit(":", 2)
    assert process_is_gone(f"{machine}:{number}:{int(start) - 1}")


@pytest.mark.parametrize("name", ["", "a-worker", "elsewhere/00:1:1", "a:b:c:d"])
def test_what_cannot_be_proved_is_not_gone(name):
    assert not process_is_gone(name)


def test_an_unforeseen_failure_ends_in_the_run_not_in_the_worker(chest, monkeypatch):
    monkeypatch.setattr("imaging.services.inference.inference_execute", lambda batch: iter([1 / 0]) if batch else None)
    assert worker.work_once() == 1
    run = InferenceRun.objects.get()
    assert (run.state, run.error_code) == (RunState.QUEUED, "worker_failed")


@pytest.mark.django_db(transaction=True)
def test_the_heartbeat_keeps_the_lease_of_a_long_batch(chest, settings):
    settings.LEASE_SECONDS = 0.4
    batch = inference_claim(worker="a")
    before = InferenceRun.objects.get().lease_until
    with worker.Heartbeat(batch.runs):
        time.sleep(0.35)
    assert InferenceRun.objects.get().lease_until > before


def test_work_forever_works_says_it_is_there_and_stops_when_told(chest, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(worker, "worker_left", lambda name: None)
    work_once = worker.work_once
    monkeypatch.setattr(worker, "work_once", lambda **given: work_once(**given) or stop.set() or 0)
    worker.work_forever(stop=stop)
    chest.refresh_from_db()
    assert chest.analysis_state == AnalysisState.ANALYSED
    assert WorkerPresence.objects.get().name == process_name()
    assert queue_state().worker_alive


def test_a_queue_without_a_worker_is_seen(chest):
    InferenceRun.objects.update(created_at=timezone.now() - timedelta(seconds=90))
    state = queue_state()
    assert (state.queued, state.worker_alive) == (1, False)
    assert 89 < state.oldest_queued_seconds < 120


def test_the_worker_ends_with_its_parent():
    stop = threading.Event()
    worker.parent_watch(os.getppid() + 1, stop)
    assert stop.wait(5)


def test_the_command_finishes_in_good_order_when_terminated(tmp_path, starter_folder):
    environment = {**os.environ, "SECOND_READER_DATA": str(tmp_path), "SECOND_READER_WORKER_THREADS": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "diagnostics.settings.development"
    environment["SECOND_READER_ENGINE_BUILDS"] = "false"
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
    process = subprocess.Popen([*manage, "run_inference_worker"], env=environment, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "is ready" in line:
            break
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "has ended" in process.stderr.read()
