"""The small single-threaded process that decode children are forked from: `python -m imaging.sandbox_zygote FD`.

It imports the decoders once, so that a child for one file starts in milliseconds. It never reads a file itself. It
holds no secret: its environment is emptied by the parent, and its end of the control socket is its only way to the
outside. When the parent ends, for whatever reason, the control socket ends too, and so do the zygote and its children.
"""

import contextlib
import gc
import json
import mmap
import os
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
from imaging.sandbox_confine import confine, leave_the_network
from imaging.sandbox_wire import frame_to_json, instance_to_json, refusal_to_json, send_reply

_MAX_MESSAGE_BYTES = 4096


@dataclass(slots=True)
class _Child:
    """A running child: when it is killed, and where its end is reported."""

    deadline: float
    status: int
    timed_out: bool = False


class Zygote:
    """Forks one child for every job, kills it when its time is up, reports how it ended."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._children: dict[int, _Child] = {}
        self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Until the parent is gone."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
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
        job = json.loads(message)
        child = os.fork()
        if child == 0:
            self._become_child(job, file, reply, status)
        os.close(file)
        os.close(reply)
        limit = float(job["limits"]["time_limit_seconds"])
        self._children[child] = _Child(time.monotonic() + limit, status)
        return True

    def _become_child(self, job: dict[str, Any], file: int, reply: int, status: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        for descriptor in (status, self._wake_read, self._wake_write, *(c.status for c in self._children.values())):
            os.close(descriptor)
        self._control.close()
        try:
            run_job(job, file, reply)
        finally:
            os._exit(1)  # A child never returns into the zygote's loop.

    def _reap(self) -> None:
        while self._children:
            child, wait_status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            ended = self._children.pop(child)
            code = os.waitstatus_to_exitcode(wait_status)
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
        for process in self._children:
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
    window = tuple(job["window"]) if job.get("window") else None
    read_one = raster.read_raster_frame if is_raster else read.read_frame
    frame = read_one(data, job["index"], limits=limits, window=window)
    if job["operation"] == "render":
        return {}, raster.grey_png(frame.grey, max_side=job.get("max_side"))
    return frame_to_json(frame), np.ascontiguousarray(frame.grey).data.cast("B")


def main() -> None:
    """Serve on the inherited control socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    read.warm_up()
    leave_the_network()
    gc.collect()
    gc.freeze()
    Zygote(control).serve()


if __name__ == "__main__":
    main()
