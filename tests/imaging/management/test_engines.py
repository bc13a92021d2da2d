"""`manage.py engines`, in processes of its own as the worker starts it: makes what is due, and says what serves."""

import os
import subprocess
import sys

from tests.paths import REPOSITORY

ROUTED = """
import sys, django
django.setup()
from pathlib import Path
from registry.services.starters import starter_models_import
from tests.starters import starter_folder_write
folder = Path(sys.argv[1])
folder.mkdir()
starter_models_import(starter_folder_write(folder))
"""


def run(*arguments, environment):
    return subprocess.run(
        [sys.executable, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=240
    )


def test_what_is_due_is_made_once_and_listed(tmp_path):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
        "SECOND_READER_DATA": str(tmp_path / "data"),
    }
    assert run("manage.py", "migrate", "-v", "0", environment=environment).returncode == 0
    assert run("-c", ROUTED, str(tmp_path / "starters"), environment=environment).returncode == 0
    made = run("manage.py", "engines", "make", environment=environment)
    assert made.returncode == 0, made.stderr[-2000:]
    assert "openvino_f32" in made.stdout and "probability p99 0.0000" in made.stdout
    again = run("manage.py", "engines", "make", environment=environment)
    assert (again.returncode, again.stdout) == (0, "")
    listed = run("manage.py", "engines", "list", environment=environment)
    assert "serves" in listed.stdout and "openvino_bf16" in listed.stdout
