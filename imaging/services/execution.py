"""Between claim and result: bytes, frames, the pipeline. No transaction is held and no run changes state here.

While the networks read one chunk of frames, a thread has the next one decoded by the decode child. Objects are opened
in the caller's thread, which has the database connection.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from uuid import UUID

from accounts.errors import DomainError
from accounts.models import StoredObject
from accounts.services.objects import object_read
from imaging import sandbox
from imaging.models import InferenceRun
from imaging.pipeline.ahead import one_ahead
from imaging.pipeline.decode import as_frame
from imaging.pipeline.errors import PipelineError, as_pipeline_error
from imaging.pipeline.predict import MOST_AT_ONCE
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import Frame, PipelineResult
from imaging.services.claims import ClaimedBatch, ClaimedRun
from imaging.services.results import FrameOutcome, frame_outcome_store, frame_outcomes_destroy
from registry.runtime.values import LoadedModel
from registry.selectors import loaded_model_of, routed_versions

logger = logging.getLogger(__name__)

# No more pixels (float32, a few copies of each) than fit beside the models, twice: the next chunk is on its way.
PIXELS_AT_ONCE = 12_000_000

# The case type that the guard is routed for; no frame is of it.
INTAKE = "intake"


@dataclass(frozen=True, slots=True)
class RunSuccess:
    """Every frame of a run, in order."""

    claim: ClaimedRun
    frames: tuple[FrameOutcome, ...]


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run could not be done; safe to show."""

    claim: ClaimedRun
    code: str
    message: str


@dataclass(slots=True)
class _Work:
    """One run on its way: what it reads, and what it has so far. `data` is there from the first frame to the last."""

    claim: ClaimedRun
    stored: StoredObject
    patient_ref: UUID
    case_type: str
    site_id: UUID
    pixels: int
    number_of_frames: int
    data: bytes = field(default=b"", repr=False)
    frames: list[FrameOutcome] = field(default_factory=list)
    error: PipelineError | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """One frame of one run, and how long opening and decoding it took."""

    work: _Work
    index: int
    frame: Frame | None = field(default=None, repr=False)
    decode_ms: float = 0.0


def inference_execute(batch: ClaimedBatch) -> Iterator[RunSuccess | RunFailure]:
    """Run a batch through its model; each run's outcome as soon as its last frame is through.

    A frame that fails ends its own run, never another. Heatmaps of a success are stored; what a failed run stored is
    destroyed. A run whose row has gone is passed over.
    """
    works = _works(batch)
    try:
        model = loaded_model_of(batch.model_version)
        guards = {site_id: guard_of(site_id) for site_id in {work.site_id for work in works}}
    except DomainError as error:
        logger.error("model %s cannot be loaded: %s", batch.model_version.sha256[:12], error.code)
        yield from (RunFailure(work.claim, error.code, error.message) for work in works)
        return
    ended = 0
    jobs = (partial(_decoded, [_opened(item) for item in chunk]) for chunk in _chunks(works))
    for chunk in one_ahead(jobs):
        _chunk_run(chunk, model, guards)
        while ended < len(works) and _is_over(works[ended]):
            yield _outcome(works[ended])
            ended += 1


def _works(batch: ClaimedBatch) -> list[_Work]:
    wanted = {claim.run_id: claim for claim in batch.runs}
    rows = InferenceRun.objects.filter(pk__in=wanted).select_related(
        "instance__stored_object", "instance__series__study"
    )
    by_id = {row.id: row for row in rows}
    return [_work(claim, by_id[claim.run_id]) for claim in batch.runs if claim.run_id in by_id]


def _work(claim: ClaimedRun, run: InferenceRun) -> _Work:
    instance = run.instance
    return _Work(
        claim=claim,
        stored=instance.stored_object,
        patient_ref=instance.series.study.patient_id,
        case_type=instance.case_type,
        site_id=instance.site_id,
        pixels=instance.rows * instance.columns,
        number_of_frames=instance.number_of_frames,
    )


