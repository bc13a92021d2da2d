import threading
import time
from types import SimpleNamespace

import pytest

from registry.runtime import cache
from registry.runtime.errors import ArtefactDigestMismatch


@pytest.fixture(autouse=True)
def _cold():
    cache.clear()
    yield
    cache.clear()


def warm(version: str, calls: list[str], *, seconds: float = 0.0):
    def load(data, *, sha256):
        time.sleep(seconds)
        calls.append(version)
        return SimpleNamespace(version=version)

    return cache.warm_model(name="m", version=version, sha256="a", fetch=lambda: b"", load=load)


def test_two_threads_that_want_one_version_load_it_once():
    calls: list[str] = []
    threads = [threading.Thread(target=warm, args=("1", calls), kwargs={"seconds": 0.05}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == ["1"]


def test_the_version_that_was_not_used_longest_leaves_first():
    calls: list[str] = []
    for number in range(cache.CAPACITY):
        warm(str(number), calls)
    warm("0", calls)
    warm("new", calls)
    warm("0", calls)
    assert calls.count("0") == 1
    warm("1", calls)
    assert calls.count("1") == 2


def test_what_could_not_be_loaded_is_not_kept():
    def fail(data, *, sha256):
        raise ArtefactDigestMismatch

    with pytest.raises(ArtefactDigestMismatch):
        cache.warm_model(name="m", version="1", sha256="a", fetch=lambda: b"", load=fail)
    calls: list[str] = []
    warm("1", calls)
    assert calls == ["1"]
