import threading
import time

import pytest

from imaging.pipeline.ahead import one_ahead


def test_results_come_in_order():
    assert list(one_ahead(lambda number=number: number for number in range(5))) == [0, 1, 2, 3, 4]
    assert list(one_ahead([])) == []


def test_the_next_result_is_made_while_the_caller_is_busy():
    second = threading.Event()
    results = one_ahead([lambda: None, second.set, lambda: None])
    next(results)
    assert second.wait(5)


def test_no_more_than_one_result_is_made_ahead():
    made: list[int] = []
    results = one_ahead(lambda number=number: made.append(number) for number in range(9))
    next(results)
    time.sleep(0.1)
    assert made == [0, 1]


def test_jobs_are_taken_in_the_caller_s_thread():
    takers: list[str] = []

    def jobs():
        for _ in range(3):
            takers.append(threading.current_thread().name)
            yield lambda: None

    list(one_ahead(jobs()))
    assert set(takers) == {threading.current_thread().name}


def test_what_a_job_raises_comes_in_its_place():
    def fail() -> int:
        raise OSError("no")

    results = one_ahead([lambda: 1, fail, lambda: 3])
    assert next(results) == 1
    with pytest.raises(OSError):
        next(results)
