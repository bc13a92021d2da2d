"""Part 10 bytes -> ReceivedInstance and ReceivedFrame. Runs in the decode child, never in a web process.

Order: bounds of the file, bounds of its header, bounds of its pixels, and only then pydicom and the decoders.
"""

import codecs
import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from pydicom.charset import python_encoding

from imaging.dicom.aspect import pixel_aspect
from imaging.dicom.case_type import guess_case_type
from imaging.dicom.codecs import load_decoders
from imaging.dicom.errors import refused
from imaging.dicom.header import PixelHeader, is_high_bit_plain, pixel_header
from imaging.dicom.identity import HeaderText, handling_notices, other_words, patient_header, study_header
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.part10 import Part10, is_part10, parse_part10
from imaging.dicom.pixels import GreyFrame, grey_from_monochrome, grey_from_rgb, rgb_from_palette
from imaging.dicom.samples import FrameSamples, samples_from_monochrome, samples_from_rgb
from imaging.dicom.stored import PixelSource, pixel_sha256, pixel_source, stored_frame
from imaging.dicom.thumbnail import thumbnail, thumbnail_text
from imaging.dicom.transforms import grey_transforms
from imaging.dicom.values import FrameDigest, Notice, ReceivedFrame, ReceivedInstance

_DEFAULT_LIMITS = DecodeLimits()


def warm_up() -> None:
    """Load what is otherwise loaded at first use; a confined child cannot open files any more."""
    load_decoders()
    for encoding in set(python_encoding.values()):
        codecs.lookup(encoding)


def read_part10(data: bytes | memoryview, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> ReceivedInstance:
    """Parse, validate and decode a file to its last frame.

    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    view = memoryview(data)
    source = _source(view, limits)
    part10, header = source.part10, source.header
    text = HeaderText(part10.dataset)
    patient, study = patient_header(text), study_header(text, part10)
    frames = tuple(_frame_digest(source, index) for index in range(header.number_of_frames))
    guess = guess_case_type(study, other_words(text, part10.dataset))
    return ReceivedInstance(
        container="dicom",
        sha256=hashlib.sha256(view).hexdigest(),
        size_bytes=len(view),
        rows=header.rows,
        columns=header.columns,
        number_of_frames=header.number_of_frames,
        photometric_interpretation=header.photometric_interpretation,
        frames=frames,
        patient=patient,
        study=study,
        case_type=guess.case_type,
        case_type_reason=guess.reason,
        notices=(*_notices(source), *text.notices),
    )


def read_frame(
    data: bytes | memoryview,
    index: int,
    *,
    limits: DecodeLimits = _DEFAULT_LIMITS,
    window: tuple[float, float] | None = None,
) -> ReceivedFrame:
    """One frame as displayed.

    Args:
        window: centre and width in modality values, in place of the header's VOI.
    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    source = _source(memoryview(data), limits)
    stored = stored_frame(source, index)
    shown = _grey(source, stored, index, window)
    low, high = _range(stored)
    return ReceivedFrame(index, shown.grey, shown.is_colour, pixel_sha256(stored), low, high)


def read_samples(data: bytes | memoryview, index: int, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> FrameSamples:
    """One frame for a viewer that windows by itself.

    Raises:
        RefusedFile: every code of docs/conformance.md.
    """
    source = _source(memoryview(data), limits)
    samples = _samples(source, stored_frame(source, index), index)
    return replace(samples, pixel_aspect=pixel_aspect(source.part10.dataset, index))


def _source(view: memoryview, limits: DecodeLimits) -> PixelSource:
    if len(view) == 0:
        raise refused("empty_file")
    if len(view) > limits.file_bytes:
        raise refused("file_too_large", found=len(view), expected=limits.file_bytes)
    if not is_part10(view):
        raise refused("unsupported_container")
    part10 = parse_part10(view, limits)
    return pixel_source(part10, pixel_header(part10, limits))


def _samples(source: PixelSource, stored: NDArray, index: int) -> FrameSamples:
    header, dataset = source.header, source.part10.dataset
    if header.photometric_interpretation == "PALETTE COLOR":
        return samples_from_rgb(*rgb_from_palette(stored, dataset, header))
    if header.samples == 3:
        return samples_from_rgb(stored, float(2**header.bits_stored - 1))
    return samples_from_monochrome(stored, grey_transforms(dataset, header, index))


def _grey(source: PixelSource, stored: NDArray, index: int, window: tuple[float, float] | None) -> GreyFrame:
    header, dataset = source.header, source.part10.dataset
    if header.photometric_interpretation == "PALETTE COLOR":
        return grey_from_rgb(*rgb_from_palette(stored, dataset, header), window)
    if header.samples == 3:
        return grey_from_rgb(stored, float(2**header.bits_stored - 1), window)
    return grey_from_monochrome(stored, grey_transforms(dataset, header, index), window)


def _frame_digest(source: PixelSource, index: int) -> FrameDigest:
    """The frame is decoded; a file whose tables are damaged is refused here, at the door, and not in the worker."""
    stored = stored_frame(source, index)
    if index == 0:
        shown = _grey(source, stored, index, None)
        return FrameDigest(index, pixel_sha256(stored), thumbnail_text(thumbnail(shown.grey)))
    if _is_monochrome(source.header):
        grey_transforms(source.part10.dataset, source.header, index)
    return FrameDigest(index, pixel_sha256(stored))


def _range(stored: NDArray) -> tuple[float, float]:
    finite = stored[np.isfinite(stored)] if stored.dtype.kind == "f" else stored
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _notices(source: PixelSource) -> list[Notice]:
    part10, header = source.part10, source.header
    notices = [*part10.notices, *handling_notices(part10.dataset)]
    if source.excess:
        message = "There is more pixel data than the header says; the rest is ignored."
        notices.append(Notice("pixel_data_excess", message, "(7FE0,0010)"))
    if not is_high_bit_plain(part10.dataset, header):
        message = "The high bit is not the top one of the stored bits; the stored bits are read as the lowest ones."
        notices.append(Notice("high_bit_unusual", message, "(0028,0102)"))
    if _is_monochrome(header):
        notices += grey_transforms(part10.dataset, header, 0).notices
    return notices


def _is_monochrome(header: PixelHeader) -> bool:
    return header.photometric_interpretation.startswith("MONOCHROME")


__all__ = ["Part10", "read_frame", "read_part10", "read_samples"]
