"""Run as `python -m tests.story FOLDER` in the environment of an installation: small models that see something in every
phantom look at chest and bone images, so that the story does not hang on what the shipped models think of phantoms."""

import sys
from pathlib import Path

import django


def small_models_route(folder: Path) -> None:
    from registry.services.routes import route_set
    from registry.services.versions import starter_models_import
    from tests.starters import starter_folder_write

    folder.mkdir(exist_ok=True)
    versions = starter_models_import(starter_folder_write(folder))
    for case_type in ("chest", "bone"):
        chosen = [version.id for version in versions if case_type in version.case_types]
        route_set(case_type=case_type, version_ids=chosen)


if __name__ == "__main__":
    django.setup()
    small_models_route(Path(sys.argv[1]))
