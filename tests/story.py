"""An installation whose small models see something in every phantom: a story must not hang on what the shipped models
think of phantoms. `python -m tests.story FOLDER`, in an installation's environment, routes chest and bone to them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from tests.installation import Installation
from tests.paths import REPOSITORY


@contextmanager
def installation_with_small_models(data: Path) -> Iterator[Installation]:
    """Portal, worker and demo users over a folder of their own, until the end of the block."""
    running = Installation(data)
    running.start()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
        "SECOND_READER_DATA": str(data),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.story", str(data / "starters")]
    try:
        subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=120)
        yield running
    finally:
        running.kill()


def small_models_route(folder: Path) -> None:
    from registry.services.routes import route_set
    from registry.services.starters import starter_models_import
    from tests.starters import UNMEASURED, starter_folder_write

    folder.mkdir(exist_ok=True)
    versions = starter_models_import(starter_folder_write(folder))
    for case_type in ("chest", "bone"):
        chosen = [version.id for version in versions if case_type in version.case_types]
        route_set(case_type=case_type, version_ids=chosen, unmeasured_reason=UNMEASURED)
    route_set(case_type="intake", version_ids=[])  # the shipped guard knows that a phantom is no radiograph


if __name__ == "__main__":
    django.setup()
    small_models_route(Path(sys.argv[1]))
