"""The entry of the deployable: uploads stream past Django, pages and API go to it, sockets go to Channels."""

import asyncio
import contextlib
import os
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diagnostics.settings.development")
# Static files are small and sent whole; Django's advice on streaming is for bodies that are not.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (apps must be loaded first)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from accounts.live import relay_run  # noqa: E402
from diagnostics.origin import origin_is_ours  # noqa: E402
from diagnostics.routing import websocket_urlpatterns  # noqa: E402
from diagnostics.settled import settle  # noqa: E402
from imaging.upload import application as upload_application  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UPLOAD_PATH = "/api/studies/upload/"


def http_entry(upload: Application, django: Application) -> Application:
    """POSTs to the upload path go to the streaming route; everything else is Django's, which never sees a file."""

    async def entry(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = upload if (scope["path"], scope["method"]) == (UPLOAD_PATH, "POST") else django
        await chosen(scope, receive, send)

    return entry


def same_origin(inner: Application) -> Application:
    """Refuses the handshake of another origin's page before any session is looked at."""

    async def entry(scope: Scope, receive: Receive, send: Send) -> None:
        if origin_is_ours(scope["headers"]):
            await inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 4403})

    return entry


def lifespan(background: Callable[[], Awaitable[None]], *, first: Callable[[], object] = settle) -> Application:
    """Does one thing first, then runs one background task from startup to shutdown of the web process."""

    async def entry(scope: Scope, receive: Receive, send: Send) -> None:
        task: asyncio.Task[None] | None = None
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                first()
                task = asyncio.create_task(_as_coroutine(background))
                await send({"type": "lifespan.startup.complete"})
            else:
                await _cancelled(task)
                await send({"type": "lifespan.shutdown.complete"})
                return

    return entry


async def _as_coroutine(background: Callable[[], Awaitable[None]]) -> None:
    await background()


async def _cancelled(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


application = ProtocolTypeRouter(
    {
        "http": http_entry(upload_application, django_application),
        "websocket": same_origin(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        "lifespan": lifespan(relay_run),
    }
)
