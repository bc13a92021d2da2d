import os

import pytest

from registry.runtime.engines import threads


@pytest.fixture(autouse=True)
def _unbound():
    yield
    threads.threads_set(None)


def test_without_a_bound_the_cores_of_the_process_count():
    assert threads.threads_allowed() == len(os.sched_getaffinity(0))


def test_a_bound_holds_and_never_exceeds_the_cores():
    threads.threads_set(1)
    assert threads.threads_allowed() == 1
    threads.threads_set(10_000)
    assert threads.threads_allowed() == len(os.sched_getaffinity(0))


def test_no_threads_at_all_is_refused():
    with pytest.raises(ValueError):
        threads.threads_set(0)
