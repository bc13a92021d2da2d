"""What travels between the web process and the decode child: JSON and raw bytes, nothing that can run when it is read.

A child that a hostile file has taken over can only send values; no pickle is ever opened on this side.
"""

import json
import select
import socket
import time
from dataclasses import asdict, fields
from struct import Struct
from typing import Any, TypeVar

import numpy as np

from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.values import FrameDigest, Notice, PatientHeader, ReceivedFrame, ReceivedInstance, StudyHeader

_HEAD = Struct("<4sIQ")
_MAGIC = b"SRD1"
_MAX_JSON_BYTES = 4 * 1024 * 1024

_Value = TypeVar("_Value")
_PLAIN_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int": (int,),
    "int | None": (int, type(None)),
    "float": (float, int),
    "bool": (bool,),
}


class Incomplete(Exception):
    """The child ended before its reply did."""


class Overdue(Exception):
    """The reply did not arrive in time."""


def send_reply(connection: socket.socket, body: dict[str, Any], blob: bytes | memoryview = b"") -> None:
    """One reply: a JSON object and bytes."""
    text = json.dumps(body).encode()
    connection.sendall(_HEAD.pack(_MAGIC, len(text), len(blob)) + text)
    connection.sendall(blob)


def receive_reply(
    connection: socket.socket, *, deadline: float, max_blob_bytes: int
) -> tuple[dict[str, Any], bytearray]:
    """Read one reply.

    Args:
        deadline: of time.monotonic().
    Raises:
        Incomplete: the connection ended early, or what arrived is no reply.
        Overdue: the deadline has passed.
    """
    magic, text_bytes, blob_bytes = _HEAD.unpack(_exactly(connection, _HEAD.size, deadline))
    if magic != _MAGIC or text_bytes > _MAX_JSON_BYTES or blob_bytes > max_blob_bytes:
        raise Incomplete
    try:
        body = json.loads(_exactly(connection, text_bytes, deadline))
    except (ValueError, RecursionError) as error:
        raise Incomplete from error
    return body, _exactly(connection, blob_bytes, deadline)


def _exactly(connection: socket.socket, size: int, deadline: float) -> bytearray:
    buffer = bytearray(size)
    view = memoryview(buffer)
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    while view:
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            raise Overdue
        received = connection.recv_into(view)
        if received == 0:
            raise Incomplete
        view = view[received:]
    return buffer


def refusal_to_json(error: RefusedFile) -> dict[str, Any]:
    """A refusal as its code, its tag and its numbers; the sentence comes from the table on the other side."""
    return {"refused": error.code, "tag": error.tag, **error.details}


def refusal_from_json(body: dict[str, Any]) -> RefusedFile:
    """The refusal that the child sent; the code must be one of the table."""
    try:
        tag, numbers = body.get("tag"), [body.get(name) for name in ("found", "expected")]
        found, expected = (None if number is None else int(number) for number in numbers)
        element = None if tag is None else int(tag[1:5] + tag[6:10], 16)
        return refused(body["refused"], tag=element, found=found, expected=expected)
    except (KeyError, TypeError, ValueError):
        return refused("decode_crashed")


def instance_to_json(instance: ReceivedInstance) -> dict[str, Any]:
    """Plain JSON of the frozen value."""
    return asdict(instance)


def instance_from_json(body: dict[str, Any]) -> ReceivedInstance:
    """The frozen value again.

    Raises:
        RefusedFile: decode_crashed, when what the child sent is no such value.
    """
    try:
        spacing = body["study"]["pixel_spacing"]
        parts = {
            "frames": tuple(_checked(FrameDigest, frame) for frame in body["frames"]),
            "patient": _checked(PatientHeader, body["patient"]),
            "study": _checked(StudyHeader, {**body["study"], "pixel_spacing": _pair(spacing)}),
            "notices": tuple(_checked(Notice, notice) for notice in body["notices"]),
        }
        return _checked(ReceivedInstance, {**body, **parts})
    except (KeyError, TypeError, ValueError) as error:
        raise refused("decode_crashed") from error


def _pair(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    first, second = value
    return float(first), float(second)


def _checked(kind: type[_Value], values: dict[str, Any]) -> _Value:
    """A frozen value whose plain fields have the types that its class states."""
    for field in fields(kind):  # type: ignore[arg-type]
        expected = _PLAIN_TYPES.get(str(getattr(field.type, "__name__", field.type)))
        if field.name in values and expected is not None and type(values[field.name]) not in expected:
            raise TypeError(field.name)
    return kind(**values)


def frame_to_json(frame: ReceivedFrame) -> dict[str, Any]:
    """Everything of a frame but its grey values, which travel as bytes."""
    return {
        "index": frame.index,
        "rows": frame.grey.shape[0],
        "columns": frame.grey.shape[1],
        "is_colour": frame.is_colour,
        "pixel_sha256": frame.pixel_sha256,
        "stored_min": frame.stored_min,
        "stored_max": frame.stored_max,
    }


def frame_from_json(body: dict[str, Any], blob: bytearray) -> ReceivedFrame:
    """The frame again; its grey array uses the received bytes without a copy.

    Raises:
        RefusedFile: decode_crashed, when what the child sent is no frame.
    """
    try:
        shape = body.pop("rows"), body.pop("columns")
        return _checked(ReceivedFrame, {**body, "grey": np.frombuffer(blob, np.float32).reshape(shape)})
    except (KeyError, TypeError, ValueError) as error:
        raise refused("decode_crashed") from error
