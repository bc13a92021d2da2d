"""A random secret in a 0600 file, made once."""

import os
import secrets
from pathlib import Path


def local_secret(path: Path) -> str:
    """The file's content; made with 64 random bytes when it is not there yet. Two starters at once agree."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text()
