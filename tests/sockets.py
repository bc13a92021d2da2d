"""A websocket client in the test process. (channels.testing has one, but needs daphne, with which we do not serve.)"""

import asyncio
import contextlib
import json
from typing import Any
from urllib.parse import unquote

from asgiref.testing import ApplicationCommunicator


class SocketCommunicator(ApplicationCommunicator):
    """Speaks the websocket part of ASGI to an application."""

    def __init__(self, application: Any, path: str, *, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
            "scheme": "ws",
            "client": ["127.0.0.1", 50000],
        }
        super().__init__(application, scope)

    async def connect(self, timeout: float = 5) -> tuple[bool, int | None]:
        """Whether the handshake was accepted; else the close code."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout)
        if answer["type"] == "websocket.close":
            return False, answer.get("code", 1000)
        return True, None

    async def send_to(self, *, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        message = {"text": text_data} if text_data is not None else {"bytes": bytes_data}
        await self.send_input({"type": "websocket.receive", **message})

    async def receive_json_from(self, timeout: float = 5) -> Any:
        answer = await self.receive_output(timeout)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])

    async def disconnect(self, code: int = 1000) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": code})
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await self.wait(1)
