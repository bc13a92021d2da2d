"""The parts of a report or card that either can render, and how their numbers are written."""

from dataclasses import dataclass, field

from feedback.evaluation.numbers import Json


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """An SVG with the name of its file on a card."""

    name: str
    svg: str = field(repr=False)


Block = Heading | Paragraph | Table | Plot


def value(found: Json | None) -> str:
    """ "0.912 [0.880, 0.940]", or a dash."""
    if found is None or found.get("value") is None:
        return "-"
    if found.get("low") is None:
        return number(found["value"])
    return f"{number(found['value'])} [{number(found['low'])}, {number(found['high'])}]"


def number(found: float | None) -> str:
    """Three digits, a whole number as it is, or a dash."""
    if found is None:
        return "-"
    return str(found) if isinstance(found, int) else f"{found:.3f}"
