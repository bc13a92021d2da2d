"""Times and differences, as the turnaround page says them."""

from django import template

from feedback.turnaround_figures import MedianDifference
from feedback.turnaround_plots import span_words

register = template.Library()


@register.filter
def span(seconds: float | None) -> str:
    """ "8.4 s", "5 min", "2 d 3 h"; a dash for None."""
    return span_words(seconds)


@register.filter
def difference(found: MedianDifference) -> str:
    """ "6.2 s less (2.1 s to 9.8 s less)": with AI shown, against without."""
    return f"{_side(found.value)} ({_bounds(found.low, found.high, _side)})"


@register.filter
def share(found: MedianDifference) -> str:
    """ "18 % less (6 % to 27 % less)"; empty where there is no share."""
    if found.share is None:
        return ""
    value, low, high = found.share
    return f"{_percent(value)} ({_bounds(low, high, _percent)})"


def _side(seconds: float) -> str:
    return f"{span_words(abs(seconds))} {'less' if seconds < 0 else 'more'}"


def _percent(share: float) -> str:
    return f"{abs(share):.0%} {'less' if share < 0 else 'more'}".replace("%", " %")


def _bounds(low: float, high: float, words: object) -> str:
    """The bound nearer to nought first where both lie on one side; else from less to more."""
    first, second = (high, low) if high < 0 else (low, high)
    return f"95 % interval: {words(first)} to {words(second)}"  # type: ignore[operator]
