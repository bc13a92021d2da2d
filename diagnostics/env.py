"""The only reader of os.environ. Typed getters; a secret has no default."""

import os
from pathlib import Path

PREFIX = "SECOND_READER_"


class MissingSetting(RuntimeError):
    """Names the variable, never a value."""


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(PREFIX + name, default)
    if value is None:
        raise MissingSetting(f"Set {PREFIX}{name} before starting.")
    return value


def integer(name: str, default: int) -> int:
    value = os.environ.get(PREFIX + name)
    try:
        return default if value is None else int(value)
    except ValueError as error:
        raise MissingSetting(f"{PREFIX}{name} must be a whole number.") from error


def flag(name: str, default: bool) -> bool:
    return os.environ.get(PREFIX + name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(PREFIX + name, str(default))).resolve()
