"""How many processor cores the engines of this process may use; said once, before the first model is loaded."""

import os

_limit: int | None = None


def threads_set(count: int | None) -> None:
    """Bound the engines that are made from now on; None takes the bound away.

    Raises:
        ValueError: the bound is below 1.
    """
    global _limit  # noqa: PLW0603 - one bound a process, as with the environment variables of OpenMP
    if count is not None and count < 1:
        raise ValueError("an engine needs a thread")
    _limit = count


def threads_allowed() -> int:
    """The bound, and never more than the cores that this process may run on."""
    available = len(os.sched_getaffinity(0))
    return available if _limit is None else min(_limit, available)
