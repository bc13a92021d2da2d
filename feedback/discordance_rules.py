"""Where readers and models, and readers among each other, do not say the same: pure, structured, and in words.

Only signed reads speak. What a reader left alone of what the model found is no word of theirs, and no disagreement.
Between two readers it is one when the one sees something that the other rejected, calls otherwise, or would have had to
add and did not; and when both see it, but not in the same place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

READER_MODEL, READER_READER = "reader_model", "reader_reader"
CONFIRMED, CORRECTED, REJECTED, ADDED = "confirmed", "corrected", "rejected", "added"
SAME_PLACE = 0.1
"""Boxes of one label that overlap by this intersection over union, or more, are one place: boxes that two readers draw
around one lesion differ in size far more than in place."""

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Discordance:
    """kind: reader_model or reader_reader; who: the readers it is between, by display name."""

    kind: str
    label: str
    words: str
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """A review that stands. model_label, finding: the finding's own label and id, empty when the reader added it;
    place: instance and frame; box in pixels of the frame, if any; tooth: FDI number, if any."""

    verdict: str
    label: str
    model_label: str = ""
    place: tuple[str, int] = ("", 0)
    box: Corners | None = None
    tooth: int | None = None
    finding: str = ""

    @property
    def sees(self) -> bool:
        return self.verdict != REJECTED


@dataclass(frozen=True, slots=True)
class SignedRead:
    """Who signed, and what they say."""

    who: str
    said: tuple[Said, ...]

    def seen(self) -> list[Said]:
        return [said for said in self.said if said.sees]

    def refused(self) -> set[str]:
        """Labels of the model's that the reader rejected or calls otherwise, and sees nowhere else."""
        named = {_key(said.model_label or said.label) for said in self.said if said.verdict == REJECTED}
        renamed = {_key(said.model_label) for said in self.said if said.verdict == CORRECTED and said.model_label}
        return (named | renamed) - {_key(said.label) for said in self.seen()}


def discordances_of(reads: Sequence[SignedRead]) -> list[Discordance]:
    """Of one study's signed reads, in order: each with the model, then every two of them; empty when there is none."""
    found = [_with_the_model(read.who, said) for read in reads for said in read.said if said.verdict != CONFIRMED]
    for one, other in combinations(reads, 2):
        found += [*_only_of(one, other), *_only_of(other, one)]
    return _once(found)


def overlap(one: Corners, other: Corners) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return width * height / (both - width * height)


def _with_the_model(who: str, said: Said) -> Discordance:
    label = plain(said.label)
    at = f" at tooth {said.tooth}" if said.tooth else ""
    words = f"{who} sees the model's {label} otherwise than the model says it"
    if not said.model_label or said.verdict == ADDED:
        words = f"{who} sees {label}{at}, the model does not"
    elif said.verdict == REJECTED:
        words = f"the model sees {label}, {who} does not"
    elif _key(said.model_label) != _key(said.label):
        words = f"{who} calls {label} what the model calls {plain(said.model_label)}"
    return Discordance(READER_MODEL, said.label, words, (who,))


def _only_of(one: SignedRead, other: SignedRead) -> list[Discordance]:
    theirs, refused = other.seen(), other.refused()
    known = {_key(said.label) for said in theirs}
    answered = {said.finding for said in other.said if said.finding}
    found = []
    for said in one.seen():
        key = _key(said.label)
        if any(_same(said, seen) for seen in theirs):
            continue
        as_the_model = bool(said.model_label) and _key(said.model_label) == key
        if as_the_model and said.finding not in answered and key not in refused:
            continue  # the other left it alone
        verb = f"sees {plain(said.label)} where {other.who} does not" if key in known else ""
        words = f"{one.who} {verb or f'sees {plain(said.label)}, {other.who} does not'}"
        found.append(Discordance(READER_READER, said.label, words, (one.who, other.who)))
    return found


def _same(one: Said, other: Said) -> bool:
    """The same label in the same frame; where both name a tooth, the same one; where both have a box, at one place."""
    if _key(one.label) != _key(other.label) or one.place != other.place:
        return False
    if one.tooth and other.tooth and one.tooth != other.tooth:
        return False
    return one.box is None or other.box is None or overlap(one.box, other.box) >= SAME_PLACE


def _once(found: Iterable[Discordance]) -> list[Discordance]:
    return list(dict.fromkeys(found))


def _key(label: str) -> str:
    return label.casefold().replace("_", " ")


def plain(label: str) -> str:
    return label.replace("_", " ")
