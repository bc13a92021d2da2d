"""Which shipped files are evaluated, without a database: what reads a case type and its challengers, or those named."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.evaluation.errors import ComparisonImpossible, NothingRouted, VersionNotFound
from registry.runtime.artefacts import STARTER_MODELS, StarterIndex, StarterModel, artefact_open, starter_index
from registry.runtime.errors import ArtefactMissing
from registry.runtime.loader import load_starter
from registry.runtime.values import LoadedModel, ModelSpec

GUARD_CASE_TYPE = "intake"


@dataclass(frozen=True, slots=True)
class ChosenVersions:
    """What reads, and what stands before it.

    Attributes:
        front: the routed classifiers of the case type, which read every film before a detector does.
    """

    models: tuple[LoadedModel, ...]
    guard: LoadedModel | None
    front: tuple[LoadedModel, ...] = ()


def shipped_versions(case_type: str, *, name: str | None, against: str | None = None) -> ChosenVersions:
    """From the files of registry/starter_models, without a database.

    Args:
        name: "chest-lite0", or with its version "chest-lite0-1.0.0"; None takes the case type's route and every other
            detector of it.
        against: a second one, as `name`.
    Raises:
        VersionNotFound, NothingRouted, ComparisonImpossible, or what loading raises.
    """
    index = starter_index()
    routed: Sequence[str] = index.routes.get(case_type, ())
    if name is None:
        names = [*routed, *_shipped_challengers(index, case_type, routed)]
        if not names:
            raise NothingRouted
    else:
        names = [_shipped_called(index, wanted) for wanted in (name, against) if wanted]
    guards = index.routes.get(GUARD_CASE_TYPE, ())
    try:
        return chosen_versions(
            models=[load_starter(entry) for entry in names],
            front=[model for model in map(load_starter, routed) if model.spec.task == "classifier"],
            guard=load_starter(guards[0]) if guards else None,
            is_pair=against is not None,
        )
    except ArtefactMissing as error:
        raise VersionNotFound from error


def chosen_versions(
    *, models: Sequence[LoadedModel], front: Sequence[LoadedModel], guard: LoadedModel | None, is_pair: bool
) -> ChosenVersions:
    """What was chosen. Raises ComparisonImpossible for a pair that is none of two detectors of one label."""
    if is_pair:
        one, other = (model.spec for model in models)
        if {one.task, other.task} != {"detector"} or not set(one.labels) & set(other.labels) or one == other:
            raise ComparisonImpossible
    return ChosenVersions(models=tuple(models), guard=guard, front=tuple(front))


def _shipped_challengers(index: StarterIndex, case_type: str, routed: Sequence[str]) -> list[str]:
    specs = {entry.name: _spec_of(entry) for entry in index.models if entry.name not in routed}
    return [name for name, spec in specs.items() if spec.task == "detector" and case_type in spec.case_types]


def _spec_of(entry: StarterModel) -> ModelSpec:
    spec, _ = artefact_open(STARTER_MODELS / entry.file, sha256=entry.sha256)
    return spec


def _shipped_called(index: StarterIndex, name: str) -> str:
    found = [entry.name for entry in index.models if name in {entry.name, f"{entry.name}-{entry.version}"}]
    if not found:
        raise VersionNotFound
    return found[0]
