"""A labelled folder through the versions of a route -> one evaluation document a version. The story, top to bottom."""

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from feedback.evaluation.agreement import agreement_metrics
from feedback.evaluation.confounded import Baselines, confounder_metrics
from feedback.evaluation.confounders import ConfounderTable, confounder_table, vocabulary_of
from feedback.evaluation.detection import detector_metrics
from feedback.evaluation.document import EvaluationDocument, MeasuredSet, counts_of, model_of
from feedback.evaluation.errors import DatasetNothingAnalysed, DatasetOneClass
from feedback.evaluation.films import Describe, facts_of
from feedback.evaluation.head_to_head import Contender, head_to_head
from feedback.evaluation.labelled_folder import EVERY_SPLIT, Film, LabelledFolder, films_digest
from feedback.evaluation.numbers import Json
from feedback.evaluation.pointing import (
    PointedFilms,
    energy_metrics,
    gate_verdict,
    pointing_metrics,
    pointing_summary,
)
from feedback.evaluation.readings import Reader, ReadFilms
from feedback.evaluation.sanity import sanity_metrics
from feedback.evaluation.subgroups import mean_auc, part_auc, subgroup_metrics, without_hardware
from feedback.evaluation.summary import classifier_summary, detector_summary
from feedback.evaluation.target_metrics import Sample, target_metrics
from feedback.evaluation.targets import Target, classifier_targets, reference_of
from feedback.evaluation.training_overlap import training_overlap
from feedback.evaluation.values import FilmFacts, FilmReading
from registry.metrics.resampling import resamples_of
from registry.runtime.values import LoadedModel, ModelSpec

REPOSITORY = Path(__file__).resolve().parents[2]
TRAIN = "train"
MOST_NAMED = 20
LONGEST_SPLIT = 32  # of the registry's columns
Announce = Callable[[str, int, int], None]
Untrain = Callable[[LoadedModel], LoadedModel]


