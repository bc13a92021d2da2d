"""What a guard does with films of a split, through the pipeline that serves; the evaluation document, schema 1.

python -m feedback.learning.guard.evaluation ARTEFACT --data DIR [--split val] writes <artefact>.evaluation.json beside
the artefact and prints the summary. Reading the hold-out is for the end: nothing may be chosen by it.
"""

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feedback.learning.frames import frame_grey
from feedback.learning.guard.negatives import NEGATIVES, negative
from feedback.learning.guard.recipe import RECIPES, GuardRecipe
from feedback.learning.guard.samples import CUT_KINDS, TURNED_KINDS
from feedback.learning.guard.views import partial_cut
from feedback.learning.labelled_sets import LabelledImage, of_split, read_set
from feedback.learning.progress import Progress
from feedback.learning.provenance import provenance_of
from imaging.pipeline.errors import PipelineError
from imaging.pipeline.guard import Correction
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.upright import corrected
from imaging.pipeline.values import Frame, PipelineResult
from registry.metrics.bootstrap import bootstrap_interval
from registry.runtime.loader import load_artefact
from registry.runtime.values import LoadedModel

Grey = NDArray[np.float32]

# Another seed than any training's: what is drawn here was not learned from.
DRAWN_SEED = 770_000
DRAWN_OF_EACH = 30


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


def evaluate_guard(guard: LoadedModel, recipe: GuardRecipe, data: Path, *, split: str, software: str) -> dict[str, Any]:
    """The document of one split of every set that the recipe names.

    Raises:
        LabelledSetUnusable, LabelledSetNotShipped, HoldOutLeak.
    """
    films = {name: of_split(read_set(data / terms.name, terms=terms), split) for name, terms in recipe.kinds}
    answers: list[Answer] = []
    progress, done = Progress("films past the guard", sum(map(len, films.values()))), 0
    for case_type, images in films.items():
        for image in images:
            answers += _answers(guard, case_type, image, tuple(films))
            progress.show(done := done + 1)
    answers += [answer for case_type in films for answer in _drawn(guard, case_type)]
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


def _answers(guard: LoadedModel, case_type: str, image: LabelledImage, others: Sequence[str]) -> list[Answer]:
    grey = frame_grey(image.path)
    seed = int(hashlib.sha256(image.path.name.encode()).hexdigest()[:8], 16)
    asked = list(asked_of_film(case_type, grey, seed))
    answers = []
    for (question, _, right), result in zip(
        asked, _read(guard, case_type, [frame for _, frame, _ in asked]), strict=True
    ):
        refused = result.status != "analysed"
        done = result.corrections == right.names and not refused
        counted = {"cropped": ("refused", refused)}.get(question, ("set_right", done))
        if question == "right_films":
            counted = ("refused", refused)
            answers.append(_answer("right_films_changed", case_type, image, bool(result.corrections), result))
        answers.append(_answer(f"{question}_{counted[0]}", case_type, image, counted[1], result))
    for other in others:
        if other != case_type:
            result = _read(guard, other, [grey])[0]
            answers.append(_answer(f"sent_as_{other}_refused", case_type, image, result.status != "analysed", result))
    return answers


def _drawn(guard: LoadedModel, case_type: str) -> list[Answer]:
    frames = [
        negative(kind, np.random.default_rng((DRAWN_SEED, number, index)))
        for number, kind in enumerate(NEGATIVES)
        for index in range(DRAWN_OF_EACH)
    ]
    return [
        Answer("drawn_pictures_refused", case_type, str(index), result.status != "analysed", _code(result))
        for index, result in enumerate(_read(guard, case_type, frames))
    ]


def _read(guard: LoadedModel, case_type: str, frames: Sequence[Grey]) -> list[PipelineResult]:
    results = run_pipeline([Frame(grey=grey) for grey in frames], models=(), guard=guard, case_type=case_type)
    for result in results:
        if isinstance(result, PipelineError):
            raise RuntimeError(result.message)
    return [result for result in results if isinstance(result, PipelineResult)]


def _answer(question: str, case_type: str, image: LabelledImage, yes: bool, result: PipelineResult) -> Answer:
    return Answer(question, case_type, image.group, yes, _code(result))


def _code(result: PipelineResult) -> str:
    return (result.reason or "").partition(": ")[0]


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
