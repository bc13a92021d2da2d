"""What was done to a stored frame before it was read, in words for people."""

from collections.abc import Iterable

WORDS = {
    "inverted": "inverted",
    "rotated_90": "turned by 90 degrees to the left",
    "rotated_180": "turned by 180 degrees",
    "rotated_270": "turned by 90 degrees to the right",
}


def correction_words(corrections: Iterable[str]) -> str:
    """ "inverted and turned by 180 degrees before reading"; "" when nothing was done.

    Args:
        corrections: as PipelineResult.corrections has them.
    """
    done = " and ".join(WORDS.get(name, name.replace("_", " ")) for name in corrections)
    return f"{done} before reading" if done else ""
