"""Files of strangers are decoded in a child process that can do nothing else, and may die of it.

inspect_file, decode_frame, render_frame_png and read_samples raise RefusedFile and nothing else, whatever the file
does: it may inflate without end, loop, crash the decoder or take it over. Imports no decoder: a web process stays
small. Thread-safe.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL, SIGXCPU
from typing import Any

from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.values import ReceivedFrame, ReceivedInstance
from imaging.sandbox_samples import WireSamples, samples_from_wire
from imaging.sandbox_wire import (
    Incomplete,
    Overdue,
    frame_from_json,
    instance_from_json,
    receive_reply,
    refusal_from_json,
)

_REPOSITORY = Path(__file__).resolve().parent.parent
_START_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_DEFAULT_LIMITS = DecodeLimits()
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")}


class _ZygoteGone(Exception):
    """The zygote ended without saying how its child did."""


@dataclass(slots=True)
class _Zygote:
    """A started zygote and this side's end of its control socket."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    send_lock: threading.Lock = field(default_factory=threading.Lock)


def inspect_file(data: bytes | memoryview, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> ReceivedInstance:
    """Parse, validate and decode every frame of a DICOM, PNG or JPEG file.

    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    body, _ = _sandbox.run({"operation": "inspect"}, data, limits)
    return instance_from_json(body)


def decode_frame(data: bytes | memoryview, index: int, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> ReceivedFrame:
    """Frame `index` (0-based) as displayed.

    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    body, blob = _sandbox.run({"operation": "frame", "index": index}, data, limits)
    return frame_from_json(body, blob)


def render_frame_png(
    data: bytes | memoryview,
    index: int,
    *,
    window: tuple[float, float] | None = None,
    max_side: int | None = None,
    limits: DecodeLimits = _DEFAULT_LIMITS,
) -> bytes:
    """Frame `index` as displayed, as an 8-bit grey PNG.

    Args:
        window: centre and width in modality values (stored values of a PNG or JPEG), in place of the header's VOI.
        max_side: the longer side is reduced to this many pixels.
    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    job = {"operation": "render", "index": index, "window": window, "max_side": max_side}
    _, blob = _sandbox.run(job, data, limits)
    return bytes(blob)


def read_samples(
    data: bytes | memoryview, index: int, *, packed: bool = False, limits: DecodeLimits = _DEFAULT_LIMITS
) -> WireSamples:
    """Frame `index` for a viewer that windows by itself.

    Args:
        packed: compress the samples.
    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    body, blob = _sandbox.run({"operation": "samples", "index": index, "packed": packed}, data, limits)
    return samples_from_wire(body, blob)


def shutdown() -> None:
    """End the zygote and its children; the next call starts a new one."""
    _sandbox.shutdown()


class Sandbox:
    """One zygote, started at the first call and again whenever it is gone."""

    def __init__(self, *, concurrency: int) -> None:
        self._lock = threading.Lock()
        self._zygote: _Zygote | None = None
        self._turns = threading.BoundedSemaphore(concurrency)

    def run(
        self, job: dict[str, Any], data: bytes | memoryview, limits: DecodeLimits
    ) -> tuple[dict[str, Any], bytearray]:
        """Run one job in a child of its own.

        Raises:
            RefusedFile: what the child found, or decode_timeout, decode_memory, decode_crashed, decoder_unavailable.
        """
        if len(data) == 0:
            raise refused("empty_file")
        if len(data) > limits.file_bytes:
            raise refused("file_too_large", found=len(data), expected=limits.file_bytes)
        message = json.dumps({**job, "limits": limits.to_dict()}).encode()
        with self._turns:
            try:
                file = _memory_file(data)
            except OSError as error:
                raise _unavailable() from error
            try:
                return self._run_twice(message, file, limits)
            finally:
                os.close(file)

    def _run_twice(self, message: bytes, file: int, limits: DecodeLimits) -> tuple[dict[str, Any], bytearray]:
        """A zygote that was killed is replaced once; a job that ends two of them is refused."""
        for _ in range(2):
            zygote = self._started()
            try:
                return _run_once(zygote, message, file, limits)
            except _ZygoteGone:
                self._discard(zygote)
        raise refused("decode_crashed")

    def _started(self) -> _Zygote:
        with self._lock:
            if self._zygote is None:
                self._zygote = _start_zygote()
            return self._zygote

    def _discard(self, zygote: _Zygote) -> None:
        with self._lock:
            if self._zygote is zygote:
                self._zygote = None
        _stop(zygote)

    def shutdown(self) -> None:
        """End the zygote, when there is one."""
        with self._lock:
            zygote, self._zygote = self._zygote, None
        if zygote is not None:
            _stop(zygote)

    def forget(self) -> None:
        """In a forked child of this process: the zygote is the parent's; let go of it without a word to it."""
        zygote, self._zygote = self._zygote, None
        self._lock = threading.Lock()
        if zygote is not None:
            zygote.control.close()
            zygote.process.returncode = 0


def _memory_file(data: bytes | memoryview) -> int:
    """The bytes in anonymous memory: no name, no disk."""
    descriptor = os.memfd_create("received", os.MFD_CLOEXEC)
    try:
        view = memoryview(data).cast("B")
        while view:
            view = view[os.write(descriptor, view) :]
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _start_zygote() -> _Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(_REPOSITORY), **_ONE_THREAD}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "imaging.sandbox_zygote", str(theirs.fileno())],
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    zygote = _Zygote(process, ours)
    ours.settimeout(_START_SECONDS)
    try:
        if ours.recv(16) == b"ready":
            ours.settimeout(None)
            return zygote
    except OSError:
        pass
    _stop(zygote)
    raise _unavailable()


