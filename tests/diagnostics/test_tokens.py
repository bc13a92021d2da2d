"""The design tokens, computed: every text on every ground in both themes; meanings told apart by colour-blind eyes."""

import re
from itertools import combinations

import pytest

from tests.paths import REPOSITORY

CSS = REPOSITORY / "static" / "css"
THEMES = ("light", "dark")
GROUNDS = ("room", "panel", "raised", "chosen", "field")
TEXTS = ("text", "muted", "faint", "urgent", "flagged", "normal", "unread", "model", "focus")
MEANINGS = ("urgent", "flagged", "normal", "model")
LEAST_CONTRAST = 4.5
LEAST_CONTRAST_OF_EDGES = 3.0
LEAST_DIFFERENCE = 15.0

# Machado, Oliveira, Fernandes (2009): linear RGB as seen without one kind of cone.
EYES = {
    "all cones": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}

Colour = tuple[float, float, float]


def tokens(theme: str) -> dict[str, str]:
    found = re.findall(
        r"--([a-z-]+):\s*(light-dark\(([^,]+),\s*([^)]+)\)|#[0-9a-f]+)", (CSS / "tokens.css").read_text()
    )
    one = THEMES.index(theme)
    return {name: (pair[one] if whole.startswith("light-dark") else whole).strip() for name, whole, *pair in found}


def linear(colour: str) -> Colour:
    """sRGB in hexadecimal to linear light, 0 to 1."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05) of the relative luminances."""
    darker, lighter = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(one), linear(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(colour: Colour) -> Colour:
    """CIELAB under D65."""
    r, g, b = colour
    x, y, z = (
        value / white
        for value, white in (
            (0.4124 * r + 0.3576 * g + 0.1805 * b, 0.95047),
            (0.2126 * r + 0.7152 * g + 0.0722 * b, 1.0),
            (0.0193 * r + 0.1192 * g + 0.9505 * b, 1.08883),
        )
    )
    fx, fy, fz = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, eye: str) -> Colour:
    light = linear(colour)
    r, g, b = (min(1.0, max(0.0, sum(m * c for m, c in zip(row, light, strict=True)))) for row in EYES[eye])
    return lab((r, g, b))


def difference(one: str, other: str, eye: str) -> float:
    """CIE76: 2.3 is just noticeable side by side."""
    return sum((a - b) ** 2 for a, b in zip(seen(one, eye), seen(other, eye), strict=True)) ** 0.5


def test_the_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_is_readable_on_every_ground(theme: str) -> None:
    named = tokens(theme)
    faint = {
        f"{text} on {ground}": round(contrast(named[text], named[ground]), 2) for text in TEXTS for ground in GROUNDS
    }
    assert {pair: value for pair, value in faint.items() if value < LEAST_CONTRAST} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_the_words_of_the_main_button_are_readable(theme: str) -> None:
    named = tokens(theme)
    assert contrast(named["on-text"], named["text"]) >= LEAST_CONTRAST
    assert contrast(named["on-text-muted"], named["text"]) >= LEAST_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_typed_into_has_an_edge_that_shows(theme: str) -> None:
    named = tokens(theme)
    assert min(contrast(named["edge"], named[ground]) for ground in GROUNDS) >= LEAST_CONTRAST_OF_EDGES


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", THEMES)
def test_meanings_differ_to_every_kind_of_eye(theme: str, eye: str) -> None:
    named = tokens(theme)
    close = {
        f"{one} and {other}": round(difference(named[one], named[other], eye), 1)
        for one, other in combinations(MEANINGS, 2)
        if difference(named[one], named[other], eye) < LEAST_DIFFERENCE
    }
    assert close == {}


def test_every_colour_has_a_value_in_both_themes() -> None:
    assert tokens("light").keys() == tokens("dark").keys() >= {*GROUNDS, *TEXTS}


@pytest.mark.parametrize("sheet", ["site.css", "bar.css", "worklist.css", "models.css", "admin.css"])
def test_colours_come_from_the_tokens_alone(sheet: str) -> None:
    text = re.sub(r"/\*.*?\*/", "", (CSS / sheet).read_text(), flags=re.DOTALL)
    assert re.findall(r":[^;{}]*(#[0-9a-f]{3,8}\b|rgba?\()", text) == []
