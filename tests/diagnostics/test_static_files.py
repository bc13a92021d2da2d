"""Static files under hashed names: whatever a module imports exists, under the name it imports it by."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from diagnostics.static_files import modules_of

IMPORT = re.compile(r"""(?:import|export)\s[^;'"]*?from\s*["']([^"']+)["']""")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """collectstatic as an installation does it."""
    folder = tmp_path_factory.mktemp("static")
    staticfiles = {"BACKEND": "diagnostics.static_files.ModuleStaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": staticfiles}, STATIC_ROOT=folder):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


def hashed_modules(folder: Path) -> list[Path]:
    return [path for path in (folder / "js").rglob("*.mjs") if re.search(r"\.[0-9a-f]{12}\.mjs$", path.name)]


def test_every_module_imports_hashed_names_that_exist(collected: Path) -> None:
    modules = hashed_modules(collected)
    assert len(modules) > 15
    for module in modules:
        for imported in IMPORT.findall(module.read_text()):
            assert re.search(r"\.[0-9a-f]{12}\.mjs$", imported), (module.name, imported)
            assert (module.parent / imported).exists(), (module.name, imported)


def test_no_file_of_ours_names_a_host(collected: Path) -> None:
    for path in [*(collected / "js").rglob("*.mjs"), *(collected / "css").glob("*.css")]:
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", path.read_text()), path.name


def test_a_page_names_every_module_that_its_entry_imports_at_any_depth() -> None:
    named = modules_of("js/study.mjs")
    assert len(named) == len(set(named)) and "js/study.mjs" not in named
    root = Path(settings.STATICFILES_DIRS[0])
    assert [name for name in named if not (root / name).is_file()] == []
    assert {"js/study.mjs", "js/api.mjs", "js/viewer/viewer.mjs", "js/study/items.mjs"} - set(named) == {"js/study.mjs"}
    missed = {
        str((root / name).parent.joinpath(target).resolve().relative_to(root.resolve()))
        for name in named
        for target in IMPORT.findall((root / name).read_text())
    } - set(named)
    assert missed == set()
