"""Real processes over one data folder: a web server, workers, a sender that remembers every acknowledgement."""

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.paths import REPOSITORY

ANSWER_SECONDS = 60


@dataclass
class World:
    """Everything that runs over one data folder."""

    data: Path
    port: int
    token: str = ""
    web: subprocess.Popen[bytes] | None = None
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    kills: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
            "SECOND_READER_DATA": str(self.data),
            "SECOND_READER_KEYS": str(self.data / "keys"),
            "SECOND_READER_LEASE_SECONDS": "5",
            "SECOND_READER_INFERENCE_BATCH_SIZE": "4",
            "SECOND_READER_WORKER_THREADS": "1",
            "SECOND_READER_ENGINE_BUILDS": "false",
            "SECOND_READER_STORAGE_FREE_BYTES_AT_LEAST": "0",
            "PYTHONPATH": str(REPOSITORY),
        }

    def step(self, *arguments: str) -> str:
        """A step of kill_steps.py; its output."""
        command = [sys.executable, "-m", "tests.imaging.kill_steps", *arguments]
        done = subprocess.run(
            command, env=self.environment, cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip().splitlines()[-1]

    def start_web(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "diagnostics.asgi:application", "--port", str(self.port)]
        self.web = self._start([*command, "--log-level", "error", "--no-access-log"])

    def start_worker(self) -> None:
        self.workers.append(self._start([sys.executable, "manage.py", "run_inference_worker"]))

    def kill_web(self) -> None:
        assert self.web is not None
        self._kill(self.web, "web")
        self.start_web()

    def kill_worker(self, pid: int) -> None:
        victim = next(worker for worker in self.workers if worker.pid == pid)
        self.workers.remove(victim)
        self._kill(victim, "worker")
        self.start_worker()

    def stop(self) -> None:
        for process in (*self.workers, self.web):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    def rows(self, query: str) -> list[tuple]:
        """Read what is committed, beside the processes."""
        with sqlite3.connect(f"file:{self.data / 'db.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
            return database.execute(query).fetchall()

    def busy_workers(self) -> list[int]:
        """Process numbers of workers in the middle of a batch, but for those on somebody's last attempt: an image
        whose process dies three times is rightly given to a person."""
        held: dict[int, int] = {}
        for name, attempts in self.rows("select worker, attempts from imaging_inferencerun where state = 'running'"):
            pid = int(name.rsplit(":", 2)[1])
            held[pid] = max(attempts, held.get(pid, 0))
        alive = {worker.pid for worker in self.workers}
        return [pid for pid, attempts in held.items() if attempts < 3 and pid in alive]

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self.data / "processes.log").open("ab")
        return subprocess.Popen(command, env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log)

    def _kill(self, process: subprocess.Popen[bytes], kind: str) -> None:
        assert process.poll() is None, f"the {kind} ended by itself"
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.kills.append(kind)


class SendingThread(threading.Thread):
    """Sends files one after the other, as many as were allowed so far; the same bytes again until they are
    acknowledged, as a modality does."""

    def __init__(self, world: World, files: list[tuple[bytes, str]]) -> None:
        super().__init__(daemon=True)
        self.world, self.files = world, files
        self.acknowledged: dict[str, str] = {}
        self.errors: list[str] = []
        self.last = threading.Event()
        self._allowed = threading.Semaphore(0)

    def allow(self, count: int) -> None:
        self._allowed.release(count)

    def run(self) -> None:
        for data, digest in self.files:
            self._allowed.acquire()
            study = self._send(data)
            if study is not None:
                self.acknowledged[digest] = study
                self.last.set()

    def _send(self, data: bytes) -> str | None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            try:
                status, body = post(self.world, data)
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
                continue
            if status in {200, 201}:
                return json.loads(body)["study_id"]
            self.errors.append(f"{status} {body[:200]!r}")
            time.sleep(0.2)
        self.errors.append("no answer")
        return None


def post(world: World, data: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    headers = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/dicom"}
    try:
        connection.request("POST", "/api/studies/upload/", body=data, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
