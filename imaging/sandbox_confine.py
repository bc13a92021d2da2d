"""What a decode child may still do: compute, and answer. Linux only; called by the zygote and its children.

Resource limits bound memory, time and files. A seccomp allow-list (x86-64 and arm64) then leaves only system calls that
read and write open descriptors, manage memory and end the process: no file can be opened, no socket made, no process
started. On another processor the resource limits stand alone.
"""

import ctypes
import functools
import math
import platform
import resource
import signal
import struct
import sys

from imaging.dicom.limits import DecodeLimits

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_MAX_OPEN_FILES = 16
_libc = ctypes.CDLL(None, use_errno=True)

# Names beside the numbers of asm/unistd.h: (x86-64, arm64); None where the processor has no such call.
_ALLOWED: dict[str, tuple[int | None, int]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "poll": (7, 73),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "sendto": (44, 206),
    "exit": (60, 93),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "tgkill": (234, 131),
    "getrandom": (318, 278),
    "rseq": (334, 293),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

# Classic BPF: op codes and the offsets in struct seccomp_data (linux/filter.h, linux/seccomp.h).
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM


class _Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine(limits: DecodeLimits) -> None:
    """Called once in a fresh child, after everything it needs is open and imported."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    seconds = math.ceil(limits.time_limit_seconds) + 1
    for name, value in (
        (resource.RLIMIT_AS, limits.memory_limit_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, _MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(name, (value, value))
    _filter_system_calls()


def leave_the_network() -> None:
    """An empty network namespace where the kernel allows it; the system call filter stands where it does not."""
    if _libc.unshare(_CLONE_NEWNET) != 0:
        _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def has_filter() -> bool:
    """Whether system calls can be filtered on this system and processor."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES


def _filter_system_calls() -> None:
    if not has_filter():
        return
    program = system_call_filter(platform.machine())
    buffer = ctypes.create_string_buffer(program, len(program))
    described = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0)


@functools.cache
def system_call_filter(machine: str) -> bytes:
    """The filter program: another architecture's calls and every call that is not listed end in EPERM.

    Kept, so that the zygote makes it once for all its children.
    """
    column, architecture = _ARCHITECTURES[machine]
    numbers = [number for row in _ALLOWED.values() if (number := row[column]) is not None]
    steps = [(_LOAD, 0, 0, _OFFSET_ARCHITECTURE), (_JUMP_IF_EQUAL, 0, len(numbers) + 1, architecture)]
    steps.append((_LOAD, 0, 0, _OFFSET_NUMBER))
    # The jump counts the steps to skip: past the other comparisons and the refusal, to the allowance.
    steps += [(_JUMP_IF_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
