"""Decoded JSON -> the frozen dataclasses of a specification, by their annotations. Strict: nothing is guessed."""

import dataclasses
import math
import types
import typing
from typing import Any

from registry.runtime.errors import ArtefactMalformed


def read_as(kind: Any, value: Any, where: str) -> Any:
    """A value of an annotated kind from decoded JSON: dataclasses, dict, tuple, unions with None, float, int, str, Any.

    Args:
        where: the path to the value, for the complaint.
    Raises:
        ArtefactMalformed: a field is missing, unknown or of the wrong type, or a number is not finite.
    """
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return None if value is None else read_as(next(a for a in arguments if a is not type(None)), value, where)
    if origin is dict and isinstance(value, dict):
        return {str(key): read_as(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is tuple and isinstance(value, list):
        fixed = arguments[-1] is not Ellipsis
        if not fixed or len(arguments) == len(value):
            kinds = arguments if fixed else [arguments[0]] * len(value)
            return tuple(read_as(item_kind, item, where) for item_kind, item in zip(kinds, value, strict=True))
    if kind is Any:
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if kind in {bool, int, str} and type(value) is kind:
        return value
    raise ArtefactMalformed(f"The model's specification is not valid: {where} has the wrong type.")


def _read_dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise ArtefactMalformed(f"The model's specification is not valid: {where} is not an object.")
    kinds = typing.get_type_hints(kind)
    unknown = set(value) - set(kinds)
    required = {
        entry.name
        for entry in dataclasses.fields(kind)
        if entry.default is dataclasses.MISSING and entry.default_factory is dataclasses.MISSING
    }
    missing = required - set(value)
    if unknown or missing:
        names = ", ".join(sorted(unknown | missing))
        raise ArtefactMalformed(f"The model's specification is not valid: {where} lacks or does not know {names}.")
    return kind(**{key: read_as(kinds[key], item, f"{where}.{key}") for key, item in value.items()})
