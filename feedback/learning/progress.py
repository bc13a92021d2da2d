"""Progress and the time that is left, for a person on a terminal or in a log."""

import sys
import time
from typing import TextIO


class Progress:
    """One line on stderr: rewritten on a terminal, at most every `seconds_between` into a log."""

    def __init__(
        self, task: str, total: int, *, done: int = 0, stream: TextIO | None = None, seconds_between: float = 15.0
    ) -> None:
        self._task, self._total, self._first = task, total, done
        self._stream = stream or sys.stderr
        self._interactive = self._stream.isatty()
        self._between = 0.2 if self._interactive else seconds_between
        self._began = time.monotonic()
        self._shown = -1e9

    def show(self, done: int, note: str = "") -> None:
        """Say how far it is; the last step is always shown."""
        now = time.monotonic()
        if done < self._total and now - self._shown < self._between:
            return
        self._shown = now
        line = f"{self._task}: {done}/{self._total}{self._left(done, now)}{'  ' + note if note else ''}"
        ending = "\n" if done >= self._total or not self._interactive else ""
        self._stream.write(f"\r\x1b[2K{line}{ending}" if self._interactive else line + "\n")
        self._stream.flush()

    def _left(self, done: int, now: float) -> str:
        fresh = done - self._first
        if fresh <= 0 or done >= self._total:
            return f" in {_clock(now - self._began)}" if done >= self._total else ""
        return f", {_clock((now - self._began) / fresh * (self._total - done))} left"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
