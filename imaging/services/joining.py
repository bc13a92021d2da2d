"""Versions look at an image in runs of their own; when the last has ended, a box and its label become one finding.

Until then every prediction stands by itself, so that nothing waits for a model that is slow or fails.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Q

from accounts.errors import DomainError
from accounts.services.objects import object_read
from imaging.models import Finding, FrameResult, InferenceRun, Instance, RunState
from imaging.pipeline.join import Joined, join
from imaging.pipeline.values import Heatmap, PredictedFinding
from imaging.services.finding_rows import box_of, finding_columns, peak_of
from imaging.services.heatmaps import heatmap_unpack
from registry.models.version import Task

logger = logging.getLogger(__name__)

STILL_TO_COME = (RunState.QUEUED, RunState.RUNNING)


def findings_join(instance: Instance) -> int:
    """Join what the runs of an instance found, once none is still to come; inside the transaction that ends a run.

    Returns how many joined findings there are now that were not there before.
    """
    runs = InferenceRun.objects.filter(instance=instance).exclude(state=RunState.SUPERSEDED)
    runs = list(runs.select_related("model_version").order_by("created_at"))
    if any(run.state in STILL_TO_COME for run in runs):
        return 0
    done = [run for run in runs if run.state == RunState.SUCCEEDED]
    boxed = {label for run in done if run.model_version.task == Task.DETECTOR for label in run.model_version.labels}
    read = {label for run in done if run.model_version.task == Task.CLASSIFIER for label in run.model_version.labels}
    return sum(_frame_join(rows, boxed) for rows in _by_frame(done, boxed & read)) if boxed & read else 0


def _by_frame(runs: Sequence[InferenceRun], labels: Iterable[str]) -> list[list[Finding]]:
    """What there is to join, frame by frame, labels before boxes; frames that some version did not analyse are not."""
    missed = FrameResult.objects.filter(run__in=runs, status="not_analysed").values("frame_index")
    rows = Finding.objects.filter(result__run__in=runs, label__in=labels, joined_in=None, support="")
    rows = rows.filter(Q(left=None) | Q(positive=True)).exclude(frame_index__in=missed)
    frames: dict[int, list[Finding]] = defaultdict(list)
    for row in rows.select_related("model_version", "heatmap", "result__run"):
        frames[row.frame_index].append(row)
    for found in frames.values():
        found.sort(key=lambda row: (row.left is not None, row.result.run.created_at))
    return list(frames.values())


def _frame_join(rows: list[Finding], boxed: Iterable[str]) -> int:
    shown = {row.label for row in rows if row.left is not None}
    predictions = [_prediction(row, _map_of(row) if row.label in shown else None) for row in rows]
    # The most probable box last: it is the one that a label which several boxes share is joined in.
    found = sorted(join(predictions, boxed=set(boxed)), key=lambda entry: entry.finding.probability)
    made = []
    for entry in found:
        if entry.finding.source == "joined":
            made.append(_joined_row(entry, rows))
            for part in entry.parts:
                rows[part].joined_in = made[-1]
        else:
            rows[entry.parts[0]].support = entry.finding.support
    Finding.objects.bulk_create(made)
    Finding.objects.bulk_update(rows, ["joined_in", "support"])
    return len(made)


def _joined_row(entry: Joined, rows: Sequence[Finding]) -> Finding:
    """The row of a joined finding: in the box's result, with the label's map."""
    box, label = (rows[part] for part in entry.parts[:2])
    return Finding(
        result=box.result,
        study_id=box.study_id,
        instance_id=box.instance_id,
        model_version=box.model_version,
        frame_index=box.frame_index,
        heatmap=label.heatmap,
        heatmap_index=label.heatmap_index,
        second_version=label.model_version,
        **finding_columns(entry.finding),
    )


def _prediction(row: Finding, heatmap: Heatmap | None) -> PredictedFinding:
    """The row as the pipeline said it, peak and all but for maps that nothing is compared with."""
    return PredictedFinding(
        label=row.label,
        source=row.source,
        score=row.score,
        probability=row.probability,
        operating_point=row.operating_point,
        positive=row.positive,
        model_name=row.model_version.name,
        model_version=row.model_version.version,
        box=box_of(row),
        peak=peak_of(row),
        heatmap=heatmap,
        border_energy=row.border_energy,
        marker_energy=row.marker_energy,
    )


def _map_of(row: Finding) -> Heatmap | None:
    """The stored map; None when there is none, or it cannot be read: a lost map supports nothing, and stops nothing."""
    if row.heatmap is None or row.heatmap_index is None:
        return None
    try:
        return heatmap_unpack(object_read(row.heatmap), row.heatmap_index)
    except (DomainError, OSError) as error:
        logger.warning("the map of finding %s cannot be read: %s", row.id, type(error).__name__)
        return None
