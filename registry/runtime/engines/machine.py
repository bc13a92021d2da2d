"""What a build is bound to: this kind of processor, and this version of the library. Loads no inference library."""

import functools
import hashlib
import platform
from importlib import metadata
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")
NVIDIA = Path("/proc/driver/nvidia/version")
TELLING = ("model name", "flags", "Features", "CPU part")


@functools.cache
def machine_fingerprint() -> str:
    """Architecture, and a digest of the processor's model and instruction sets and of the GPU driver: on another
    machine other kernels run, whose speed and rounding were not measured."""
    facts = "\n".join(_processor_facts() + _driver_facts())
    return f"{platform.machine()}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


def library_version(package: str) -> str:
    """The installed version of "openvino" or "torch"; empty when it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _processor_facts() -> list[str]:
    try:
        lines = CPU_INFO.read_text().splitlines()
    except OSError:
        return [platform.processor()]
    return sorted({line for line in lines if line.partition(":")[0].strip() in TELLING})


def _driver_facts() -> list[str]:
    try:
        return [NVIDIA.read_text()]
    except OSError:
        return []
