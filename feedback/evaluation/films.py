"""Image files -> frames, as the portal decodes them, and the facts about each that need no model."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.values import FilmFacts
from imaging.dicom.errors import RefusedFile
from imaging.pipeline.decode import decode
from imaging.pipeline.values import Frame

THUMBNAIL_SIDE = 32
FILMS_A_BATCH = 8

Describe = Callable[[Frame], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class OpenedFilm:
    """A film on its way to the models; `refusal` is the code when its file could not be decoded."""

    film: Film
    frame: Frame | None = field(default=None, repr=False)
    facts: FilmFacts | None = field(default=None, repr=False)
    refusal: str = ""
    decode_ms: float = 0.0


def opened_batches(
    films: Sequence[Film], *, describe: Describe | None = None, size: int = FILMS_A_BATCH
) -> Iterator[list[OpenedFilm]]:
    """Decoded films in order; the next batch is decoded while the caller works on this one.

    Args:
        describe: a frame's features for the floor, when it is asked for.
    """
    chunks = _chunks(films, size)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="films") as ahead:
        waiting = ahead.submit(_opened, next(chunks, []), describe)
        while batch := waiting.result():
            waiting = ahead.submit(_opened, next(chunks, []), describe)
            yield batch


def facts_of(films: Sequence[Film], *, describe: Describe | None = None) -> Iterator[FilmFacts | None]:
    """The facts of films that no model reads; None for a file that cannot be decoded."""
    for batch in opened_batches(films, describe=describe):
        yield from (opened.facts for opened in batch)


def block_means(grey: NDArray[np.float32], *, side: int) -> NDArray[np.float32]:
    """float32 (rows, columns) -> float32 (side, side): the mean of every part; a small frame's pixels are repeated."""
    rows = _edges(grey.shape[0], side)
    columns = _edges(grey.shape[1], side)
    sums = np.add.reduceat(np.add.reduceat(grey.astype(np.float64), rows[:, 0], axis=0), columns[:, 0], axis=1)
    if grey.shape[0] < side or grey.shape[1] < side:
        return np.asarray(grey[np.ix_(rows[:, 0], columns[:, 0])], dtype=np.float32)
    counts = np.outer(rows[:, 1] - rows[:, 0], columns[:, 1] - columns[:, 0])
    return np.asarray(sums / counts, dtype=np.float32)


def _edges(extent: int, side: int) -> NDArray[np.int64]:
    """(side, 2): first row of every part and one past its last."""
    bounds = np.arange(side + 1) * extent // side
    return np.stack([bounds[:-1], bounds[1:]], axis=1)


def _opened(films: Iterable[Film], describe: Describe | None) -> list[OpenedFilm]:
    return [_open(film, describe) for film in films]


def _open(film: Film, describe: Describe | None) -> OpenedFilm:
    started = time.perf_counter()
    try:
        data = _bytes(film.path)
        frame = decode(data)
    except RefusedFile as error:
        return OpenedFilm(film=film, refusal=error.code)
    facts = FilmFacts(
        mean_grey=float(frame.grey.mean()),
        file_bytes=len(data),
        thumbnail=block_means(frame.grey, side=THUMBNAIL_SIDE).ravel(),
        frozen=None if describe is None else describe(frame),
    )
    return OpenedFilm(film=film, frame=frame, facts=facts, decode_ms=1000.0 * (time.perf_counter() - started))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RefusedFile("The file cannot be read.", code="file_unreadable") from error


def _chunks(films: Sequence[Film], size: int) -> Iterator[list[Film]]:
    source = iter(films)
    while chunk := list(islice(source, size)):
        yield chunk
