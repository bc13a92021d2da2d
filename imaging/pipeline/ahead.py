"""One piece of work ahead: while the caller is busy with a result, a thread makes the next one, and no more."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def one_ahead(jobs: Iterable[Callable[[], Result]]) -> Iterator[Result]:
    """The results of the jobs, in order; each job is taken in the caller's thread and run in another.

    At most two results exist at once: the one that the caller has, and the one that is being made. What a job raises is
    raised where its result is asked for.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        coming: Future[Result] | None = None
        for job in jobs:
            following = thread.submit(job)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()
