"""The server dies at any moment under readers and senders, and nothing that they did stands half done."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.films import make_dicom
from tests.installation import Installation, PortalClient
from tests.killed_clients import Person, Reader, Sender
from tests.killed_standing import halves
from tests.paths import REPOSITORY
from tests.story import installation_with_small_models

SEED = 20261122
ROUNDS = ("sign", "upload", "draft", "hand", "upload") * 2
EVERYTHING = {3, 7}  # of the rounds: worker and supervisor die with the portal
STUDIES = 16
LEASE_SECONDS = 8
BACK_WITHIN_SECONDS = 90

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    data = tmp_path_factory.mktemp("killed")
    with installation_with_small_models(data, WORKLIST_LEASE_SECONDS=str(LEASE_SECONDS)) as running:
        yield running


def test_nothing_half_done_stands_after_the_server_was_killed_under_its_readers(installation: Installation) -> None:
    first = installation.client("technologist")
    known = {first.upload(make_dicom(seed=n), file_name="first.dcm").json()["study_id"]: n for n in range(STUDIES)}
    people = [Reader(installation, role, SEED) for role in ("reader", "lead_reader")]
    sender = Sender(installation, "technologist", SEED)
    kills = killed_again_and_again(installation, [*people, sender])

    assert [fault for person in (*people, sender) for fault in person.faults] == []
    hit = Counter(kind for kinds in kills for kind in kinds)
    print(f"\nkills: {len(kills)}; acts cut off: {dict(hit)}; acts done: {acts_done([*people, sender])}")
    assert all(kills), f"a kill that hit nobody: {kills}"
    assert all(hit[kind] for kind in ("sign", "upload", "draft", "hand")), hit

    for reader in people:
        assert_answers_hold(installation, reader)
    assert_leases_end_by_themselves(installation)
    assert_report(whole_report(installation), sender, known)


def killed_again_and_again(installation: Installation, people: list[Person]) -> list[list[str]]:
    """What was cut off at each kill. After each of them nothing half done stands, and the work goes on."""
    moments, kills = random.Random(SEED), []
    for person in people:
        person.start()
    for number, kind in enumerate(ROUNDS):
        before = [len(person.interrupted) for person in people]
        at_work = under_way(people, kind)
        time.sleep(moments.uniform(0.0, 0.9) * at_work.usual_seconds(kind))
        kill(installation, everything=number in EVERYTHING)
        assert halves(installation.data) == []
        back(installation)
        kills.append([k for person, n in zip(people, before, strict=True) for k in person.interrupted[n:]])
        time.sleep(moments.uniform(0.5, 1.5))
        assert halves(installation.data) == []
    for person in people:
        person.leave.set()
    for person in people:
        person.join(60)
        assert not person.is_alive()
    return kills


def under_way(people: list[Person], kind: str) -> Person:
    """Somebody who has just begun such an act."""
    deadline = time.monotonic() + 60
    while True:
        for person in people:
            if person.under_way == kind and time.monotonic() - person.began < 0.02:
                return person
        assert time.monotonic() < deadline, f"nobody does {kind}: {[person.faults for person in people]}"
        time.sleep(0.001)


def kill(installation: Installation, *, everything: bool) -> None:
    web = installation.web_process()
    assert installation.process is not None
    supervisor = psutil.Process(installation.process.pid)
    victims = [web, *(supervisor.children() if everything else ())]
    if everything:
        supervisor.send_signal(signal.SIGKILL)
    for victim in dict.fromkeys(victims):
        victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=20)
    if everything:
        installation.process.wait(20)
        installation.start()


def back(installation: Installation) -> None:
    deadline = time.monotonic() + BACK_WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{installation.base}/livez", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, installation.log.read_text()[-3000:]
            time.sleep(0.05)


def acts_done(people: list[Person]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for person in people:
        total.update({kind: len(times) for kind, times in person.done.items()})
    return dict(total)


def assert_answers_hold(installation: Installation, reader: Reader) -> None:
    """What was answered is so; where no answer came, it is the one or the other, whole."""
    reader.leave.clear()
    for study_id in reader.signed:
        reader.settle(study_id)
    assert reader.faults == []
    assert any(signed == {True} for signed in reader.signed.values())


def assert_leases_end_by_themselves(installation: Installation) -> None:
    """A reader whose server died under their hand: nobody else gets what they hold, until its time is up."""
    reader, lead = installation.client("reader"), installation.client("lead_reader")
    held = hand(reader, size=2)
    taken_at = time.monotonic()
    kill(installation, everything=False)
    back(installation)
    assert held
    if time.monotonic() - taken_at < LEASE_SECONDS - 1:  # a machine that is slower than that has nothing to show here
        assert not held & hand(lead, size=8)
    time.sleep(max(0.0, taken_at + LEASE_SECONDS + 0.5 - time.monotonic()))
    assert held <= hand(lead, size=8)


def hand(client: PortalClient, *, size: int) -> set[str]:
    return {row["id"] for row in client.post("/api/worklist/hand/", {"size": size}).json()["hand"]}


def whole_report(installation: Installation) -> dict[str, Any]:
    installation.stop()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
        "SECOND_READER_DATA": str(installation.data),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.killed_steps"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def assert_report(report: dict[str, Any], sender: Sender, known: dict[str, int]) -> None:
    print({**report, "films": len(report["films"])})
    assert report["audit_broken"] == []
    assert report["entries_changed"] == []
    objects = report["objects"]
    assert objects["files_without_row"] == objects["rows_without_file"] == objects["rows_of_nothing"] == []
    assert report["not_looked_for"][1] == 0
    films = report["films"]
    assert known.keys() <= {film["study"] for film in films.values()}
    for sha256, entry in sender.sent.items():
        if entry["study"]:
            assert (films[sha256]["study"], films[sha256]["claim"]) == (entry["study"], entry["claim"])
        elif sha256 in films:
            assert films[sha256]["claim"] == entry["claim"]
    for first, second in sender.pairs:
        if first in films and second in films:
            assert second in films[first]["alike"], "the same film under two claims was not seen"
