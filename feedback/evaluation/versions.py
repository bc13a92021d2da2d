"""Which registered versions are evaluated: what reads a case type and its challengers, or those that are named."""

from collections.abc import Sequence

from feedback.evaluation.errors import NothingRouted, VersionNotFound
from feedback.evaluation.shipped import GUARD_CASE_TYPE, ChosenVersions, chosen_versions
from registry.models import ModelVersion, Task, VersionState
from registry.selectors import loaded_model_of, routed_versions, versions_all


def registered_versions(case_type: str, *, name: str | None, against: str | None = None) -> ChosenVersions:
    """From the registry, as the portal would load them.

    Args:
        name: "chest-lite0", or with its version "chest-lite0-1.0.0"; None takes the general route of the case type and
            the newest version of every other detector of it.
        against: a second one, as `name`.
    Raises:
        VersionNotFound, NothingRouted, ComparisonImpossible, or what loading raises.
    """
    routed = routed_versions(case_type, None)
    if name is None:
        rows = [*routed, *_challengers(case_type, routed)]
        if not rows:
            raise NothingRouted
    else:
        rows = [_newest_called(wanted) for wanted in (name, against) if wanted]
    guards = routed_versions(GUARD_CASE_TYPE, None)
    return chosen_versions(
        models=[loaded_model_of(row) for row in rows],
        front=[loaded_model_of(row) for row in routed if row.task == Task.CLASSIFIER],
        guard=loaded_model_of(guards[0]) if guards else None,
        is_pair=against is not None,
    )


def rival_of(version: ModelVersion, case_type: str) -> str | None:
    """The detector to hold another one of the case type against: the routed one, else the newest; None without any."""
    if version.task != Task.DETECTOR:
        return None
    routed = routed_versions(case_type, None)
    others = [row for row in [*routed, *_challengers(case_type, routed)] if row.task == Task.DETECTOR]
    known = set(version.labels)
    fitting = (row for row in others if row.pk != version.pk and known & set(row.labels))
    return next((f"{row.name}-{row.version}" for row in fitting), None)


def _challengers(case_type: str, routed: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Of every detector of the case type that is not routed, the newest version."""
    known = {row.name for row in routed}
    found: dict[str, ModelVersion] = {}
    for row in versions_all():
        fits = row.task == Task.DETECTOR and case_type in row.case_types and row.state != VersionState.RETIRED
        if fits and row.name not in known:
            found.setdefault(row.name, row)  # newest first
    return list(found.values())


def _newest_called(name: str) -> ModelVersion:
    fitting = [row for row in versions_all() if name in {row.name, f"{row.name}-{row.version}"}]
    if not fitting:
        raise VersionNotFound
    return fitting[0]
