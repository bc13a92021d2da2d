"""Naming a process so that others on the same machine can prove that it is gone. Linux: /proc."""

import functools
import hashlib
import os
import socket
from pathlib import Path

PROC = Path("/proc")


def process_name(pid: int | None = None) -> str:
    """machine:pid:start time. The machine is this boot's pid namespace, so that a number means the same everywhere."""
    number = os.getpid() if pid is None else pid
    return f"{machine_name()}:{number}:{start_ticks(number) or 0}"


def process_is_gone(name: str) -> bool:
    """True only when it is proved: the name is of this machine, and no process has that number and start time."""
    machine, _, rest = name.rpartition(":")[0].rpartition(":")
    start = name.rpartition(":")[2]
    if machine != machine_name() or not rest.isdigit() or start in {"", "0"}:
        return False
    return str(start_ticks(int(rest))) != start


@functools.cache
def machine_name() -> str:
    """Host name, and a digest of boot and pid namespace: containers on one host differ, so do two boots."""
    try:
        place = (PROC / "sys/kernel/random/boot_id").read_text().strip() + os.readlink(PROC / "self/ns/pid")
    except OSError:
        place = ""
    return f"{socket.gethostname()[:24]}/{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def start_ticks(pid: int) -> int | None:
    """When the process started, in clock ticks since boot (field 22 of /proc/PID/stat); None when there is none, or it
    is dead and only waits to be reaped."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])
