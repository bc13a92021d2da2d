import pytest

from imaging.corrections import correction_words


@pytest.mark.parametrize(
    ("corrections", "words"),
    [
        ((), ""),
        (("inverted",), "inverted before reading"),
        (("rotated_90",), "turned by 90 degrees to the left before reading"),
        (("inverted", "rotated_270"), "inverted and turned by 90 degrees to the right before reading"),
    ],
)
def test_corrections_are_said_in_words(corrections, words):
    assert correction_words(corrections) == words
