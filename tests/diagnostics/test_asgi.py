"""The entry: files go past Django, and the background task lives exactly as long as the process serves."""

import asyncio
import gc
from typing import Any

import pytest

from diagnostics.asgi import http_entry, lifespan
from diagnostics.settled import settle


def called(method: str, path: str) -> str:
    reached: list[str] = []

    def named(name: str) -> Any:
        async def application(scope: Any, receive: Any, send: Any) -> None:
            reached.append(name)

        return application

    entry = http_entry(named("upload"), named("django"))
    asyncio.run(entry({"type": "http", "method": method, "path": path}, None, None))  # type: ignore[arg-type]
    return reached[0]


@pytest.mark.parametrize(
    ("method", "path", "reached"),
    [
        ("POST", "/api/studies/upload/", "upload"),
        ("GET", "/api/studies/upload/", "django"),
        ("POST", "/api/studies/upload", "django"),
        ("POST", "/api/studies/", "django"),
    ],
)
def test_only_uploads_go_past_django(method: str, path: str, reached: str) -> None:
    assert called(method, path) == reached


def test_the_background_task_starts_and_is_cancelled_with_the_server() -> None:
    story: list[str] = []

    async def background() -> None:
        story.append("started")
        try:
            await asyncio.Event().wait()
        finally:
            story.append("cancelled")

    async def serve() -> None:
        messages = asyncio.Queue[Any]()
        answers: list[str] = []

        async def send(message: Any) -> None:
            answers.append(message["type"])

        entry = lifespan(background, first=lambda: story.append("settled"))
        running = asyncio.create_task(entry({"type": "lifespan"}, messages.get, send))
        await messages.put({"type": "lifespan.startup"})
        await asyncio.sleep(0.05)
        await messages.put({"type": "lifespan.shutdown"})
        await asyncio.wait_for(running, 2)
        assert answers == ["lifespan.startup.complete", "lifespan.shutdown.complete"]

    asyncio.run(serve())
    assert story == ["settled", "started", "cancelled"]


def test_what_lives_as_long_as_the_process_is_out_of_the_collectors_sight() -> None:
    visited = len(gc.get_objects())
    try:
        taken = settle()
        assert taken > 50_000
        assert len(gc.get_objects()) < visited / 4
    finally:
        gc.unfreeze()
