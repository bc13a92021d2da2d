"""A file comes whole and as published, or not at all; what broke off is taken up where it broke. On loopback."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from registry.runtime.importing import fetch
from registry.runtime.importing.errors import WeightsTooLarge
from registry.runtime.importing.fetch import FetchDigestMismatch, FetchFailed, weights_fetch

CONTENT = bytes(range(256)) * 4096  # 1 MiB
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NAME = f"resnet18-{DIGEST[:8]}.pth"


class Publisher:
    """A server that keeps or breaks its promises; `asked` holds the Range header of every request."""

    def __init__(self) -> None:
        self.content, self.ranges, self.cut_after, self.status, self.wrong_start = CONTENT, True, None, 200, False
        self.asked: list[str | None] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/models/{NAME}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranges else 0
        if self.status != 200:
            handler.send_error(self.status)
            return
        if start >= len(self.content):
            handler.send_error(416)
            return
        body = self.content[start:]
        handler.send_response(206 if asked and self.ranges else 200)
        if asked and self.ranges:
            said = start + 1 if self.wrong_start else start
            handler.send_header("Content-Range", f"bytes {said}-{len(self.content) - 1}/{len(self.content)}")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body if self.cut_after is None else body[: self.cut_after])


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def fetched(url: str, folder: Any, seen: list[Any] | None = None) -> Any:
    seen = [] if seen is None else seen
    return weights_fetch(url, folder, progress=lambda *step: seen.append(step), timeout_seconds=5)


def test_a_file_comes_whole_is_checked_and_progress_is_told(publisher, tmp_path):
    seen: list[Any] = []
    result = fetched(publisher.url, tmp_path / "weights", seen)
    assert result.path.read_bytes() == CONTENT and result.sha256 == DIGEST
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [NAME]


def test_what_is_here_is_not_fetched_again(publisher, tmp_path):
    fetched(publisher.url, tmp_path)
    assert not fetched(publisher.url, tmp_path).fetched and len(publisher.asked) == 1


def test_a_damaged_copy_is_fetched_again(publisher, tmp_path):
    (tmp_path / NAME).write_bytes(b"damaged")
    assert fetched(publisher.url, tmp_path).fetched
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_connection_that_breaks_is_taken_up_where_it_broke(publisher, tmp_path):
    publisher.cut_after = 300_000
    assert fetched(publisher.url, tmp_path).path.read_bytes() == CONTENT
    assert publisher.asked == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]


def test_a_later_call_goes_on_with_what_an_earlier_one_left(publisher, tmp_path):
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:1000])
    assert fetched(publisher.url, tmp_path).path.read_bytes() == CONTENT
    assert publisher.asked == ["bytes=1000-"]


def test_a_server_without_ranges_begins_anew(publisher, tmp_path):
    publisher.ranges = False
    (tmp_path / f"{NAME}.partial").write_bytes(b"x" * 1000)
    assert fetched(publisher.url, tmp_path).path.read_bytes() == CONTENT
    assert publisher.asked == ["bytes=1000-"]


def test_a_server_without_ranges_that_always_breaks_is_given_up_and_nothing_is_taken_for_whole(publisher, tmp_path):
    publisher.ranges, publisher.cut_after = False, 300_000
    with pytest.raises(FetchFailed):
        fetched(publisher.url, tmp_path)
    assert len(publisher.asked) <= fetch.ATTEMPTS + 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{NAME}.partial"]


def test_other_bytes_than_were_published_are_deleted(publisher, tmp_path):
    publisher.content = CONTENT[:-1] + b"?"
    with pytest.raises(FetchDigestMismatch):
        fetched(publisher.url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_rest_that_does_not_belong_to_the_beginning_is_found_by_the_digest(publisher, tmp_path):
    (tmp_path / f"{NAME}.partial").write_bytes(b"?" * 1000)
    with pytest.raises(FetchDigestMismatch):
        fetched(publisher.url, tmp_path)
    assert fetched(publisher.url, tmp_path).path.read_bytes() == CONTENT


def test_a_partial_file_that_is_too_long_is_thrown_away(publisher, tmp_path):
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT + b"more")
    assert fetched(publisher.url, tmp_path).path.read_bytes() == CONTENT


def test_another_range_than_was_asked_for_is_not_written(publisher, tmp_path):
    publisher.wrong_start = True
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:1000])
    with pytest.raises(FetchFailed):
        fetched(publisher.url, tmp_path)
    assert (tmp_path / f"{NAME}.partial").read_bytes() == CONTENT[:1000]


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusal_by_the_server_is_said(publisher, tmp_path, status):
    publisher.status = status
    with pytest.raises(FetchFailed, match=f"status {status}"):
        fetched(publisher.url, tmp_path)


def test_without_a_connection_the_sentence_says_so_and_what_else_can_be_done(publisher, tmp_path):
    publisher.server.server_close()
    with pytest.raises(FetchFailed, match="no connection to the internet") as failure:
        fetched(publisher.url.replace(str(publisher.server.server_port), "9"), tmp_path)
    assert "manage.py models import" in failure.value.remedy


def test_a_server_that_stops_answering_is_not_waited_for(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/{NAME}"
        with pytest.raises(FetchFailed):
            weights_fetch(url, tmp_path, progress=lambda *step: None, timeout_seconds=0.1)


def test_more_than_any_model_needs_is_not_fetched(publisher, tmp_path, monkeypatch):
    monkeypatch.setattr(fetch, "SIZE_LIMIT_BYTES", 1000)
    with pytest.raises(WeightsTooLarge):
        fetched(publisher.url, tmp_path)


@pytest.mark.parametrize("url", ["file:///etc/passwd-12345678.pth", "http://127.0.0.1:9/resnet18.pth"])
def test_an_address_that_cannot_be_checked_or_is_not_of_the_web_is_refused(tmp_path, url):
    with pytest.raises(FetchFailed):
        fetched(url, tmp_path)


def test_torchvision_says_where_its_weights_are_and_the_names_end_with_a_digest():
    from registry.runtime.importing.published import NAMES, published_url

    for name in NAMES:
        url = published_url(name)
        assert url.startswith("https:") and fetch.DIGEST.search(url.rpartition("/")[2])