def _chunks(works: Sequence[_Work]) -> Iterator[list[_Item]]:
    """As many frames as one pass of the network takes."""
    chunk: list[_Item] = []
    pixels = 0
    for work in works:
        for index in range(work.number_of_frames):
            if chunk and (len(chunk) >= MOST_AT_ONCE or pixels + work.pixels > PIXELS_AT_ONCE):
                yield chunk
                chunk, pixels = [], 0
            chunk.append(_Item(work, index))
            pixels += work.pixels
    if chunk:
        yield chunk


def _opened(item: _Item) -> _Item:
    """The run's object is read and decrypted before its first frame."""
    work, started = item.work, time.perf_counter()
    if work.error is None and not work.data:
        try:
            work.data = object_read(work.stored)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one object must not hold up its batch
            work.error = as_pipeline_error(error)
    return replace(item, decode_ms=1000.0 * (time.perf_counter() - started))


def _decoded(chunk: Sequence[_Item]) -> list[_Item]:
    """The frames that can be had; a run of which one cannot is over."""
    return [decoded for item in chunk if (decoded := _frame_of(item)) is not None]


def _frame_of(item: _Item) -> _Item | None:
    work, started = item.work, time.perf_counter()
    if work.error is not None:
        return None
    try:
        frame = as_frame(sandbox.decode_frame(work.data, item.index))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one image must not hold up its batch
        work.error = as_pipeline_error(error)
        return None
    if item.index == work.number_of_frames - 1:
        work.data = b""
    return replace(item, frame=frame, decode_ms=item.decode_ms + 1000.0 * (time.perf_counter() - started))


def guard_of(site_id: UUID) -> LoadedModel | None:
    """What looks at every frame of a site first; None where no guard is routed. Raises as loaded_model_of does."""
    routed = routed_versions(INTAKE, site_id)
    return loaded_model_of(routed[0]) if routed else None


def _chunk_run(chunk: Sequence[_Item], model: LoadedModel, guards: Mapping[UUID, LoadedModel | None]) -> None:
    """Frames of one case type and site go through the network together."""
    items = [item for item in chunk if item.work.error is None]
    for place in dict.fromkeys((item.work.case_type, item.work.site_id) for item in items):
        case_type, site_id = place
        group = [item for item in items if (item.work.case_type, item.work.site_id) == place]
        _group_run(group, model, guard=guards[site_id], case_type=case_type)


def _group_run(items: Sequence[_Item], model: LoadedModel, *, guard: LoadedModel | None, case_type: str) -> None:
    frames = [item.frame for item in items if item.frame is not None]
    decode_ms = [item.decode_ms for item in items]
    try:
        results = run_pipeline(frames, models=[model], guard=guard, case_type=case_type or None, decode_ms=decode_ms)
    except Exception as error:  # noqa: BLE001 - each run of the chunk is tried again by itself
        results = [as_pipeline_error(error)] * len(items)
    for item, result in zip(items, results, strict=True):
        _take(item, result)


def _take(item: _Item, result: PipelineResult | PipelineError) -> None:
    work = item.work
    if isinstance(result, PipelineError):
        work.error = result
        return
    try:
        outcome = frame_outcome_store(
            index=item.index,
            result=result,
            organisation_id=work.stored.organisation_id,
            patient_ref=work.patient_ref,
        )
    except Exception as error:  # noqa: BLE001 - a full disk or a missing key: the run is tried again
        work.error = as_pipeline_error(error)
        return
    work.frames.append(outcome)


def _is_over(work: _Work) -> bool:
    return work.error is not None or len(work.frames) == work.number_of_frames


def _outcome(work: _Work) -> RunSuccess | RunFailure:
    if work.error is None:
        return RunSuccess(work.claim, tuple(work.frames))
    frame_outcomes_destroy(work.frames)
    return RunFailure(work.claim, work.error.code, work.error.message)
