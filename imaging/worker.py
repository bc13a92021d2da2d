"""The worker: claim, execute, complete; leases are kept alive meanwhile, and taken back from workers that died."""

import logging
import os
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
from imaging.services.execution import RunFailure, RunSuccess
from imaging.services.presence import worker_left, worker_seen
from imaging.services.results import frame_outcomes_destroy
from registry.selectors import loaded_model_of, versions_in_use

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 4
RECOVER_SECONDS = 2.0
PRESENCE_SECONDS = 5.0
PARENT_CHECK_SECONDS = 0.5


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
    warm_up()
    name = worker or process_name()
    logger.info("worker %s is ready", name)
    recover_now_and_then = Every(RECOVER_SECONDS, recover)
    say_so = Every(PRESENCE_SECONDS, lambda: worker_seen(name))
    while not stop.is_set():
        try:
            say_so()
            recover_now_and_then()
            if work_once(worker=name) == 0:
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


def warm_up() -> None:
    """Load every model that a route names and run it once on noise: the first image is then as fast as the second."""
    for version in versions_in_use():
        try:
            model = loaded_model_of(version)
            noise = np.random.default_rng(0).random((256, 256), dtype=np.float32)
            run_pipeline([Frame(grey=noise)], models=[model])
        except DomainError as error:
            logger.error("model %s is not usable: %s", version, error.code)


def threads_limit(count: int) -> None:
    """For the libraries that read these once, when they are loaded: call it before the first model is."""
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
