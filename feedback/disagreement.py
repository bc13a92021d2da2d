"""Who disagrees on what, in words: pure. A reader with the model, and readers with each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

YES = ("confirmed", "corrected", "added")
VERBS = {"rejected": "rejected", "corrected": "corrected", "added": "added"}


@dataclass(frozen=True, slots=True)
class Word:
    """A review that stands: the verdict, the reader's label, and the model's where there is one."""

    verdict: str
    label: str
    model_label: str = ""


@dataclass(frozen=True, slots=True)
class SignedWord:
    """What a reader signed."""

    by: str
    words: tuple[Word, ...]

    def yes(self) -> set[str]:
        return {word.label for word in self.words if word.verdict in YES}

    def no(self) -> set[str]:
        """What the reader said is not there: rejected, or called otherwise."""
        refused = {word.model_label or word.label for word in self.words if word.verdict == "rejected"}
        renamed = {word.model_label for word in self.words if word.verdict == "corrected" and word.model_label}
        return (refused | renamed) - self.yes()


def disagreements(signed: Sequence[SignedWord], *, model_labels: Sequence[str]) -> list[str]:
    """One sentence for each reader who disagrees with the model, then one for each pair of readers; empty: none does.

    Args:
        model_labels: what the models found. A label of theirs that a reader left alone is no word of that reader's; a
            label that only another reader added is missing from the read.
    """
    with_model = [sentence for read in signed if (sentence := _with_model(read))]
    pairs = combinations(signed, 2)
    return with_model + [sentence for one, other in pairs if (sentence := _between(one, other, set(model_labels)))]


def _with_model(read: SignedWord) -> str:
    parts = [f"{VERBS[verdict]} {_names(labels)}" for verdict in VERBS if (labels := _labels(read, verdict))]
    return f"{read.by} and the model: {', '.join(parts)}" if parts else ""


def _labels(read: SignedWord, verdict: str) -> list[str]:
    return [_label_words(word) for word in read.words if word.verdict == verdict]


def _label_words(word: Word) -> str:
    if word.verdict == "corrected" and word.model_label and word.model_label != word.label:
        return f"{word.model_label} to {word.label}"
    return word.label


def _between(one: SignedWord, other: SignedWord, model_labels: set[str]) -> str:
    differ = sorted(_only(one, other, model_labels) | _only(other, one, model_labels))
    return f"{one.by} and {other.by}: {_names(differ)}" if differ else ""


def _only(one: SignedWord, other: SignedWord, model_labels: set[str]) -> set[str]:
    """What one says is there and the other says is not, or would have had to add and did not."""
    missing = one.yes() - other.yes()
    return {label for label in missing if label in other.no() or label not in model_labels}


def _names(labels: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(label.replace("_", " ") for label in labels))
