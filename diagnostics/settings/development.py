"""Embedded: loopback, SQLite, local encrypted storage; the secret key is made at the first start, beside the keys."""

from diagnostics.settings.base import *  # noqa: F403
from diagnostics.settings.base import KEY_DIR
from diagnostics.settings.secrets import local_secret

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SECRET_KEY = local_secret(KEY_DIR / "django-secret")
