"""How long it takes to look for a film among a million, on this machine; flat or not.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.resubmission [--sizes 10000 100000 1000000] [--asked 20]

Rows are written straight into a SQLite file of its own, as the intake writes them: keyed bits and twelve bands. Their
spectra are drawn so that films of a kind are alike as real ones are: a few kinds (panoramic, bitewing, ...), each a
mean spectrum, each film that mean and noise of its own. The first kind has the bit frequencies of the phantoms that are
asked for. --alike sets how near films of the other kinds lie; the default gives a median of 98 bits, where real
panoramic films have 102 at the nearest of their forms (docs/claims.md). Asked for are copies, turned, cropped and saved
again, of phantoms that lie among the rows, and phantoms that do not.
"""

import argparse
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

KINDS = 4
BATCH = 20_000


def _django(folder: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "diagnostics.settings.test")
    import django
    from django.conf import settings

    django.setup()
    settings.DATABASES["default"]["NAME"] = str(folder / "films.sqlite3")
    from django.db import connection

    connection.settings_dict["NAME"] = str(folder / "films.sqlite3")


def _table() -> None:
    """The table of fingerprints with its indexes, and nothing else: no rows of instances are needed to be found."""
    from django.db import connection

    from imaging.models import FilmFingerprint

    with connection.schema_editor() as editor:
        editor.create_model(FilmFingerprint)
    with connection.cursor() as cursor:
        for pragma in ("foreign_keys", "journal_mode", "synchronous"):
            cursor.execute(f"PRAGMA {pragma} = OFF")
        cursor.execute("PRAGMA cache_size = -400000")


@contextmanager
def _without_indexes() -> Iterator[None]:
    """Rows go in first and the indexes are made over all of them: minutes instead of an hour."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
    yield
    with connection.cursor() as cursor:
        for _, statement in indexes:
            cursor.execute(statement)


def _mean_of_phantoms() -> np.ndarray:
    """Latent means at which noise of variance 1 gives the phantoms' bit frequencies."""
    from statistics import NormalDist

    from imaging.dicom.thumbnail import thumbnail
    from imaging.pipeline.film_hash import film_spectrum
    from tests.imaging import jaw_phantoms as jaws

    bits = np.stack([film_spectrum(thumbnail(jaws.jaw_phantom(seed))) > 0 for seed in range(20_000, 20_060)])
    shares = np.clip(bits.mean(axis=0), 0.02, 0.98)
    return np.array([NormalDist().inv_cdf(float(share)) for share in shares])


def _drawn(rng: np.random.Generator, means: np.ndarray, count: int, alike: float) -> np.ndarray:
    kinds = means[rng.integers(0, len(means), count)]
    return (alike * kinds + rng.normal(size=kinds.shape)).astype(np.float32)


def _write(key, spectra: np.ndarray, organisation: uuid.UUID) -> None:  # noqa: ANN001
    from django.db import connection
    from django.utils import timezone

    from imaging.models import FilmFingerprint
    from imaging.pipeline.film_key import packed
    from imaging.services.film_index import BAND_NAMES

    names = ["id", "created_at", "instance_id", "organisation_id", "bits", "thumbnail", *BAND_NAMES]
    places = ", ".join(["%s"] * len(names))
    statement = f"INSERT INTO {FilmFingerprint._meta.db_table} ({', '.join(names)}) VALUES ({places})"
    keyed = key.keyed(spectra)
    now, owner = timezone.now(), organisation.hex
    rows = [(uuid.uuid4().hex, now, uuid.uuid4().hex, owner, packed(one), b"", *key.bands(one)) for one in keyed]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _ask(key, smalls: list[np.ndarray]) -> tuple[list[tuple[float, float]], list[int], list[int], list[int]]:  # noqa: ANN001
    """Seconds of wall and of processor, candidates under NEAR_BITS, queries, and the nearest distance of each look."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from imaging.pipeline.film_hash import film_forms
    from imaging.services.film_index import near_fingerprints

    seconds, near, queries, nearest = [], [], [], []
    for small in smalls:
        started, spent = time.perf_counter(), time.process_time()
        with CaptureQueriesContext(connection) as asked:
            found = near_fingerprints(key, film_forms(small))
        seconds.append((time.perf_counter() - started, time.process_time() - spent))
        near.append(len(found))
        queries.append(len(asked))
        nearest.append(min(found.values(), default=256))
    return seconds, near, queries, nearest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--asked", type=int, default=20)
    parser.add_argument("--alike", type=float, default=0.7)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_FOLDER")) as folder:
        _django(Path(folder))
        _run(asked, Path(folder))


def _run(asked: argparse.Namespace, folder: Path) -> None:
    from imaging.dicom.thumbnail import thumbnail
    from imaging.pipeline.film_hash import film_spectrum
    from imaging.pipeline.film_key import FilmKey, form_distances, packed
    from tests.imaging import jaw_phantoms as jaws

    _table()
    rng, key, organisation = np.random.default_rng(5), FilmKey.derived(b"benchmark" * 4), uuid.uuid4()
    means = rng.normal(size=(KINDS, 256))
    means[0] = _mean_of_phantoms() / asked.alike
    films = [jaws.jaw_phantom(seed) for seed in range(asked.asked)]
    copies = [
        thumbnail(
            jaws.saved_again(jaws.turned(jaws.cropped(film, left=0.02, top=0, right=0.01, bottom=0.02), degrees=2))
        )
        for film in films
    ]
    others = [thumbnail(jaws.jaw_phantom(seed)) for seed in range(10_000, 10_000 + asked.asked)]
    alike = _drawn(rng, means[1:2], 400, asked.alike)
    within = form_distances(alike[:1], b"".join(packed(one) for one in alike[1:]))
    print(f"median distance within a kind of film, one form: {np.median(within):.0f}")
    _write(key, np.stack([film_spectrum(thumbnail(film)) for film in films]), organisation)
    rows = len(films)
    print(
        "      films   look p50   look p95   processor   queries   near   copies found   others near 38   write a row"
    )
    for size in asked.sizes:
        with _without_indexes():
            while rows < size:
                count = min(BATCH, size - rows)
                _write(key, _drawn(rng, means, count, asked.alike), organisation)
                rows += count
        started = time.perf_counter()
        _write(key, _drawn(rng, means, 1000, asked.alike), organisation)
        writing, rows = time.perf_counter() - started, rows + 1000
        _ask(key, copies[:5])
        seconds, near, queries, nearest = _ask(key, [*copies, *others])
        found = sum(distance <= 58 for distance in nearest[: len(copies)])
        wrong = sum(distance <= 38 for distance in nearest[len(copies) :])
        (middle, spent), (tail, _) = (np.percentile(seconds, share, axis=0) * 1000 for share in (50, 95))
        print(
            f"{rows:11,d}  {middle:6.1f} ms  {tail:6.1f} ms  {spent:6.1f} ms  {max(queries):8d}  {np.mean(near):5.1f}  "
            f"{found:5d} of {len(copies)}  {wrong:12d}  {writing * 1000:10.0f} us"
        )
    if os.path.exists(folder / "films.sqlite3"):
        print(f"file: {os.path.getsize(folder / 'films.sqlite3') / rows:.0f} bytes a film (without thumbnail)")


if __name__ == "__main__":
    main()
