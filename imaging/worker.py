"""The worker: claim, execute, complete; leases are kept alive meanwhile, and taken back from workers that died.

Engines are exported and measured by a child process, so that a worker whose versions have an exported graph never loads
torch. Until the child is through, torch serves.
"""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from accounts.errors import DomainError
from imaging.errors import LeaseLost
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import Frame
from imaging.processes import process_is_gone, process_name
from imaging.services import inference
from imaging.services.claims import ClaimedBatch, ClaimedRun
from imaging.services.engines import versions_due
from imaging.services.execution import RunFailure, RunSuccess
from imaging.services.film_matches import film_matches_look, studies_to_search
from imaging.services.presence import worker_left, worker_seen
from imaging.services.results import frame_outcomes_destroy
from registry.models import ModelVersion
from registry.runtime.engines.threads import threads_set
from registry.runtime.values import LoadedModel
from registry.selectors import loaded_model_of, serving_build, versions_in_use

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 4
RECOVER_SECONDS = 2.0
PRESENCE_SECONDS = 5.0
PARENT_CHECK_SECONDS = 0.5
ENGINE_SECONDS = 60.0
FILMS_SECONDS = 600.0


@dataclass(slots=True)
class Heartbeat:
    """Extends the leases of a batch from a thread of its own, for as long as the batch takes."""

    runs: tuple[ClaimedRun, ...]
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Heartbeat":
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._ended.wait(settings.LEASE_SECONDS / BEATS_PER_LEASE):
                try:
                    inference.leases_extend(self.runs)
                except DatabaseError:
                    logger.warning("a lease could not be extended; trying again")
        finally:
            connection.close()


def work_once(*, worker: str | None = None, batch_size: int | None = None) -> int:
    """Claim a batch and bring it to its end. Returns how many runs were claimed; 0 when nothing waits."""
    batch = inference.inference_claim(worker=worker or process_name(), batch_size=batch_size)
    if batch is None:
        return 0
    with Heartbeat(batch.runs):
        _batch_run(batch)
    return len(batch.runs)


def work_forever(*, stop: threading.Event, worker: str | None = None) -> None:
    """Warm up, then work until told to stop; the batch in hand is finished first. Nothing that goes wrong ends it."""
    builder = EngineBuilder()
    builder.look_after()
    warm_up()
    name = worker or process_name()
    logger.info("worker %s is ready", name)
    recover_now_and_then = Every(RECOVER_SECONDS, recover)
    say_so = Every(PRESENCE_SECONDS, lambda: worker_seen(name))
    engines_now_and_then = Every(ENGINE_SECONDS, builder.look_after)
    films_now_and_then = Every(FILMS_SECONDS, films_look)
    while not stop.is_set():
        try:
            say_so()
            recover_now_and_then()
            if work_once(worker=name) == 0:
                if builder.has_ended():
                    warm_up()
                engines_now_and_then()
                films_now_and_then()
                stop.wait(settings.WORKER_IDLE_SECONDS)
        except DatabaseError:
            logger.exception("the database did not answer; trying again")
            close_old_connections()
            stop.wait(1.0)
    worker_left(name)
    logger.info("worker %s has ended", name)


def recover() -> int:
    """Take back the runs of workers that died."""
    lost = inference.leases_recover(is_gone=process_is_gone)
    if lost:
        logger.warning("%d runs were taken back from workers that died", lost)
    return lost


def films_look() -> None:
    """Look for the films of claims whose process died between their commit and the look."""
    for study in studies_to_search().iterator(chunk_size=100):
        film_matches_look(study)


class EngineBuilder:
    """The child process that makes the engines which are due; one at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._has_failed = False

    def look_after(self) -> None:
        """Start the child when something is due and none is at work; after a failure, only when the worker restarts."""
        if not settings.ENGINE_BUILDS or self._has_failed or self._process is not None or not versions_due():
            return
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "engines", "make"]
        self._process = subprocess.Popen([*command, "--with-parent", str(os.getpid())], stdout=subprocess.DEVNULL)
        logger.info("inference engines are being made and measured")

    def has_ended(self) -> bool:
        """True once for every child that has ended."""
        if self._process is None or self._process.poll() is None:
            return False
        self._has_failed = self._process.returncode != 0
        if self._has_failed:
            logger.error("inference engines could not all be made; torch serves those versions")
        self._process = None
        return True


def warm_up() -> None:
    """Load every model that a route names and run it once on noise: the first image is then as fast as the second.

    A version whose first engines are still being made waits for them, or for its first image.
    """
    due = set[ModelVersion](versions_due()) if settings.ENGINE_BUILDS else set()
    for version in versions_in_use():
        if version in due and serving_build(version) is None:
            continue
        try:
            _warm(loaded_model_of(version))
        except DomainError as error:
            logger.error("model %s is not usable: %s", version, error.code)


def _warm(model: LoadedModel) -> None:
    noise = np.random.default_rng(0)
    if model.spec.task == "guard":
        model.engine.classify(noise.random((1, 3, model.spec.input.size, model.spec.input.size), dtype=np.float32))
    else:
        run_pipeline([Frame(grey=noise.random((256, 256), dtype=np.float32))], models=[model])


def threads_limit(count: int) -> None:
    """For the libraries that read these once, when they are loaded: call it before the first model is."""
    threads_set(count)
    os.putenv("OMP_WAIT_POLICY", "PASSIVE")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.putenv(name, str(count))


def parent_watch(parent_pid: int, stop: threading.Event) -> None:
    """Stop when the process that started this one is gone."""

    def watch() -> None:
        while not stop.wait(PARENT_CHECK_SECONDS):
            if os.getppid() != parent_pid:
                logger.info("the parent process has ended")
                stop.set()

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


class Every:
    """Calls something at most once in so many seconds."""

    def __init__(self, seconds: float, action: Callable[[], object]) -> None:
        self._seconds, self._action, self._due = seconds, action, 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._action()
            self._due = time.monotonic() + self._seconds


def _batch_run(batch: ClaimedBatch) -> None:
    """Each outcome is written when it comes. What nobody foresaw fails every run that has not ended, once."""
    open_claims = dict.fromkeys(batch.runs)
    try:
        for outcome in inference.inference_execute(batch):
            _outcome_write(outcome)
            open_claims.pop(outcome.claim, None)
    except DatabaseError:
        raise
    except Exception:
        logger.exception("a batch failed")
        for claim in open_claims:
            _fail(claim, code="worker_failed", message="The worker failed on this batch.")


def _outcome_write(outcome: RunSuccess | RunFailure) -> None:
    if isinstance(outcome, RunFailure):
        _fail(outcome.claim, code=outcome.code, message=outcome.message)
        return
    try:
        inference.inference_complete(outcome.claim, outcome.frames)
    except LeaseLost:
        logger.warning("run %s was no longer held; its result was dropped", outcome.claim.run_id)
        frame_outcomes_destroy(outcome.frames)


def _fail(claim: ClaimedRun, *, code: str, message: str) -> None:
    logger.warning("run %s failed: %s", claim.run_id, code)
    try:
        inference.inference_fail(claim, code=code, message=message)
    except LeaseLost:
        logger.warning("run %s was no longer held", claim.run_id)
