"""What must hold of a ModelSpec beyond the types of its fields."""

from typing import TYPE_CHECKING

from registry.runtime.spec_parts import TRIAGE_KINDS, GuardSpec, OperatingPoint, TriageSpec

if TYPE_CHECKING:
    from registry.runtime.values import ModelSpec


def spec_rules(spec: "ModelSpec") -> list[tuple[bool, str]]:
    """Every rule: whether it holds, and the complaint where it does not."""
    points = [*spec.operating_points.values(), *_triage_points(spec.triage), *_guard_points(spec.guard)]
    temperatures = [entry.temperature for entry in spec.calibration.values()]
    temperatures += [spec.triage.temperature] if spec.triage else []
    triage = spec.triage
    return [
        (spec.schema == 1, "its schema is not 1"),
        (spec.task in {"classifier", "detector", "guard"}, "its task is unknown"),
        ((spec.task == "guard") == (spec.guard is not None), "a guard, and only a guard, says how it decides"),
        (spec.guard is None or spec.guard.labels == spec.labels, "its labels are not those that its guard names"),
        (spec.guard is None or _guard_is_whole(spec.guard), "its guard names a kind that it does not have"),
        (bool(spec.name and spec.version and spec.architecture), "name, version or architecture is empty"),
        (bool(spec.labels) and len(set(spec.labels)) == len(spec.labels), "its labels are missing or not distinct"),
        (spec.input.size > 0 and spec.input.std > 0, "the input's size or standard deviation is not above 0"),
        (spec.input.tiles is None or _tiles_fit(spec), "its tiles do not fit its input, or it is no detector"),
        (set(spec.calibration) == set(spec.labels), "its calibration is not one entry a label"),
        (set(spec.operating_points) <= set(spec.labels), "an operating point belongs to no label"),
        (all(0 <= point.threshold <= 1 for point in points), "an operating point is outside 0 to 1"),
        (all(value > 0 for value in temperatures), "a temperature is not above 0"),
        (triage is None or triage.kind in TRIAGE_KINDS, "its kind of triage is unknown"),
        (triage is None or _triage_is_whole(triage, spec), "its triage names labels or thresholds it does not have"),
    ]


def _tiles_fit(spec: "ModelSpec") -> bool:
    tiles = spec.input.tiles
    return tiles is not None and spec.task == "detector" and 0 <= tiles.overlap < tiles.side <= spec.input.size


def _triage_points(triage: TriageSpec | None) -> list[OperatingPoint]:
    return [point for point in (triage.urgent, triage.flagged) if point is not None] if triage else []


def _triage_is_whole(triage: TriageSpec, spec: "ModelSpec") -> bool:
    if triage.kind == "any_finding":
        return bool(triage.labels) and set(triage.labels) <= set(spec.operating_points) and triage.urgent is None
    return triage.urgent is not None and (triage.kind == "softmax" or triage.label in spec.labels)


def _guard_points(guard: GuardSpec | None) -> list[OperatingPoint]:
    groups = (guard.read, guard.turned, guard.negative) if guard else ()
    return [point for group in groups for point in group.values()]


def _guard_is_whole(guard: GuardSpec) -> bool:
    named = {*guard.expected.values(), guard.other, *({guard.partial} if guard.partial else ())}
    judged = {*guard.read, *guard.turned, *guard.negative}
    if guard.negative and guard.inverted is None:
        return False
    return named <= set(guard.kinds) and set(guard.read) == set(guard.expected) and judged <= set(guard.expected)
