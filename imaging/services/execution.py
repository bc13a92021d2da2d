"""Between claim and result: bytes, frames, the pipeline. No transaction is held and no run changes state here."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from accounts.errors import DomainError
from accounts.models import StoredObject
from accounts.services.objects import object_read
from imaging import sandbox
from imaging.models import InferenceRun
from imaging.pipeline.decode import as_frame
from imaging.pipeline.errors import PipelineError, as_pipeline_error
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import Frame, PipelineResult
from imaging.services.claims import ClaimedBatch, ClaimedRun
from imaging.services.results import FrameOutcome, frame_outcome_store, frame_outcomes_destroy
from registry.runtime.values import LoadedModel
from registry.selectors import loaded_model_of

logger = logging.getLogger(__name__)

# As many frames as help, and no more pixels (float32, a few copies of each) than fit beside the models.
PIXELS_AT_ONCE = 24_000_000


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
    """One run on its way: what it reads, and what it has so far."""

    claim: ClaimedRun
    stored: StoredObject
    patient_ref: UUID
    pixels: int
    number_of_frames: int
    data: bytes = field(default=b"", repr=False)
    frames: list[FrameOutcome] = field(default_factory=list)
    error: PipelineError | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    """One frame of one run, and how long its decoding took."""

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
    except DomainError as error:
        logger.error("model %s cannot be loaded: %s", batch.model_version.sha256[:12], error.code)
        yield from (RunFailure(work.claim, error.code, error.message) for work in works)
        return
    ended = 0
    for chunk in _chunks(works):
        _chunk_run(chunk, model)
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
        pixels=instance.rows * instance.columns,
        number_of_frames=instance.number_of_frames,
    )


def _chunks(works: Sequence[_Work]) -> Iterator[list[_Item]]:
    """Frames in order, decoded, as many as one pass of the network takes."""
    chunk: list[_Item] = []
    pixels = 0
    for work in works:
        for index in range(work.number_of_frames):
            if chunk and (len(chunk) >= settings.INFERENCE_BATCH_SIZE or pixels + work.pixels > PIXELS_AT_ONCE):
                yield chunk
                chunk, pixels = [], 0
            item = _decoded(work, index)
            if item is None:
                break
            chunk.append(item)
            pixels += work.pixels
        work.data = b""
    # An empty chunk too: runs whose decoding failed are over when it comes.
    yield chunk


def _decoded(work: _Work, index: int) -> _Item | None:
    """The frame; None when the run is over because it cannot be had."""
    if work.error is not None:
        return None
    started = time.perf_counter()
    try:
        work.data = work.data or object_read(work.stored)
        frame = as_frame(sandbox.decode_frame(work.data, index))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one image must not hold up its batch
        work.error = as_pipeline_error(error)
        return None
    return _Item(work=work, index=index, frame=frame, decode_ms=1000.0 * (time.perf_counter() - started))


def _chunk_run(chunk: Sequence[_Item], model: LoadedModel) -> None:
    items = [item for item in chunk if item.work.error is None]
    if not items:
        return
    frames = [item.frame for item in items if item.frame is not None]
    try:
        results = run_pipeline(frames, models=[model], decode_ms=[item.decode_ms for item in items])
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