def _unavailable() -> RefusedFile:
    """Nothing is wrong with the file: try again."""
    error = refused("decoder_unavailable")
    error.status = 503
    return error


def _stop(zygote: _Zygote) -> None:
    zygote.control.close()
    try:
        zygote.process.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        zygote.process.kill()
        zygote.process.wait()


def _run_once(zygote: _Zygote, message: bytes, file: int, limits: DecodeLimits) -> tuple[dict[str, Any], bytearray]:
    ours, theirs = socket.socketpair()
    status_read, status_write = os.pipe2(os.O_CLOEXEC)
    with ours, os.fdopen(status_read, "rb", buffering=0) as status:
        try:
            _send(zygote, message, [file, theirs.fileno(), status_write])
        finally:
            theirs.close()
            os.close(status_write)
        deadline = time.monotonic() + limits.time_limit_seconds + _GRACE_SECONDS
        max_blob_bytes = 4 * limits.pixels_per_frame + 1024 * 1024
        try:
            body, blob = receive_reply(ours, deadline=deadline, max_blob_bytes=max_blob_bytes)
        except Incomplete:
            raise _unfinished(status.read(4096)) from None
        except Overdue:
            raise _ZygoteGone from None
    if "refused" in body:
        raise refusal_from_json(body)
    return body, blob


def _send(zygote: _Zygote, message: bytes, descriptors: list[int]) -> None:
    try:
        with zygote.send_lock:
            socket.send_fds(zygote.control, [message], descriptors)
    except OSError as error:
        raise _ZygoteGone from error


def _unfinished(report: bytes) -> Exception:
    """Why there is no reply: what the zygote says of the child's end."""
    if not report:
        return _ZygoteGone()
    ended = json.loads(report)
    if ended["timed_out"] or ended["exit"] == -SIGXCPU:
        return refused("decode_timeout")
    # Nobody but the kernel's out-of-memory killer sends SIGKILL to a child that still has time.
    return refused("decode_memory" if ended["exit"] == -SIGKILL else "decode_crashed")


_sandbox = Sandbox(concurrency=4)
atexit.register(shutdown)
os.register_at_fork(after_in_child=lambda: _sandbox.forget())

__all__ = ["RefusedFile", "decode_frame", "inspect_file", "read_samples", "render_frame_png", "shutdown"]
