"""What a web process does once, before its first request."""

import gc

from django.urls import get_resolver


def settle() -> int:
    """Load every route, then take what is loaded out of the sight of Python's collector; how many objects that are.

    They live as long as the process. A full collection that visits all of them stops every request meanwhile, and some
    request meets it: it was the tail of tests/benchmarks/worklist.py.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
