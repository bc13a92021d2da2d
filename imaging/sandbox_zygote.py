"""The small single-threaded process that decode children are forked from: `python -m imaging.sandbox_zygote FD`.

It imports the decoders once, and keeps one child ready that has seen no file: a file does not wait for a fork. Every
child reads one file, confined before its first byte, and ends. The zygote never reads a file itself. It holds no
secret: its environment is emptied by the parent, and its end of the control socket is its only way to the outside.
When the parent ends, for whatever reason, the control socket ends too, and so do the zygote and its children.
"""

import contextlib
import gc
import json
import mmap
import os
import platform
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from imaging import raster
from imaging.dicom import read
from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.part10 import is_part10
from imaging.phantom import PhantomHeader, chest_phantom, phantom_dicom, phantom_png
from imaging.sandbox_confine import confine, has_filter, leave_the_network, system_call_filter
from imaging.sandbox_samples import samples_to_wire
from imaging.sandbox_wire import frame_to_json, instance_to_json, refusal_to_json, send_reply
from registry.runtime.engines.allocator import keep_freed_memory

_MAX_MESSAGE_BYTES = 4096
_HAND_OVERS = 2


@dataclass(slots=True)
class _Child:
    """A running child: when it is killed, and where its end is reported."""

    deadline: float
    status: int
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    """A child that waits for its one job, and this side's end of the socket that the job goes through."""

    process: int
    jobs: socket.socket


class Zygote:
    """Has one child for every job, kills it when its time is up, reports how it ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._ready: _Ready | None = None
        self._children: dict[int, _Child] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Until the parent is gone."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._ready = self._fork()
        self._control.send(b"ready")
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        poller.register(self._wake_read, select.POLLIN)
        while True:
            ready = {descriptor for descriptor, _ in poller.poll(self._wait_ms())}
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            self._reap()
            self._kill_overdue()
            if self._control.fileno() in ready and not self._accept():
                self._end()

    def _wait_ms(self) -> float | None:
        pending = [child.deadline for child in self._children.values() if not child.timed_out]
        return max(0.0, (min(pending) - time.monotonic()) * 1000 + 1) if pending else None

    def _accept(self) -> bool:
        """Take one job; False when the parent is gone."""
        message, descriptors, _, _ = socket.recv_fds(self._control, _MAX_MESSAGE_BYTES, 3)
        if not message:
            return False
        file, reply, status = descriptors
        child = self._hand_over(message, [file, reply])
        os.close(file)
        os.close(reply)
        limit = float(json.loads(message)["limits"]["time_limit_seconds"])
        self._children[child] = _Child(time.monotonic() + limit, status)
        self._ready = self._fork()
        return True

    def _hand_over(self, message: bytes, descriptors: list[int]) -> int:
        """Give the job to the child that is ready, or to a new one when that has died; the child's process number."""
        for _ in range(_HAND_OVERS):
            ready, self._ready = self._ready or self._fork(), None
            with ready.jobs, contextlib.suppress(OSError):
                socket.send_fds(ready.jobs, [message], descriptors)
                return ready.process
        raise RuntimeError("children die before they have a job")  # The parent starts another zygote.

    def _fork(self) -> _Ready:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        child = os.fork()
        if child == 0:
            ours.close()
            self._become_child(theirs)
        theirs.close()
        return _Ready(child, ours)

    def _become_child(self, jobs: socket.socket) -> NoReturn:
        signal.set_wakeup_fd(-1)
        for descriptor in (self._wake_read, self._wake_write, *(child.status for child in self._children.values())):
            os.close(descriptor)
        self._control.close()
        try:
            message, descriptors, _, _ = socket.recv_fds(jobs, _MAX_MESSAGE_BYTES, 2)
            jobs.close()
            if message:
                file, reply = descriptors
                run_job(json.loads(message), file, reply)
        finally:
            os._exit(1)  # A child never returns into the zygote's loop.

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while True:
                child, wait_status = os.waitpid(-1, os.WNOHANG)
                if child == 0:
                    return
                self._report(child, os.waitstatus_to_exitcode(wait_status))

    def _report(self, child: int, code: int) -> None:
        ended = self._children.pop(child, None)
        if ended is None:  # It had no job yet.
            if self._ready is not None and self._ready.process == child:
                self._ready.jobs.close()
                self._ready = None
            return
        report = json.dumps({"exit": code, "timed_out": ended.timed_out}).encode()
        with contextlib.suppress(OSError):  # The caller may have given up.
            os.write(ended.status, report)
        os.close(ended.status)

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for process, child in self._children.items():
            if child.deadline <= now and not child.timed_out:
                child.timed_out = True
                os.kill(process, signal.SIGKILL)

    def _end(self) -> NoReturn:
        waiting = [] if self._ready is None else [self._ready.process]
        for process in [*self._children, *waiting]:
            os.kill(process, signal.SIGKILL)
        os._exit(0)


