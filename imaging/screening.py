"""Files and folders -> one line a frame, by the same decode child and pipeline as the portal. No database."""

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from accounts.errors import DomainError
from imaging import rendering, sandbox
from imaging.dicom.errors import RefusedFile, refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.values import ReceivedInstance
from imaging.pipeline.decode import as_frame
from imaging.pipeline.errors import PipelineError
from imaging.pipeline.join import BOX_ONLY, MAP_ONLY
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import Frame, PipelineResult, case_type_words
from imaging.screening_lines import (
    FrameIdentity,
    Line,
    failed_line,
    not_analysed_line,
    refused_line,
    result_line,
)
from registry.runtime.artefacts import STARTER_MODELS, starter_index
from registry.runtime.loader import BuildOf, load_starter_route
from registry.runtime.values import LoadedModel

# A batch is as many frames as help, and no more pixels (4 bytes each, some copies) than fit in 2 GB with the models.
FRAMES_A_BATCH = 8
PIXELS_A_BATCH = 24_000_000

# The route of the guard, which looks at every frame first; no frame is of this case type.
INTAKE = "intake"
CASE_TYPE_UNKNOWN = "case_type_unknown: the file does not say what was imaged; name it with --case-type"


@dataclass(frozen=True, slots=True)
class ScreenOptions:
    """What a run was asked for.

    Attributes:
        case_type: overrides what the headers say.
        heatmaps: folder for arrays and overlays; None writes none.
        models: folder of the shipped versions.
        build_of: the exported graph that serves a version here; None reads with torch.
    """

    case_type: str | None = None
    heatmaps: Path | None = None
    models: Path = STARTER_MODELS
    build_of: BuildOf | None = None


@dataclass(frozen=True, slots=True)
class WaitingFrame:
    """A decoded frame that waits for its batch."""

    identity: FrameIdentity
    case_type: str
    frame: Frame = field(repr=False)
    decode_ms: float


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """Files as given, folders as all the files below them in sorted order; a path that is not there is kept."""
    for path in paths:
        if not os.path.isdir(path):
            yield path
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(files))


def screen_files(files: Iterable[str], *, options: ScreenOptions) -> Iterator[Line]:
    """One line a frame (one a refused file), in order.

    Nothing about a file or a model raises: it becomes the line's error. Raises OSError when heatmaps cannot be written.
    """
    router = _Router(options.models, options.build_of)
    waiting: list[WaitingFrame | Line] = []
    for entry in (entry for file in files for entry in _entries(file, options=options, router=router)):
        waiting.append(entry)
        frames = [item for item in waiting if isinstance(item, WaitingFrame)]
        pixels = sum(item.frame.rows * item.frame.columns for item in frames)
        if not frames or len(frames) >= FRAMES_A_BATCH or pixels >= PIXELS_A_BATCH:
            yield from _finished(waiting, options=options, router=router)
            waiting = []
    yield from _finished(waiting, options=options, router=router)


class _Router:
    """The shipped models of a case type, loaded when they are first needed; what fails is remembered."""

    def __init__(self, folder: Path, build_of: BuildOf | None) -> None:
        self._folder, self._build_of = folder, build_of
        self._loaded: dict[str, tuple[LoadedModel, ...] | DomainError] = {}

    def has_route(self, case_type: str) -> bool:
        """Whether any model reads the case type; True as well when that cannot be told, so that the frame fails."""
        try:
            return bool(starter_index(self._folder).routes.get(case_type))
        except DomainError:
            return True

    def guard(self) -> LoadedModel | None:
        """What looks at every frame first; None when none is shipped. Raises DomainError as well."""
        return next(iter(self.models(INTAKE)), None)

    def models(self, case_type: str) -> tuple[LoadedModel, ...]:
        """Raises DomainError (registry.runtime.errors)."""
        if case_type not in self._loaded:
            try:
                self._loaded[case_type] = load_starter_route(case_type, folder=self._folder, build_of=self._build_of)
            except DomainError as error:
                self._loaded[case_type] = error
        found = self._loaded[case_type]
        if isinstance(found, DomainError):
            raise found
        return found


def _entries(file: str, *, options: ScreenOptions, router: _Router) -> Iterator[WaitingFrame | Line]:
    """The frames of one file, or the line that says why there are none."""
    identity = FrameIdentity(file=file, case_type=options.case_type)
    try:
        data = _read(file)
        identity = replace(identity, sha256=hashlib.sha256(data).hexdigest())
        started = time.perf_counter()
        received = sandbox.inspect_file(data)
        inspect_ms = 1000.0 * (time.perf_counter() - started) / received.number_of_frames
    except RefusedFile as error:
        yield refused_line(identity, error)
        return
    for digest in received.frames:
        known = _identity(identity, received, index=digest.index, pixel_sha256=digest.pixel_sha256)
        yield _entry(data, known, inspect_ms=inspect_ms, router=router)


