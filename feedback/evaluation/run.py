"""One evaluation from request to saved report, recorded document and card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from feedback.evaluation.cards import card_store, card_write, plots_path, seen_by_a_person
from feedback.evaluation.document import EvaluationDocument, document_text
from feedback.evaluation.evaluate import REPOSITORY, Question, evaluate_route
from feedback.evaluation.films import Describe
from feedback.evaluation.labelled_folder import labelled_folder_read
from feedback.evaluation.report import report_html
from feedback.evaluation.shipped import ChosenVersions, shipped_versions
from feedback.evaluation.terminal import comparison_texts, summary_text
from feedback.evaluation.versions import registered_versions
from feedback.learning.progress import Progress
from registry.errors import EvaluationOfOtherModel
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.values import LoadedModel
from registry.services.evaluations import evaluation_record


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What the command line says.

    Attributes:
        version: one version instead of what reads the case type. against: a second detector to compare it with.
        manifests: folder that may hold the versions' manifests of training images.
    """

    case_type: str
    dataset: Path
    split: str | None
    version: str | None
    starters: bool
    out: Path
    card: bool
    resamples: int = 1000
    floor: bool = False
    against: str | None = None
    manifests: Path | None = None


@dataclass(frozen=True, slots=True)
class FinishedEvaluation:
    """What it leaves.

    Attributes:
        documents: one JSON line a version. lines: the same as a table for people, then one table a pair of detectors.
        notices: sentences for stderr.
    """

    report: Path
    documents: tuple[str, ...]
    lines: tuple[str, ...]
    notices: tuple[str, ...]


def evaluation_run(request: EvaluationRequest) -> FinishedEvaluation:
    """Read the folder, measure, save HTML and JSON into `request.out`, record, and write cards when asked.

    Without --starters every document is recorded in the registry, audited.

    Raises:
        DatasetError, VersionNotFound, NothingRouted, OSError, or what loading a version raises.
    """
    folder = labelled_folder_read(request.dataset)
    folder.of_split(request.split)  # a wrong split is told before a model is loaded
    choose = shipped_versions if request.starters else registered_versions
    chosen = choose(request.case_type, name=request.version, against=request.against)
    question = Question(
        folder,
        request.case_type,
        request.split,
        request.resamples,
        describe=_frozen_features() if request.floor else None,
        untrain=_untrained,
        manifests=request.manifests,
    )
    bars = _Bars()
    documents = evaluate_route(chosen.models, question, guard=chosen.guard, front=chosen.front, progress=bars.show)
    report = _save(documents, chosen, request)
    notices = () if request.starters else _recorded(documents)
    if request.card:
        notices = (*notices, *_cards(documents, chosen.models))
    return FinishedEvaluation(
        report=report,
        documents=tuple(json.dumps(document.as_json(), allow_nan=False) for document in documents),
        lines=(*(summary_text(document) for document in documents), *comparison_texts(documents)),
        notices=notices,
    )


def _frozen_features() -> Describe:
    from feedback.learning.floor import FrozenFeatures  # torch and timm: only when the floor is asked for

    return FrozenFeatures()


def _untrained(model: LoadedModel) -> LoadedModel:
    from feedback.learning.untrained import untrained_model  # torch: only for films with boxes

    return untrained_model(model)


def _save(documents: Sequence[EvaluationDocument], chosen: ChosenVersions, request: EvaluationRequest) -> Path:
    """One HTML for the run, one JSON a version, named by what, on what, when."""
    request.out.mkdir(parents=True, exist_ok=True)
    first = documents[0]
    stamp = first.created[:19].replace(":", "").replace("-", "").replace("T", "-")
    stem = f"{stamp}-{request.case_type}-{_plain(first.dataset.name)}-{_plain(first.dataset.split)}"
    for document in documents:
        path = request.out / f"{stem}-{document.model['name']}-{document.model['version']}.json"
        path.write_text(document_text(document), encoding="utf-8")
    report = request.out / f"{stem}.html"
    report.write_text(report_html(documents, [model.spec.labels for model in chosen.models]), encoding="utf-8")
    return report


def _recorded(documents: Sequence[EvaluationDocument]) -> tuple[str, ...]:
    told = []
    for document in documents:
        try:
            evaluation_record(document.as_json())
        except EvaluationOfOtherModel as error:
            told.append(f"Not recorded: {error.message}")
    return tuple(told)


def _cards(documents: Sequence[EvaluationDocument], models: Sequence[LoadedModel]) -> tuple[str, ...]:
    """Card, plots and evaluation.json of versions that lie among the shipped files."""
    told = []
    for document, model in zip(documents, models, strict=True):
        stem = f"{model.spec.name}-{model.spec.version}"
        if not (STARTER_MODELS / f"{stem}.safetensors").is_file():
            told.append(f"No card for {stem}: it is not among the shipped files.")
            continue
        plots = plots_path(model.spec, folder=STARTER_MODELS, repository=REPOSITORY)
        seen = seen_by_a_person(model.spec, repository=REPOSITORY)
        card = card_write([document], model.spec, plots_at=plots, seen=seen)
        path = card_store(card, model.spec, folder=STARTER_MODELS, repository=REPOSITORY)
        (STARTER_MODELS / f"{stem}.evaluation.json").write_text(document_text(document), encoding="utf-8")
        told.append(f"Card: {path.relative_to(REPOSITORY)}")
    return tuple(told)


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)[:60]


class _Bars:
    """One progress line after another, with the time that is left."""

    def __init__(self) -> None:
        self._bars: dict[str, Progress] = {}

    def show(self, task: str, done: int, total: int) -> None:
        if task not in self._bars:
            self._bars[task] = Progress(task, total)
        self._bars[task].show(done)