def run_job(job: dict[str, Any], file: int, reply: int) -> None:
    """The child: limits first, then the file."""
    limits = DecodeLimits(**job["limits"])
    connection = socket.socket(fileno=reply)
    with mmap.mmap(file, 0, prot=mmap.PROT_READ) as mapped:
        confine(limits)
        body, blob = _judged(job, memoryview(mapped), limits)
        send_reply(connection, body, blob)
        os._exit(0)


def _judged(job: dict[str, Any], data: memoryview, limits: DecodeLimits) -> tuple[dict[str, Any], bytes | memoryview]:
    """The answer, or the refusal."""
    try:
        return _answer(job, data, limits)
    except RefusedFile as error:
        return refusal_to_json(error), b""
    except MemoryError:
        return refusal_to_json(refused("decode_memory")), b""
    except RecursionError:
        return refusal_to_json(refused("nesting_too_deep")), b""
    except Exception:  # noqa: BLE001 - the boundary: whatever a hostile file does, it ends in a refusal
        return refusal_to_json(refused("decode_crashed")), b""


def _answer(job: dict[str, Any], data: memoryview, limits: DecodeLimits) -> tuple[dict[str, Any], bytes | memoryview]:
    is_raster = not is_part10(data) and (bytes(data[:8]) == raster.PNG_MAGIC or bytes(data[:3]) == raster.JPEG_MAGIC)
    if job["operation"] == "inspect":
        received = raster.read_raster if is_raster else read.read_part10
        return instance_to_json(received(data, limits=limits)), b""
    if job["operation"] == "samples":
        samples = (raster.read_raster_samples if is_raster else read.read_samples)(data, job["index"], limits=limits)
        return samples_to_wire(samples, packed=job["packed"])
    window = tuple(job["window"]) if job.get("window") else None
    read_one = raster.read_raster_frame if is_raster else read.read_frame
    frame = read_one(data, job["index"], limits=limits, window=window)
    if job["operation"] == "render":
        return {}, raster.grey_png(frame.grey, max_side=job.get("max_side"))
    return frame_to_json(frame), np.ascontiguousarray(frame.grey).data.cast("B")


def rehearse() -> None:
    """Read pictures of our own, so that children inherit what the decoders make at first use."""
    grey = chest_phantom(0, rows=64, columns=64)
    limits = DecodeLimits()
    for data in (phantom_png(grey), phantom_dicom(grey, PhantomHeader())):
        for operation in ("inspect", "frame", "samples"):
            _answer({"operation": operation, "index": 0, "packed": True}, memoryview(data), limits)


def main() -> None:
    """Serve on the inherited control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    keep_freed_memory()
    read.warm_up()
    rehearse()
    if has_filter():
        system_call_filter(platform.machine())
    leave_the_network()
    gc.collect()
    gc.freeze()
    Zygote(control).serve()


if __name__ == "__main__":
    main()
