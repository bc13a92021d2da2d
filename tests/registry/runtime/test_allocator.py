"""The allocator setting: taken where there is a GNU C library, and freed blocks then really stay."""

import platform
import subprocess
import sys

import pytest

from tests.paths import REPOSITORY

MEASURE = """
import resource
from registry.runtime.engines.allocator import keep_freed_memory
print(keep_freed_memory())
import numpy as np
for _ in range(3):
    np.ones(32 << 20, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    np.ones(32 << 20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is the GNU C library's")
def test_large_blocks_are_not_faulted_in_again() -> None:
    command = [sys.executable, "-c", MEASURE]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    taken, faults = done.stdout.split()
    assert taken == "True"
    assert int(faults) < 20 * (32 << 20) // 4096 // 10
