"""Static files under hashed names; modules that import each other are rewritten too, so a page never mixes releases."""

from django.contrib.staticfiles.storage import ManifestFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_script_patterns = ManifestFilesMixin._js_module_import_aggregation_patterns[1]


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites `import ... from "./api.mjs"` to the hashed name, as Django does for .js files when it is asked to."""

    max_post_process_passes = 40  # one for each step of the longest chain of imports; Django's 5 are for style sheets
    patterns = (*CompressedManifestStaticFilesStorage.patterns, ("*.mjs", _script_patterns))
