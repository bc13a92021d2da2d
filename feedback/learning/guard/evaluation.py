"""What a guard does with films of a split, through the pipeline that serves; the evaluation document, schema 1.

python -m feedback.learning.guard.evaluation ARTEFACT --data DIR [--split val] writes <artefact>.evaluation.json beside
the artefact and prints the summary. Reading the hold-out is for the end: nothing may be chosen by it.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accounts.errors import DomainError
from feedback.learning.frames import frame_grey
from feedback.learning.guard.negatives import NEGATIVES, negative
from feedback.learning.guard.recipe import RECIPES, GuardRecipe
from feedback.learning.guard.samples import CUT_KINDS, TURNED_KINDS
from feedback.learning.guard.views import partial_cut
from feedback.learning.inputs import fit_inversion_rule
from feedback.learning.labelled_sets import LabelledImage, of_split, read_set
from feedback.learning.progress import Progress
from feedback.learning.provenance import provenance_of
from imaging.pipeline.frame_read import FrameRead
from imaging.pipeline.guard import Correction
from imaging.pipeline.preprocess import InversionRule
from imaging.pipeline.quality import unusable_reason
from imaging.pipeline.run import look_first, negatives_rule
from imaging.pipeline.upright import corrected
from imaging.pipeline.values import Frame
from registry.metrics.bootstrap import bootstrap_interval
from registry.runtime.artefacts import STARTER_MODELS, artefact_open, starter_index
from registry.runtime.loader import load_artefact
from registry.runtime.values import LoadedModel

Grey = NDArray[np.float32]

# Another seed than any training's: what is drawn here was not learned from.
DRAWN_SEED = 770_000
DRAWN_OF_EACH = 30


class GuardFailed(DomainError):
    """The guard could not look at a film, so nothing can be said of it."""

    code = "guard_failed"
    status = 500
    message = "The guard failed on a film of the set."


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame that was put to the guard.

    Attributes:
        question: what is counted, e.g. "right_films_refused"; yes: the guard did that.
        reason: the code of a refusal, "" when there is none.
    """

    question: str
    case_type: str
    group: str
    yes: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Look:
    """The guard with the rule for negatives in front of it, as the pipeline has them for a case type."""

    guard: LoadedModel
    case_type: str
    negatives: InversionRule | None

    def at(self, frames: Sequence[Grey]) -> list[FrameRead]:
        """What the pipeline makes of frames before any other model sees them.

        Raises:
            GuardFailed: the guard failed on a frame.
        """
        reads = [FrameRead(frame=Frame(grey=grey), spent={}) for grey in frames]
        for read in reads:
            read.reason = unusable_reason(read.frame)
        look_first([read for read in reads if read.is_open], self.guard, self.case_type, self.negatives)
        if any(read.error is not None for read in reads):
            raise GuardFailed
        return reads


def evaluate_guard(guard: LoadedModel, recipe: GuardRecipe, data: Path, *, split: str, software: str) -> dict[str, Any]:
    """The document of one split of every set that the recipe names.

    Raises:
        LabelledSetUnusable, LabelledSetNotShipped, HoldOutLeak.
    """
    found = {name: read_set(data / terms.name, terms=terms) for name, terms in recipe.kinds}
    films = {name: of_split(images, split) for name, images in found.items()}
    looks = {name: Look(guard, name, _rule(name, of_split(images, "train"))) for name, images in found.items()}
    answers: list[Answer] = []
    progress, done = Progress("films past the guard", sum(map(len, films.values()))), 0
    for case_type, images in films.items():
        for image in images:
            answers += _answers(looks, case_type, image)
            progress.show(done := done + 1)
    answers += [answer for look in looks.values() for answer in _drawn(look)]
    paths = sorted(hashlib.sha256(film.path.read_bytes()).hexdigest() for images in films.values() for film in images)
    return {
        "schema": 1,
        "model": {"name": guard.spec.name, "version": guard.spec.version, "sha256": guard.sha256},
        "case_type": "intake",
        "dataset": {
            "name": "+".join(terms.name for _, terms in recipe.kinds),
            "split": split,
            "digest": hashlib.sha256("".join(f"{line}\n" for line in paths).encode()).hexdigest(),
            "n_images": len(paths),
            "n_groups": len({(name, film.group) for name, images in films.items() for film in images}),
        },
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": software,
        "summary": summary_of(answers),
        "pointing": None,
        "sections": {"reasons": _reasons(answers), "asked": dict(Counter(map(_name, answers)))},
    }


