"""torchvision's own ImageNet weights, from where torchvision says they are: whole, or not there at all."""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from accounts.errors import DomainError
from registry.runtime.importing.errors import WeightsTooLarge
from registry.runtime.importing.pickles import SIZE_LIMIT_BYTES

TIMEOUT_SECONDS = 30.0
CHUNK_BYTES = 1024 * 1024
ATTEMPTS = 4
# torch.hub's convention: the first digits of the file's SHA-256 end its name.
DIGEST = re.compile(r"-([0-9a-f]{8,64})\.")
TOTAL = re.compile(r"bytes (\d+)-\d+/(\d+)$")
Progress = Callable[[int, int | None], None]


class FetchFailed(DomainError):
    """The file is not here, and why; what came so far is kept for the next attempt."""

    code = "fetch_failed"
    status = 502
    message = "The weights could not be fetched."
    remedy = "Check that this machine reaches the internet, or copy the file here and use `manage.py models import`."


class FetchDigestMismatch(FetchFailed):
    """The bytes that came are not those that were published."""

    code = "fetch_digest"
    message = "What was fetched is not the published file: its SHA-256 differs. It was deleted."
    remedy = "Try again; if it happens again, something between here and the publisher changes the file."


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where the file is; `fetched` is False when it was there already."""

    path: Path
    sha256: str
    fetched: bool


def weights_fetch(url: str, folder: Path, *, progress: Progress, timeout_seconds: float = TIMEOUT_SECONDS) -> Fetched:
    """The file behind the address, in the folder, checked against the digest in its name.

    Comes in through <name>.partial: a connection that breaks is taken up where it broke, now and at the next call, by
    HTTP Range where the server knows that.

    Args:
        progress: called with the bytes that are here and the bytes of the whole file, None while that is not known.
    Raises:
        FetchFailed, FetchDigestMismatch, WeightsTooLarge.
    """
    name = urlsplit(url).path.rpartition("/")[2]
    digest = DIGEST.search(name)
    if digest is None:
        raise FetchFailed("The address names no digest, so what comes could not be checked.")
    whole, partial = folder / name, folder / f"{name}.partial"
    if whole.is_file() and (known := _sha256(whole)).startswith(digest[1]):
        return Fetched(path=whole, sha256=known, fetched=False)
    folder.mkdir(parents=True, exist_ok=True)
    _download(url, partial, progress, timeout_seconds)
    found = _sha256(partial)
    if not found.startswith(digest[1]):
        partial.unlink()
        raise FetchDigestMismatch
    partial.replace(whole)
    return Fetched(path=whole, sha256=found, fetched=True)


def _download(url: str, partial: Path, progress: Progress, timeout_seconds: float) -> None:
    """Go on until the file is whole; attempts count only while nothing new comes."""
    left, before = ATTEMPTS, -1
    while True:
        try:
            if _request(url, partial, progress, timeout_seconds):
                return
            error: Exception | None = None
        except urllib.error.HTTPError as refusal:
            if refusal.code == 416:  # more is here than there is to have
                partial.unlink(missing_ok=True)
            error = refusal
        except (OSError, http.client.HTTPException) as broken:
            error = broken
        here = _size(partial)
        left = ATTEMPTS - 1 if here > before else left - 1
        before = max(here, before)
        if left <= 0 or isinstance(error, urllib.error.HTTPError) and error.code not in {416, 500, 502, 503, 504}:
            raise FetchFailed(_sentence(error, here)) from error


def _request(url: str, partial: Path, progress: Progress, timeout_seconds: float) -> bool:
    """One connection: True when the file is whole afterwards."""
    here = _size(partial)
    headers = {"Range": f"bytes={here}-"} if here else {}
    # The address is torchvision's; file: and other schemes never come from there, and are refused.
    if urlsplit(url).scheme not in {"http", "https"}:
        raise FetchFailed("The address is not one of the web.")
    request = urllib.request.Request(url, headers={**headers, "Accept-Encoding": "identity"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
        start, total = _extent(answer, here)
        if total is not None and total > SIZE_LIMIT_BYTES:
            raise WeightsTooLarge
        with partial.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.truncate()
            here = _receive(answer, file, start, total, progress)
    return total is None or here == total


def _receive(
    answer: http.client.HTTPResponse, file: IO[bytes], start: int, total: int | None, progress: Progress
) -> int:
    here = start
    while chunk := answer.read1(CHUNK_BYTES):
        here += len(chunk)
        if here > SIZE_LIMIT_BYTES:
            raise WeightsTooLarge
        file.write(chunk)
        progress(here, total)
    return here


def _extent(answer: http.client.HTTPResponse, here: int) -> tuple[int, int | None]:
    """Where the answer's bytes begin in the file, and how long the file is; a server without ranges begins anew."""
    if answer.status == 206 and (extent := TOTAL.match(answer.headers.get("Content-Range", ""))):
        start, total = int(extent[1]), int(extent[2])
        if start == here:
            return start, total
        raise http.client.HTTPException("another range than was asked for")
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _sentence(error: Exception | None, here: int) -> str:
    kept = f" {here / 1e6:.1f} MB are kept for the next attempt." if here else ""
    if isinstance(error, urllib.error.HTTPError):
        return f"The server answered with status {error.code}.{kept}"
    if isinstance(error, TimeoutError):
        return f"The server stopped answering.{kept}"
    if isinstance(error, urllib.error.URLError):
        return f"The server could not be reached: there is no connection to the internet, or it is blocked.{kept}"
    return f"The connection broke again and again.{kept}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
