"""Processes die at any moment, and nothing that was acknowledged is lost or done twice."""

import hashlib
import json
import random
import time

import pytest

from tests.imaging.kill_world import SendingThread, World, free_port
from tests.starters import ROUTES

SEED = 20261121
WORKER_KILLS, WEB_KILLS = 12, 10
FILES_A_KILL = 3
FILES = FILES_A_KILL * (WORKER_KILLS + WEB_KILLS)
PATIENCE_SECONDS = 240

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def world(tmp_path, starter_folder):
    world = World(data=tmp_path / "data", port=free_port())
    world.data.mkdir()
    world.token = world.step("prepare", str(starter_folder))
    world.start_web()
    world.start_worker()
    world.start_worker()
    yield world
    world.stop()


def phantoms() -> list[tuple[bytes, str]]:
    """Chest images, and bone images that two models look at."""
    from tests import films

    parts = [{"body_part_examined": "CHEST"}, {"body_part_examined": "HAND", "study_description": "Hand"}]
    files = [films.make_dicom(seed=n, **parts[n % 2]) for n in range(FILES)]
    return [(data, hashlib.sha256(data).hexdigest()) for data in files]


def test_every_acknowledged_study_has_exactly_one_result_per_model_version(world):
    moments = random.Random(SEED)
    sender = SendingThread(world, phantoms())
    sender.start()
    kill_everything_now_and_then(world, sender, moments)
    sender.join(PATIENCE_SECONDS)
    wait_until_quiet(world)
    report = json.loads(world.step("verify"))

    assert len(world.kills) >= 20, world.kills
    assert {"web", "worker"} == set(world.kills)
    assert sender.errors == []
    assert len(sender.acknowledged) == FILES
    assert {sha256: entry["study"] for sha256, entry in report["instances"].items()} == sender.acknowledged
    assert {entry["state"] for entry in report["instances"].values()} == {"analysed"}
    assert_one_result_each(report)
    assert report["received_events"] == FILES
    assert report["broken_objects"] == []
    assert report["outbox"] == list(range(1, len(report["outbox"]) + 1))
    assert max(run["attempts"] for run in report["runs"]) > 1, "no kill hit a batch"


def kill_everything_now_and_then(world: World, sender: SendingThread, moments: random.Random) -> None:
    """A worker in a batch, the web right after an acknowledgement, in seeded order and at seeded delays."""
    order = ["worker"] * WORKER_KILLS + ["web"] * WEB_KILLS
    moments.shuffle(order)
    for kind in order:
        sender.last.clear()
        sender.allow(FILES_A_KILL)
        if kind == "web":
            sender.last.wait(30)
            time.sleep(moments.choice([0.0, 0.0, moments.uniform(0.0, 0.3)]))
            world.kill_web()
        else:
            victim = some_busy_worker(world)
            time.sleep(moments.uniform(0.0, 0.15))
            world.kill_worker(victim)


def some_busy_worker(world: World) -> int:
    """Waits for one; where everything is done before anybody looks, the one that was started first."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        busy = world.busy_workers()
        if busy:
            return busy[0]
        time.sleep(0.01)
    return world.workers[0].pid


def wait_until_quiet(world: World) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    query = "select count(*) from imaging_inferencerun where state in ('queued', 'running')"
    while time.monotonic() < deadline and world.rows(query) != [(0,)]:
        time.sleep(0.2)


def assert_one_result_each(report: dict) -> None:
    """Lost: fewer than the route says. Doubled: more."""
    results: dict[str, list[str]] = {}
    for run in report["runs"]:
        assert (run["state"], run["frames"], run["completed_events"]) == ("succeeded", 1, 1), run
        results.setdefault(run["sha256"], []).append(run["model"])
    expected = {tuple(sorted(names)) for names in ROUTES.values()}
    assert len(results) == FILES
    assert {tuple(sorted(names)) for names in results.values()} == expected
