"""The blind read beside the final one: what a reader said differently once the machine had spoken."""

from collections.abc import Iterable
from dataclasses import dataclass

from feedback.models import BlindRead, FindingReview, Impression, Read, Verdict
from feedback.selectors import standing_reviews


@dataclass(frozen=True, slots=True)
class BlindComparison:
    """words: one sentence a difference, none when the reader stayed with their blind read."""

    impression: str
    final_impression: str
    words: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return bool(self.words)


def blind_comparison(blind: BlindRead, read: Read) -> BlindComparison:
    """From the frozen blind read and what stands in the same reader's read now."""
    final = [review for review in standing_reviews(read) if review.verdict != Verdict.REJECTED]
    final_impression = Impression.ABNORMAL if final else Impression.NORMAL
    words = [*_dropped(blind, final), *_taken_up(blind, final)]
    if blind.impression != final_impression:
        words.insert(0, f"the impression went from {blind.impression} to {final_impression}")
    return BlindComparison(blind.impression, str(final_impression), tuple(words))


def _dropped(blind: BlindRead, final: Iterable[FindingReview]) -> list[str]:
    """A blind finding is still there when its record stands, or another one of the same label does."""
    items, labels = {str(review.item_id) for review in final}, {_key(review.label) for review in final}
    gone = [one["label"] for one in blind.findings if one["item"] not in items and _key(one["label"]) not in labels]
    return [f"{_plain(label)} was dropped" for label in dict.fromkeys(gone)]


def _taken_up(blind: BlindRead, final: Iterable[FindingReview]) -> list[str]:
    known = {_key(one["label"]) for one in blind.findings}
    new = [review.label for review in final if _key(review.label) not in known]
    return [f"{_plain(label)} was taken up" for label in dict.fromkeys(new)]


def _key(label: str) -> str:
    return label.casefold().replace("_", " ")


def _plain(label: str) -> str:
    return label.replace("_", " ")
