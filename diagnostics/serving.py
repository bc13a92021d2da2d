"""One command, two processes: the portal and the inference worker, started and stopped together."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
RESTART_DELAY_SECONDS = 2.0
STOP_WITHIN_SECONDS = 15.0
START_WITHIN_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


def port_is_free(port: int) -> bool:
    """True when this machine lets us listen on the loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def die_with_parent() -> None:
    """In the child, before exec: the kernel ends it when the supervisor is killed, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A process that is kept running until the supervisor stops."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    restart_at: float = 0.0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509
        )

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def terminate(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def portal_child(port: int) -> Child:
    command = [sys.executable, "-m", "uvicorn", "diagnostics.asgi:application", "--host", LOOPBACK, "--port", str(port)]
    return Child(
        "portal", [*command, "--log-level", "warning", "--no-server-header", "--no-access-log", "--lifespan", "on"]
    )


def worker_child(repository: Path) -> Child:
    command = [sys.executable, str(repository / "manage.py"), "run_inference_worker"]
    return Child("worker", [*command, "--with-parent", str(os.getpid())], {"OMP_WAIT_POLICY": "PASSIVE"})


class Supervisor:
    """Starts the children, starts them again when they end, and stops them in good order."""

    def __init__(self, children: list[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.stopping = False

    def run(self, ready: Callable[[], None]) -> None:
        """Returns when SIGINT or SIGTERM came and every child has ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        ready()
        while not self.stopping:
            self._revive()
            time.sleep(0.2)
        self._end()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _revive(self) -> None:
        for child in self.children:
            if not child.ended():
                continue
            if not child.restart_at:
                self.say(f"The {child.name} process ended; it is started again.")
                child.restart_at = time.monotonic() + RESTART_DELAY_SECONDS
            elif time.monotonic() >= child.restart_at:
                child.restart_at = 0.0
                child.start()

    def _end(self) -> None:
        self.say("Stopping.")
        for child in self.children:
            child.terminate()
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for child in self.children:
            child.wait_or_kill(deadline)


def wait_until_live(port: int, stopped: Callable[[], bool]) -> bool:
    """True as soon as the portal answers; False when it does not within a minute, or a stop was asked for."""
    deadline = time.monotonic() + START_WITHIN_SECONDS
    while time.monotonic() < deadline and not stopped():
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/livez", timeout=1) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
