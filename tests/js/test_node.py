"""The pure modules of the portal, tested by Node's own runner; users need no Node, so without it this says so."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node to run the tests of the pure JavaScript modules")
def test_the_pure_modules_of_the_portal_hold() -> None:
    files = sorted(str(path) for path in FOLDER.glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *files], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