def summary_of(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Share of yes with its interval over groups, by question and case type."""
    names = sorted({_name(answer) for answer in answers})
    return {name: _share([answer for answer in answers if _name(answer) == name]) for name in names}


def asked_of_film(case_type: str, grey: Grey, seed: int) -> Iterator[tuple[str, Grey, Correction]]:
    """What is put to the guard of one film sent as what it is: question, frame, and the correction that is right."""
    rng = np.random.default_rng(seed)
    yield "right_films", grey, Correction()
    yield "negatives", np.float32(1.0) - grey, Correction(inverted=True)
    if case_type in TURNED_KINDS:
        for turns in (1, 2, 3):
            yield f"turned_{90 * turns}", np.ascontiguousarray(np.rot90(grey, -turns)), Correction(turns)
        both = Correction(2, inverted=True)
        yield "turned_negatives", corrected(Frame(grey=grey), both).grey, both
    if case_type in CUT_KINDS:
        yield "cropped", np.ascontiguousarray(partial_cut(grey, rng)), Correction()


def _answers(looks: Mapping[str, Look], case_type: str, image: LabelledImage) -> list[Answer]:
    grey = frame_grey(image.path)
    seed = int(hashlib.sha256(image.path.name.encode()).hexdigest()[:8], 16)
    asked = list(asked_of_film(case_type, grey, seed))
    answers = []
    for (question, _, right), read in zip(asked, looks[case_type].at([frame for _, frame, _ in asked]), strict=True):
        if question == "right_films":
            answers.append(_answer("right_films_changed", case_type, image, not read.correction.is_none, read))
        if question in {"right_films", "cropped"}:
            answers.append(_answer(f"{question}_refused", case_type, image, not read.is_open, read))
        else:
            answers.append(_answer(f"{question}_set_right", case_type, image, _is_set_right(read, right), read))
    for other, look in looks.items():
        if other != case_type:
            read = look.at([grey])[0]
            answers.append(_answer(f"sent_as_{other}_refused", case_type, image, not read.is_open, read))
    return answers


def _is_set_right(read: FrameRead, right: Correction) -> bool:
    return read.is_open and read.correction == right


def _drawn(look: Look) -> list[Answer]:
    frames = [
        negative(kind, np.random.default_rng((DRAWN_SEED, number, index)))
        for number, kind in enumerate(NEGATIVES)
        for index in range(DRAWN_OF_EACH)
    ]
    return [
        Answer("drawn_pictures_refused", look.case_type, str(index), not read.is_open, _code(read))
        for index, read in enumerate(look.at(frames))
    ]


def _rule(case_type: str, train: Sequence[LabelledImage]) -> InversionRule | None:
    """For negatives, of the first shipped model that reads the case type; where there is none, fitted as theirs are."""
    index = starter_index()
    for name in index.routes.get(case_type, ()):
        entry = index.model(name)
        spec, _ = artefact_open(STARTER_MODELS / entry.file, sha256=entry.sha256)
        return negatives_rule(spec.input)
    return fit_inversion_rule(train)


def _answer(question: str, case_type: str, image: LabelledImage, yes: bool, read: FrameRead) -> Answer:
    return Answer(question, case_type, image.group, yes, _code(read))


def _code(read: FrameRead) -> str:
    return (read.reason or "").partition(": ")[0]


def _name(answer: Answer) -> str:
    return f"{answer.case_type}_{answer.question}"


def _share(answers: Sequence[Answer]) -> dict[str, float]:
    yes = np.array([answer.yes for answer in answers], dtype=np.float64)
    found = bootstrap_interval(
        lambda rows: float(yes[rows].mean()), [answer.group for answer in answers], resamples=500
    )
    return {"value": found.estimate, "low": found.low, "high": found.high}


def _reasons(answers: Sequence[Answer]) -> dict[str, dict[str, int]]:
    names = sorted({_name(answer) for answer in answers})
    return {name: dict(Counter(one.reason for one in answers if _name(one) == name and one.reason)) for name in names}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure a guard on a split of the labelled sets.")
    parser.add_argument("artefact", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", default="val", choices=("train", "val"))
    options = parser.parse_args()
    data = options.artefact.read_bytes()
    guard = load_artefact(data, sha256=hashlib.sha256(data).hexdigest())
    recipe = next(entry for entry in RECIPES if entry.name == guard.spec.name)
    software = provenance_of(options.artefact.with_suffix(".evaluated.json"), command=["evaluation"], resume=False)
    document = evaluate_guard(guard, recipe, options.data, split=options.split, software=software.commit)
    options.artefact.with_suffix(".evaluation.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    for name, share in document["summary"].items():
        sys.stdout.write(f"{name:45} {share['value']:.4f} [{share['low']:.4f}, {share['high']:.4f}]\n")


if __name__ == "__main__":
    main()
