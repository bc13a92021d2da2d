"""Measured numbers as JSON values: never NaN, always the same shape."""

from collections.abc import Callable
from typing import Any

import numpy as np

from registry.metrics.bootstrap import Interval
from registry.metrics.errors import SampleUnusable

Json = dict[str, Any]


def with_interval(interval: Interval) -> Json:
    """{"value", "low", "high"}."""
    return {"value": finite(interval.estimate), "low": finite(interval.low), "high": finite(interval.high)}


def plain(value: float | None) -> Json:
    """A number without an interval, in the same shape."""
    return {"value": finite(value), "low": None, "high": None}


def finite(value: float | None) -> float | None:
    """Six digits are more than any sample here supports; None for what is not a number."""
    return None if value is None or not np.isfinite(value) else round(float(value), 6)


def measured(metric: Callable[[], Interval]) -> Json | None:
    """The metric with its interval, or None where the sample does not allow it."""
    try:
        return with_interval(metric())
    except SampleUnusable:
        return None
