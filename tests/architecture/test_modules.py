"""Our ES modules: what they import is there, and no circle of imports, of which hashed names cannot be made."""

import re
from pathlib import Path

from tests.architecture.layout import cycles
from tests.paths import REPOSITORY

ROOT = REPOSITORY / "static" / "js"
IMPORTED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""")


def module_imports() -> dict[str, set[str]]:
    """Module -> modules that it names, as paths below static/."""
    modules = sorted(ROOT.rglob("*.mjs"))
    return {
        _named(path): {_named(path.parent / name) for name in IMPORTED.findall(path.read_text())} for path in modules
    }


def _named(path: Path) -> str:
    return path.resolve().relative_to(REPOSITORY / "static").as_posix()


def test_what_a_module_imports_is_there() -> None:
    static = REPOSITORY / "static"
    missing = [
        f"{name}: {of}" for name, named in module_imports().items() for of in named if not (static / of).exists()
    ]
    assert missing == []


def test_modules_import_each_other_in_no_circle() -> None:
    graph = {name: {of for of in named if of.startswith("js/")} for name, named in module_imports().items()}
    assert cycles({name: named & graph.keys() for name, named in graph.items()}) == []
