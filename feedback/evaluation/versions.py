"""Which versions are evaluated: those of the registry's routes, one that is named, or the shipped files."""

from collections.abc import Sequence
from dataclasses import dataclass

from feedback.evaluation.errors import NothingRouted, VersionNotFound
from registry.runtime.artefacts import starter_index
from registry.runtime.errors import ArtefactMissing
from registry.runtime.loader import load_starter
from registry.runtime.values import LoadedModel
from registry.selectors import loaded_model_of, routed_versions, versions_all

GUARD_CASE_TYPE = "intake"


@dataclass(frozen=True, slots=True)
class ChosenVersions:
    """What reads, and what stands before it."""

    models: tuple[LoadedModel, ...]
    guard: LoadedModel | None


def registered_versions(case_type: str, *, name: str | None) -> ChosenVersions:
    """From the registry, as the portal would load them.

    Args:
        name: "chest-lite0", or with its version "chest-lite0-1.0.0"; None takes the general route of the case type.
    Raises:
        VersionNotFound, NothingRouted, or what loading raises.
    """
    if name is None:
        rows = routed_versions(case_type, None)
    else:
        fitting = [row for row in versions_all() if name in {row.name, f"{row.name}-{row.version}"}]
        rows = fitting[:1]  # newest first
    if not rows:
        raise VersionNotFound if name else NothingRouted
    guards = routed_versions(GUARD_CASE_TYPE, None)
    return ChosenVersions(
        models=tuple(loaded_model_of(row) for row in rows),
        guard=loaded_model_of(guards[0]) if guards else None,
    )


def shipped_versions(case_type: str, *, name: str | None) -> ChosenVersions:
    """From the files of registry/starter_models, without a database. Raises as registered_versions."""
    index = starter_index()
    if name is None:
        names: Sequence[str] = index.routes.get(case_type, ())
    else:
        names = [entry.name for entry in index.models if name in {entry.name, f"{entry.name}-{entry.version}"}]
    if not names:
        raise VersionNotFound if name else NothingRouted
    guards = index.routes.get(GUARD_CASE_TYPE, ())
    try:
        models = tuple(load_starter(entry) for entry in names)
        guard = load_starter(guards[0]) if guards else None
    except ArtefactMissing as error:
        raise VersionNotFound from error
    return ChosenVersions(models=models, guard=guard)
