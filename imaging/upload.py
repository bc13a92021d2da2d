"""The streaming entry of uploads: an ASGI application that hands a request without its body to Django's own middleware
and view, and the body, chunk by chunk, to whoever the view lets read it.

Django's ASGI handler writes bodies of more than 2.5 MB into a clear temporary file before any code of ours runs. Here
no byte is read before session or token, CSRF, origin, policy and site permission have been checked by the same code as
on every other route (imaging/api/upload.py is an ordinary API view), and what is read goes to the encrypting writer.
"""

import asyncio
import io
import queue
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.http import HttpResponseBase

from accounts.policy import Policy
from imaging.api.upload import UPLOAD_POLICY
from imaging.errors import UploadIncomplete

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CHUNKS_IN_FLIGHT = 16
SILENCE_SECONDS = 60.0
# What Django must not see: with them it would look for a body that is not in its hands.
BODY_HEADERS = frozenset({b"content-type", b"content-length", b"transfer-encoding", b"content-encoding"})


class BodyStream:
    """The body on its way from the server's event loop to the thread of a view.

    Reading starts with the first call of `chunks`; at most CHUNKS_IN_FLIGHT chunks wait in between, then the server
    stops reading the socket: backpressure, not memory.
    """

    def __init__(self, scope: Scope, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"] if name in BODY_HEADERS}
        self.content_type = headers.get(b"content-type", "")
        self.content_encoding = headers.get(b"content-encoding", "identity").strip().lower()
        declared = headers.get(b"content-length", "")
        self.declared_bytes = int(declared) if declared.isdigit() else None
        self._receive, self._loop = receive, loop
        self._wanted, self._room = asyncio.Event(), asyncio.Semaphore(CHUNKS_IN_FLIGHT)
        self._chunks: queue.SimpleQueue[bytes | Exception | None] = queue.SimpleQueue()

    def chunks(self) -> Iterator[bytes]:
        """The body; called in the view's thread.

        Raises:
            UploadIncomplete: the sender went away, or sent nothing for SILENCE_SECONDS.
        """
        self._loop.call_soon_threadsafe(self._wanted.set)
        while (chunk := self._chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
            self._loop.call_soon_threadsafe(self._room.release)

    async def pump(self) -> None:
        """Reads the server's messages; ends with the body, or with the sender."""
        await self._wanted.wait()
        more = True
        while more:
            await self._room.acquire()
            try:
                message = await asyncio.wait_for(self._receive(), SILENCE_SECONDS)
            except TimeoutError:
                message = {"type": "http.disconnect"}
            if message["type"] == "http.disconnect":
                self.cut()
                return
            self._chunks.put(message.get("body", b""))
            more = bool(message.get("more_body", False))
        self._chunks.put(None)

    def cut(self) -> None:
        """There will be no more: whoever reads is told so."""
        self._chunks.put(UploadIncomplete())


class UploadApplication:
    """ASGI: one request, one thread, for as long as the upload lasts."""

    policy: Policy = UPLOAD_POLICY

    def __init__(self) -> None:
        # Uploads that are let in wait for their senders; the others are only told to come back.
        self._threads = ThreadPoolExecutor(2 * settings.UPLOADS_AT_ONCE + 2, thread_name_prefix="upload")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        body = BodyStream(scope, receive, loop)
        pump = asyncio.create_task(body.pump())
        try:
            response = await loop.run_in_executor(self._threads, self._respond, scope, body)
            await _response_send(response, send)
        finally:
            pump.cancel()
            body.cut()

    def _respond(self, scope: Scope, body: BodyStream) -> HttpResponseBase:
        signals.request_started.send(sender=type(self), scope=scope)
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in BODY_HEADERS]
        request = ASGIRequest({**scope, "headers": headers}, io.BytesIO())
        request.upload_body = body
        try:
            return self._handler.get_response(request)
        finally:
            signals.request_finished.send(sender=type(self))

    @cached_property
    def _handler(self) -> BaseHandler:
        """Django's middleware around its views, as every other request meets them."""
        handler = BaseHandler()
        handler.load_middleware()
        return handler


async def _response_send(response: HttpResponseBase, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    headers += [(b"set-cookie", cookie.OutputString().encode("latin-1")) for cookie in response.cookies.values()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": bytes(getattr(response, "content", b""))})


application = UploadApplication()
