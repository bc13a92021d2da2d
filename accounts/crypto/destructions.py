"""How many keys were destroyed, for every process that holds unwrapped ones to see.

A file beside the key-encryption keys that grows by one byte a destruction: whoever can unwrap a key can see it, looking
costs one stat, and its length only ever says that something changed.
"""

import os
from pathlib import Path

from accounts.errors import KeyUnavailable

NAME = "destroyed"


class Destructions:
    """`<directory>/destroyed`, 0600. Its length is the count; what is counted stands in the database."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME

    def __repr__(self) -> str:
        return "Destructions()"

    def count(self) -> int:
        """Bytes written so far; 0 while there is no file, and when it cannot be seen any more."""
        try:
            return os.stat(self._path, follow_symlinks=False).st_size
        except OSError:
            return 0

    def add(self) -> None:
        """Tell every process; on disk when it returns.

        Raises:
            KeyUnavailable: the file cannot be written.
        """
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(self._path, flags, 0o600)
            try:
                os.write(handle, b".")
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as error:
            raise KeyUnavailable("Other processes cannot be told of a destroyed key.") from error
