"""Static files under hashed names; modules that import each other are rewritten too, so a page never mixes releases."""

import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_script_patterns = ManifestFilesMixin._js_module_import_aggregation_patterns[1]


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import ... from "./api.mjs"` to the hashed name, as Django does for .js files when it is asked to."""

    max_post_process_passes = 40  # one for each step of the longest chain of imports; Django's 5 are for style sheets
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("*.mjs", _script_patterns))


_IMPORTED = re.compile(r'^(?:import|export)\b[^"\n]*"(\.[^"]+)"', re.MULTILINE)


@cache
def modules_of(entry: str) -> tuple[str, ...]:
    """The modules that one imports, at any depth and without itself, by name: a page names them all at once, where the
    browser would find them one step after the other. What is imported by call, later or never, is not among them."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        for imported in _imports_of(name):
            if imported not in found:
                found[imported] = None
                waiting.append(imported)
    return tuple(name for name in found if name != entry)


def _imports_of(name: str) -> list[str]:
    path = finders.find(name)
    if path is None:
        return []
    text = Path(path).read_text(encoding="utf-8")
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) for target in _IMPORTED.findall(text)]