def _identity(identity: FrameIdentity, received: ReceivedInstance, *, index: int, pixel_sha256: str) -> FrameIdentity:
    return replace(
        identity,
        sop_instance_uid=received.study.sop_instance_uid,
        frame=index,
        pixel_sha256=pixel_sha256,
        case_type=identity.case_type or received.case_type,
        width=received.columns,
        height=received.rows,
    )


def _entry(data: bytes, identity: FrameIdentity, *, inspect_ms: float, router: _Router) -> WaitingFrame | Line:
    case_type = identity.case_type
    if case_type is None:
        return not_analysed_line(identity, CASE_TYPE_UNKNOWN, decode_ms=inspect_ms)
    if not router.has_route(case_type):
        reason = f"no_model: no model reads {case_type_words(case_type)} images yet"
        return not_analysed_line(identity, reason, decode_ms=inspect_ms)
    started = time.perf_counter()
    try:
        frame = as_frame(sandbox.decode_frame(data, identity.frame))
    except RefusedFile as error:
        return refused_line(identity, error)
    decode_ms = inspect_ms + 1000.0 * (time.perf_counter() - started)
    return WaitingFrame(identity=identity, case_type=case_type, frame=frame, decode_ms=decode_ms)


def _finished(entries: Sequence[WaitingFrame | Line], *, options: ScreenOptions, router: _Router) -> Iterator[Line]:
    """The lines of a batch in order; frames of one case type go through their models together."""
    frames = [entry for entry in entries if isinstance(entry, WaitingFrame)]
    lines: dict[int, Line] = {}
    for case_type in dict.fromkeys(entry.case_type for entry in frames):
        group = [entry for entry in frames if entry.case_type == case_type]
        read = _analysed(group, case_type=case_type, options=options, router=router)
        lines.update({id(entry): line for entry, line in zip(group, read, strict=True)})
    yield from (lines[id(entry)] if isinstance(entry, WaitingFrame) else entry for entry in entries)


def _analysed(group: Sequence[WaitingFrame], *, case_type: str, options: ScreenOptions, router: _Router) -> list[Line]:
    try:
        models, guard = router.models(case_type), router.guard()
    except DomainError as error:
        return [failed_line(entry.identity, error, decode_ms=entry.decode_ms) for entry in group]
    results = run_pipeline(
        [entry.frame for entry in group],
        models=models,
        guard=guard,
        case_type=case_type,
        decode_ms=[entry.decode_ms for entry in group],
    )
    lines = []
    for entry, result in zip(group, results, strict=True):
        if isinstance(result, PipelineError):
            lines.append(failed_line(entry.identity, result, models=models, decode_ms=entry.decode_ms))
            continue
        heatmaps = {} if options.heatmaps is None else _write_heatmaps(options.heatmaps, entry, result)
        lines.append(result_line(entry.identity, result, models=models, heatmaps=heatmaps))
    return lines


def _write_heatmaps(folder: Path, entry: WaitingFrame, result: PipelineResult) -> dict[int, str]:
    """<sha256[:12]>__f<frame>__<label>.npy and .png for every label with a map; index of a finding -> its array."""
    paths = {}
    boxed = [(finding.box, finding.support) for finding in result.findings if finding.positive and finding.box]
    boxes = [box for box, support in boxed if support != BOX_ONLY]
    unsupported = [box for box, support in boxed if support == BOX_ONLY]
    for index, finding in enumerate(result.findings):
        if finding.heatmap is None:
            continue
        positive = finding.positive if finding.second is None else finding.second.positive
        label = re.sub(r"[^\w.-]+", "_", finding.label)
        stem = f"{(entry.identity.sha256 or '')[:12]}__f{entry.identity.frame}__{label}"
        (folder / f"{stem}.npy").write_bytes(rendering.array_bytes(finding.heatmap))
        (folder / f"{stem}.png").write_bytes(
            rendering.overlay_png(
                entry.frame,
                finding.heatmap,
                boxes,
                unsupported=unsupported,
                positive=positive,
                unboxed=finding.support == MAP_ONLY,
            )
        )
        paths[index] = str(folder / f"{stem}.npy")
    return paths


def _read(file: str) -> bytes:
    """The file's bytes. Raises RefusedFile: not there, not readable, not a regular file, or above the size limit."""
    try:
        known = os.stat(file)
        if not stat.S_ISREG(known.st_mode):
            raise RefusedFile(
                "This is not a regular file.", code="not_a_file", remedy="Name files, or folders that hold them."
            )
        if known.st_size > DecodeLimits().file_bytes:
            raise refused("file_too_large", found=known.st_size, expected=DecodeLimits().file_bytes)
        return Path(file).read_bytes()
    except FileNotFoundError as error:
        raise RefusedFile("There is no such file.", code="file_missing", remedy="Check the path.") from error
    except (OSError, ValueError) as error:
        raise RefusedFile(
            "The file cannot be read.", code="file_unreadable", remedy="Check that you may read the file."
        ) from error