def silent(task: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is evaluated on what.

    Attributes:
        split: None takes val where the set has splits, else everything.
        seed: of the resampling.
        describe: features of a frame for the linear probe that is the floor; None leaves it out.
        manifests: folder with the manifest of a version that was trained here, to tell whether it knows the films.
        untrain: a version with random weights, for the sanity test of its maps; None leaves that out.
    """

    folder: LabelledFolder
    case_type: str
    split: str | None = None
    resamples: int = 1000
    seed: int = 0
    describe: Describe | None = None
    untrain: Untrain | None = None
    manifests: Path | None = None


@dataclass(frozen=True, slots=True)
class _Measuring:
    """What every version's measurement shares."""

    films: tuple[Film, ...] = field(repr=False)
    sample: Sample = field(repr=False)
    baselines: "_BaselineMaker" = field(repr=False)
    folder: LabelledFolder = field(repr=False)


def evaluate_route(
    models: Sequence[LoadedModel],
    question: Question,
    *,
    guard: LoadedModel | None = None,
    front: Sequence[LoadedModel] = (),
    progress: Announce = silent,
) -> list[EvaluationDocument]:
    """Measure versions on a labelled folder; two detectors or more are compared with each other as well.

    Args:
        models: each reads every film by itself, behind the guard if there is one, as the portal's runs do.
        front: classifiers that read every film before each detector: they turn away what they do not know, and what is
            shown to a reader is joined from both.
        progress: hears (what is being done, how many are through, of how many).
    Raises:
        DatasetError (feedback.evaluation.errors), DatasetOneClass, DatasetNothingAnalysed.
    """
    split, films = question.folder.of_split(question.split)
    digest, files = films_digest(films)
    reader = Reader(tuple(models), question.case_type, guard, question.describe, tuple(front))
    read = reader.read(films, advance=lambda done: progress("films", done, len(films)))
    train = [film for film in question.folder.films if film.split == TRAIN] if split != TRAIN else []
    shared = _Measuring(
        films=films,
        sample=_sample(read, question),
        baselines=_BaselineMaker(read, [] if split == EVERY_SPLIT else train, progress, question.describe),
        folder=question.folder,
    )
    measured_set = MeasuredSet(
        question.folder.name, split[:LONGEST_SPLIT], digest, len(films), len({film.group for film in films})
    )
    sides = [Contender(model, readings) for model, readings in zip(models, read.readings, strict=True)]
    if not all(any(reading.is_analysed for reading in side.readings) for side in sides):
        raise DatasetNothingAnalysed
    compared = _comparisons(sides, shared)
    return [_document(side, compared.get(side.name, []), shared, measured_set, question, files) for side in sides]


def _comparisons(sides: Sequence[Contender], shared: _Measuring) -> dict[str, list[Json]]:
    """By detector, its comparisons with the others; none where the set cannot tell a false box."""
    detectors = [side for side in sides if side.model.spec.task == "detector"]
    if not shared.folder.boxes_exhaustive:
        return {}
    told = head_to_head(detectors, shared.films, shared.sample.resamples)
    return {side.name: found for side, found in zip(detectors, told, strict=True)}


def _document(
    side: Contender,
    compared: list[Json],
    shared: _Measuring,
    measured_set: MeasuredSet,
    question: Question,
    files: Sequence[str],
) -> EvaluationDocument:
    model, readings, spec = side.model, side.readings, side.model.spec
    measure = _classifier if spec.task == "classifier" else _detector
    summary, sections = measure(spec, readings, shared)
    if compared:
        sections["head_to_head"] = compared
    overlap = training_overlap(spec, files, folder=question.manifests)
    data = {
        "counts": counts_of(readings),
        "notices": [*question.folder.notices, *sections.pop("left_out", []), *overlap],
        "resamples": question.resamples,
        "seed": question.seed,
    }
    pointing = pointing_summary(sections.get("pointing"))
    if spec.task == "classifier":
        sections["gate"] = gate_verdict(pointing)
        if question.untrain is not None and pointing is not None:
            random = question.untrain(model)
            sections["sanity"] = sanity_metrics(random, shared.films, readings, case_type=question.case_type)
    return EvaluationDocument(
        model=model_of(spec, model.sha256),
        case_type=question.case_type,
        dataset=measured_set,
        software=commit(),
        summary=summary,
        pointing=pointing,
        sections={"data": data, **sections},
    )


def _classifier(spec: ModelSpec, readings: Sequence[FilmReading], shared: _Measuring) -> tuple[dict[str, Json], Json]:
    targets, left_out = classifier_targets(spec, shared.films, readings)
    if not targets:
        words = f"The set has {_listed(shared.folder.labels)}; the version looks for {_listed(spec.labels)}."
        raise DatasetOneClass(f"{DatasetOneClass.message} {words}")
    baselines = shared.baselines.of(targets)
    labels = [target for target in targets if target.name in spec.labels]
    pointed = PointedFilms(spec, shared.films, readings)
    plain = without_hardware(shared.films)
    sections: Json = {
        "targets": {
            target.name: {
                **target_metrics(target, shared.sample),
                "confounders": confounder_metrics(target, baselines, shared.sample),
            }
            for target in targets
        },
        "confounders_are": baselines.how_fitted,
        "mean_auc": mean_auc(labels, len(shared.films), shared.sample) if labels else None,
        "subgroups": subgroup_metrics(targets, shared.films, shared.sample),
        "pointing": pointing_metrics(pointed, shared.sample.resamples),
        "energy": energy_metrics(spec, readings, shared.sample.resamples),
        "triage_given_out": triage_table(shared.films, readings),
        "left_out": left_out,
    }
    if not plain.all():
        sections["without_hardware"] = {t.name: part_auc(t, plain, shared.sample) for t in targets}
    return classifier_summary(sections, spec.labels), sections


def _detector(spec: ModelSpec, readings: Sequence[FilmReading], shared: _Measuring) -> tuple[dict[str, Json], Json]:
    exhaustive, films, resamples = shared.folder.boxes_exhaustive, shared.films, shared.sample.resamples
    plain = without_hardware(films)
    detection = detector_metrics(spec, films, readings, resamples, exhaustive=exhaustive, plain=plain)
    sections: Json = {"detection": detection}
    if exhaustive:
        sections["agreement"] = agreement_metrics(spec.labels, films, readings, resamples)
    return detector_summary(detection), sections


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(sorted(labels)[:MOST_NAMED]) or "no labels"


def triage_table(films: Sequence[Film], readings: Sequence[FilmReading]) -> Json | None:
    """Classes given out (columns; the last is "not analysed") by reference class (rows); None without a reference."""
    given_names = ("normal", "flagged", "urgent", "not analysed")
    table = {name: dict.fromkeys(given_names, 0) for name in given_names[:3]}
    for film, reading in zip(films, readings, strict=True):
        if film.triage is not None:
            table[film.triage][reading.triage_class or "not analysed"] += 1
    return table if any(film.triage for film in films) else None


def commit() -> str:
    """The commit of this code, "+changes" behind it when tracked files differ, or "unknown" outside a repository."""
    head, changes = (_git(*arguments) for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "-uno")))
    return "unknown" if not head else f"{head}+changes" if changes else head


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _sample(read: ReadFilms, question: Question) -> Sample:
    films = read.films
    return Sample(
        resamples=resamples_of([film.group for film in films], resamples=question.resamples, seed=question.seed),
        views=[film.strata.get("view", film.strata.get("projection", "")) for film in films],
        greys=np.array([np.nan if fact is None else fact.mean_grey for fact in read.facts]),
    )


class _BaselineMaker:
    """The confounders' tables, made once; the train films are opened when they are first asked for."""

    def __init__(self, read: ReadFilms, train: Sequence[Film], progress: Announce, describe: Describe | None) -> None:
        self._films, self._facts, self._train = read.films, read.facts, list(train)
        self._progress, self._describe = progress, describe
        self._vocabulary = vocabulary_of([*read.films, *train])
        self._tables: tuple[ConfounderTable, ConfounderTable | None] | None = None
        self._decoded: list[bool] = []

    def of(self, targets: Sequence[Target]) -> Baselines:
        """The baselines of some contrasts."""
        here, train = self._both()
        if train is None:
            return Baselines(self._films, here)
        answers = {target.name: reference_of(target.name, self._train, self._decoded) for target in targets}
        return Baselines(self._films, here, train, answers)

    def _both(self) -> tuple[ConfounderTable, ConfounderTable | None]:
        if self._tables is None:
            here = confounder_table(self._films, self._facts, vocabulary=self._vocabulary)
            self._tables = here, self._train_table() if self._train else None
        return self._tables

    def _train_table(self) -> ConfounderTable:
        facts: list[FilmFacts | None] = []
        for fact in facts_of(self._train, describe=self._describe):
            facts.append(fact)
            self._progress("films of the train split, for the baselines", len(facts), len(self._train))
        self._decoded = [fact is not None for fact in facts]
        return confounder_table(self._train, facts, vocabulary=self._vocabulary)
