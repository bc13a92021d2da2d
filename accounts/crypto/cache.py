"""Unwrapped keys in memory, for a short time and a bounded number."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from accounts.crypto.columns import ScopeKey

TIME_TO_LIVE_SECONDS = 300.0
CAPACITY = 10_000


class KeyCache:
    """Least recently used leave first; nothing is older than the time to live. Thread-safe; repr shows a count only.

    Everything is forgotten when the count of destroyed keys changes, whichever process destroyed one. The time to live
    is the longest that a key whose key-encryption key was withdrawn stays readable here (SECURITY.md C4).
    """

    def __init__(
        self,
        *,
        time_to_live_seconds: float = TIME_TO_LIVE_SECONDS,
        capacity: int = CAPACITY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries: OrderedDict[Hashable, tuple[float, ScopeKey]] = OrderedDict()
        self._time_to_live = time_to_live_seconds
        self._capacity = capacity
        self._clock = clock
        self._lock = threading.Lock()
        self._destroyed = 0

    def __repr__(self) -> str:
        return f"KeyCache({len(self._entries)} keys)"

    def get(self, name: Hashable) -> ScopeKey | None:
        """The key, or None when it is unknown here or too old."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                return None
            if self._clock() - entry[0] >= self._time_to_live:
                del self._entries[name]
                return None
            self._entries.move_to_end(name)
            return entry[1]

    def follow(self, destroyed: int) -> None:
        """Forget everything if keys were destroyed since the last call; ask before every use.

        Args:
            destroyed: Destructions.count().
        """
        with self._lock:
            if destroyed != self._destroyed:
                self._entries.clear()
                self._destroyed = destroyed

    def put(self, name: Hashable, key: ScopeKey, *, destroyed: int = 0) -> None:
        """Remember a key, unless one was destroyed since it was looked up: it may be that one.

        Args:
            destroyed: the count before the key was looked up.
        """
        with self._lock:
            if destroyed != self._destroyed:
                return
            self._entries[name] = (self._clock(), key)
            self._entries.move_to_end(name)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)

    def forget(self, matches: Callable[[Hashable], bool]) -> None:
        """Drop every key whose name matches."""
        with self._lock:
            for name in [name for name in self._entries if matches(name)]:
                del self._entries[name]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
