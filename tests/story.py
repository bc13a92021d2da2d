"""An installation whose small models see something in every phantom: a story must not hang on what the shipped models
think of phantoms. `python -m tests.story models FOLDER`, in an installation's environment, routes them."""

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
def installation_with_small_models(data: Path, **settings: str) -> Iterator[Installation]:
    """Portal, worker and demo users over a folder of their own, until the end of the block; settings as it has them."""
    running = Installation(data, ENGINE_BUILDS="0", **settings)  # minutes of processor for models that no story asks
    running.start()
    try:
        _inside(running, "models", str(data / "starters"))
        yield running
    finally:
        running.kill()


def blind_first_set(running: Installation, blind_first: bool) -> None:
    """The demo site's readers commit before the models' word is shown; or no longer."""
    _inside(running, "blind" if blind_first else "open")


def _inside(running: Installation, *arguments: str) -> None:
    """This module as a program, in the installation's environment."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
        "SECOND_READER_DATA": str(running.data),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.story", *arguments]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True, timeout=120)


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


def policy_change(*, blind_first: bool) -> None:
    from accounts.models import Site
    from feedback.policy import PolicyValues
    from feedback.services.policy import policy_set

    for site in Site.objects.all():
        policy_set(site=site, values=PolicyValues(blind_first=blind_first), actor=None)


if __name__ == "__main__":
    django.setup()
    what, *rest = sys.argv[1:]
    if what == "models":
        small_models_route(Path(rest[0]))
    else:
        policy_change(blind_first=what == "blind")
