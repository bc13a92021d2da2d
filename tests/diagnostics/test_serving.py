"""The supervisor behind make run: real child processes, started again when they end, stopped in good order."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from diagnostics.serving import Child, port_is_free
from tests.paths import REPOSITORY

SUPERVISOR = """
import sys
from diagnostics.serving import Child, Supervisor
import diagnostics.serving as serving
serving.RESTART_DELAY_SECONDS = 0.1
child = Child("sleeper", [sys.executable, "-c",
    "import os, time; open(r'{log}', 'a').write(str(os.getpid()) + chr(10)); time.sleep(60)"])
Supervisor([child], lambda sentence: print(sentence, flush=True)).run(ready=lambda: print("ready", flush=True))
"""


def started(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def wait_for(condition: object, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.fixture
def supervisor(tmp_path: Path):
    log = tmp_path / "pids"
    script = textwrap.dedent(SUPERVISOR).format(log=log)
    process = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    wait_for(lambda: len(started(log)) == 1)
    yield process, log
    process.kill()
    process.wait()


def test_a_child_that_ends_is_started_again(supervisor) -> None:
    _, log = supervisor
    os.kill(started(log)[0], signal.SIGKILL)
    wait_for(lambda: len(started(log)) == 2)
    assert alive(started(log)[1])


def test_ctrl_c_stops_the_child_and_the_supervisor_cleanly(supervisor) -> None:
    process, log = supervisor
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert not alive(started(log)[0])


def test_the_child_ends_when_the_supervisor_is_killed(supervisor) -> None:
    process, log = supervisor
    process.kill()
    process.wait()
    wait_for(lambda: not alive(started(log)[0]))


def test_a_port_that_is_taken_is_seen_as_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not port_is_free(taken.getsockname()[1])


def test_a_child_that_never_started_can_be_stopped() -> None:
    child = Child("nothing", [])
    child.terminate()
    child.wait_or_kill(time.monotonic())
    assert child.process is None
