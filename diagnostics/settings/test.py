"""Base with a data folder, keys and database that live for one test run."""

import atexit
import shutil
import tempfile
from pathlib import Path

from diagnostics.settings.base import *  # noqa: F403
from diagnostics.settings.base import DATABASES, STORAGES

DATA_DIR = Path(tempfile.mkdtemp(prefix="second-reader-test-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
KEY_DIR = DATA_DIR / "keys"
LOG_DIR = DATA_DIR / "logs"
SECRET_KEY = "tests only: nothing outside a test run is signed with this"  # noqa: S105
ALLOWED_HOSTS = ["*"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["NAME"] = DATA_DIR / "db.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
for _name in ("images", "artefacts"):
    STORAGES[_name]["OPTIONS"]["location"] = DATA_DIR / "storage" / _name
AUDIT_ACCESS_ALLOWED_NESTING = 1
AUDIT_TRAIL_MAY_BE_FLUSHED = True
STORAGE_FREE_BYTES_AT_LEAST = 0
ENGINE_BUILDS = False
# Every client of a test starts the middleware anew: it would read through all static files each time.
WHITENOISE_AUTOREFRESH = True
