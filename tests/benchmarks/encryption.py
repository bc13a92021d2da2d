"""How fast an upload is encrypted, and what it costs in memory. Run: python -m tests.benchmarks.encryption [MiB]

Through ObjectWriter, as the upload route does: SHA-256 of the plaintext, Cobblestone-256, a 0600 file, fsync, rename,
then the row. The bar of issue 2 is 200 MB/s.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import django
import psutil

CHUNK_BYTES = 64 * 1024
ROUNDS = 3


def main(mebibytes: int) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "diagnostics.settings.test"
    django.setup()
    with tempfile.TemporaryDirectory() as folder:
        _prepare(Path(folder))
        return _measure(mebibytes)


def _prepare(folder: Path) -> None:
    """An empty database and storage of our own."""
    from django.conf import settings
    from django.core.management import call_command

    settings.DATABASES["default"]["NAME"] = str(folder / "db.sqlite3")
    call_command("migrate", verbosity=0, skip_checks=True)


def _measure(mebibytes: int) -> int:
    from accounts.crypto.stream import StreamEncryptor
    from accounts.services.objects import ObjectWriter, object_destroy, object_read
    from accounts.services.sites import organisation_create

    organisation = organisation_create("Benchmark", "benchmark")
    chunk, chunks = os.urandom(CHUNK_BYTES), mebibytes * 1024 * 1024 // CHUNK_BYTES
    process = psutil.Process()
    stored = []

    def write() -> None:
        writer = ObjectWriter(organisation.id, "benchmark")
        for _ in range(chunks):
            writer.write(chunk)
        stored.append(writer.finish())

    def encrypt_only() -> None:
        encryptor = StreamEncryptor(bytes(32), b"")
        for _ in range(chunks):
            encryptor.update(chunk)
        encryptor.finish()

    before = process.memory_info().rss
    written = _rate("ObjectWriter (hash, encrypt, write, fsync, row)", write, mebibytes)
    growth = (process.memory_info().rss - before) / 1e6
    _rate("StreamEncryptor alone", encrypt_only, mebibytes)
    _rate("object_read (decrypt, verify, hash)", lambda: object_read(stored[0]), mebibytes)
    print(f"memory grown while writing: {growth:.1f} MB")
    for row in stored:
        object_destroy(row)
    return 0 if written >= 200 else 1


def _rate(name: str, work: Callable[[], None], mebibytes: int) -> float:
    """MB/s, the median of the rounds."""
    seconds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    rate = mebibytes * 1.048576 / statistics.median(seconds)
    print(f"{name:<50}{rate:>8.0f} MB/s   (best {mebibytes * 1.048576 / min(seconds):.0f})")
    return rate


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 256))
