"""A sender that speaks ASGI: chunk by chunk, counting what the application reads."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back, and how much of the body had been asked for."""

    status: int
    headers: dict[str, str]
    body: bytes
    bytes_read: int

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Sender:
    """One POST. on_chunk(sent) is called after every chunk; disconnect_after ends the connection early."""

    path: str
    data: bytes
    headers: dict[str, str]
    chunk: int = 65536
    on_chunk: Callable[[int], None] | None = None
    disconnect_after: int | None = None
    sent: int = 0
    _messages: list[Any] = field(default_factory=list)
    _over: asyncio.Event | None = None

    async def run(self, application: Any) -> Answer:
        self._over = asyncio.Event()
        await application(self._scope(), self._receive, self._send)
        start = next(m for m in self._messages if m["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in self._messages if m["type"] == "http.response.body")
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], headers, body, self.sent)

    def _scope(self) -> dict[str, Any]:
        declared = {} if "transfer-encoding" in self.headers else {"content-length": str(len(self.data))}
        headers = {"host": "testserver", **declared, **self.headers}
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("testserver", 80),
        }

    async def _receive(self) -> dict[str, Any]:
        if self.disconnect_after is not None and self.sent >= self.disconnect_after:
            return {"type": "http.disconnect"}
        if self.sent >= len(self.data) and self.sent:
            assert self._over is not None
            await self._over.wait()
            return {"type": "http.disconnect"}
        part = self.data[self.sent : self.sent + self.chunk]
        self.sent += len(part)
        if self.on_chunk:
            self.on_chunk(self.sent)
        return {"type": "http.request", "body": part, "more_body": self.sent < len(self.data)}

    async def _send(self, message: Any) -> None:
        self._messages.append(message)


def post(application: Any, path: str, data: bytes, headers: dict[str, str], *, chunk: int = 65536) -> Answer:
    """Send one request, from a place without an event loop. A header of None is not sent."""
    sender = Sender(path, data, {name: value for name, value in headers.items() if value is not None}, chunk=chunk)
    return asyncio.run(sender.run(application))


def multipart(parts: list[tuple[str, str | None, bytes]], boundary: str = "boundary-7") -> tuple[bytes, str]:
    """Body and content type of a form: (field, file name or None, value)."""
    body = b""
    for name, file_name, value in parts:
        quoted = "" if file_name is None else f'; filename="{file_name}"'
        body += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{quoted}\r\n\r\n'.encode() + value + b"\r\n"
        )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
