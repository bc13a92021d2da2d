"""Bytes of a file -> Frame, through the decode child."""

from imaging import sandbox
from imaging.dicom.values import ReceivedFrame
from imaging.pipeline.values import Frame


def decode(data: bytes, index: int = 0) -> Frame:
    """One frame of a DICOM, PNG or JPEG file as displayed.

    Args:
        data: the whole file.
        index: 0-based frame number.
    Raises:
        imaging.dicom.errors.RefusedFile: the file or the frame cannot be read; the code says why.
    """
    return as_frame(sandbox.decode_frame(data, index))


def as_frame(received: ReceivedFrame) -> Frame:
    """What the pipeline needs of a decoded frame."""
    return Frame(grey=received.grey, is_colour=received.is_colour)
