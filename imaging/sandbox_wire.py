"""What travels between the web process and the decode child: JSON and raw bytes, nothing that can run when it is read.

A child that a hostile file has taken over can only send values; no pickle is ever opened on this side.
"""

import json
import select
import socket
import time
from dataclasses import asdict
from struct import Struct
from typing import Any

import numpy as np

from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.values import FrameDigest, Notice, PatientHeader, ReceivedFrame, ReceivedInstance, StudyHeader

_HEAD = Struct("<4sIQ")
_MAGIC = b"SRD1"
_MAX_JSON_BYTES = 4 * 1024 * 1024


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
    tag = body.get("tag")
    number = int(tag[1:5] + tag[6:10], 16) if isinstance(tag, str) else None
    return refused(str(body["refused"]), tag=number, found=body.get("found"), expected=body.get("expected"))


def instance_to_json(instance: ReceivedInstance) -> dict[str, Any]:
    """Plain JSON of the frozen value."""
    return asdict(instance)


def instance_from_json(body: dict[str, Any]) -> ReceivedInstance:
    """The frozen value again."""
    spacing = body["study"]["pixel_spacing"]
    return ReceivedInstance(
        **{
            **body,
            "frames": tuple(FrameDigest(**frame) for frame in body["frames"]),
            "patient": PatientHeader(**body["patient"]),
            "study": StudyHeader(**{**body["study"], "pixel_spacing": tuple(spacing) if spacing else None}),
            "notices": tuple(Notice(**notice) for notice in body["notices"]),
        }
    )


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
    """The frame again; its grey array uses the received bytes without a copy."""
    rows, columns = int(body.pop("rows")), int(body.pop("columns"))
    return ReceivedFrame(grey=np.frombuffer(blob, np.float32).reshape(rows, columns), **body)
