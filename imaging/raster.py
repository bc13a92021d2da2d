"""PNG and JPEG bytes -> ReceivedInstance and ReceivedFrame; grey -> PNG. Runs in the decode child only.

Pillow is told which formats it may open (without that it runs Ghostscript on PostScript), and the size is judged from
the header before a pixel is decoded. The stored pixels are what the file holds: an EXIF orientation is not applied, as
boxes are given in pixels of the stored frame; it is noted for the reader instead.
"""

import hashlib
import struct
import warnings
import zlib
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin

from imaging.dicom.codestream import with_more_scan
from imaging.dicom.errors import refused
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.pixels import GreyFrame, grey_from_monochrome, grey_from_rgb
from imaging.dicom.samples import FrameSamples, samples_from_grey, samples_from_rgb
from imaging.dicom.stored import pixel_sha256, row_blocks
from imaging.dicom.thumbnail import thumbnail, thumbnail_text
from imaging.dicom.transforms import GreyTransforms, Rescale
from imaging.dicom.values import FrameDigest, Notice, PatientHeader, ReceivedFrame, ReceivedInstance, StudyHeader

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_END = b"IEND\xaeB`\x82"
_DEFAULT_LIMITS = DecodeLimits()
_EXIF_ORIENTATION = 0x0112
_GREY_MODES = ("1", "L", "I;16", "I;16B", "I")
_FAULTS = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, struct.error, zlib.error)

ImageFile.LOAD_TRUNCATED_IMAGES = False
# The two formats, loaded before the child is forked and confined.
_PLUGINS = (JpegImagePlugin, PngImagePlugin)


def read_raster(data: bytes | memoryview, *, limits: DecodeLimits = _DEFAULT_LIMITS) -> ReceivedInstance:
    """Validate and decode a PNG or JPEG file.

    Raises:
        RefusedFile: empty_file, file_too_large, unsupported_container, too_many_pixels, image_undecodable,
        image_truncated, unsupported_image_mode.
    """
    view = memoryview(data)
    stored, notices = _stored(view, limits)
    return ReceivedInstance(
        container=_container(view),
        sha256=hashlib.sha256(view).hexdigest(),
        size_bytes=len(view),
        rows=int(stored.shape[0]),
        columns=int(stored.shape[1]),
        number_of_frames=1,
        photometric_interpretation="MONOCHROME2" if stored.ndim == 2 else "RGB",
        frames=(_frame_digest(stored),),
        patient=PatientHeader(),
        study=StudyHeader(),
        case_type=None,
        case_type_reason="A PNG or JPEG file has no header that names a body part.",
        notices=tuple(notices),
    )


def read_raster_frame(
    data: bytes | memoryview,
    index: int = 0,
    *,
    limits: DecodeLimits = _DEFAULT_LIMITS,
    window: tuple[float, float] | None = None,
) -> ReceivedFrame:
    """The one frame of a PNG or JPEG file, as displayed.

    8-bit grey is stored / 255; 16-bit grey spans its own range, as such files hold 10 to 16 significant bits and do not
    say how many; colour is reduced to luminance.

    Args:
        window: centre and width in stored values.
    Raises:
        RefusedFile: as read_raster, and frame_out_of_range.
    """
    if index != 0:
        raise refused("frame_out_of_range", found=index, expected=1)
    stored, _ = _stored(memoryview(data), limits)
    shown = _grey(stored, window)
    return ReceivedFrame(0, shown.grey, shown.is_colour, pixel_sha256(stored), float(stored.min()), float(stored.max()))


def read_raster_samples(
    data: bytes | memoryview, index: int = 0, *, limits: DecodeLimits = _DEFAULT_LIMITS
) -> FrameSamples:
    """The one frame of a PNG or JPEG file for a viewer that windows by itself; the same values as read_raster_frame.

    Raises:
        RefusedFile: as read_raster, and frame_out_of_range.
    """
    if index != 0:
        raise refused("frame_out_of_range", found=index, expected=1)
    stored, _ = _stored(memoryview(data), limits)
    return samples_from_rgb(stored, 255.0) if stored.ndim == 3 else samples_from_grey(stored)


def grey_png(grey: NDArray[np.float32], *, max_side: int | None = None) -> bytes:
    """8-bit grey PNG of a frame as displayed.

    Args:
        grey: float32 (rows, columns) in [0, 1].
        max_side: the longer side is reduced to this many pixels; a smaller frame is left as it is.
    """
    stored = np.empty(grey.shape, np.uint8)
    for block in row_blocks(grey):
        stored[block] = np.rint(np.clip(grey[block], 0, 1) * 255)
    image = Image.fromarray(stored)
    longest = max(image.size)
    if max_side is not None and longest > max_side > 0:
        width, height = (max(1, round(side * max_side / longest)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX, reducing_gap=None)
    output = BytesIO()
    image.save(output, format="PNG", compress_level=1)
    return output.getvalue()


def _frame_digest(stored: NDArray) -> FrameDigest:
    return FrameDigest(0, pixel_sha256(stored), thumbnail_text(thumbnail(_grey(stored, None).grey)))


def _grey(stored: NDArray, window: tuple[float, float] | None) -> GreyFrame:
    if stored.ndim == 3:
        return grey_from_rgb(stored, 255.0, window)
    if stored.dtype == np.uint8 and window is None:
        return GreyFrame(np.divide(stored, np.float32(255), dtype=np.float32))
    plain = GreyTransforms(Rescale(), None, None, inverted=False, notices=())
    return grey_from_monochrome(stored, plain, window)


def _container(view: memoryview) -> str:
    head = bytes(view[:8])
    if head == PNG_MAGIC:
        return "png"
    if head.startswith(JPEG_MAGIC):
        return "jpeg"
    raise refused("unsupported_container")


def _stored(view: memoryview, limits: DecodeLimits) -> tuple[NDArray, list[Notice]]:
    """The stored pixels: uint8 or uint16 (rows, columns), or uint8 (rows, columns, 3)."""
    if len(view) == 0:
        raise refused("empty_file")
    if len(view) > limits.file_bytes:
        raise refused("file_too_large", found=len(view), expected=limits.file_bytes)
    container = _container(view)
    notices: list[Notice] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        array = _decoded(view, container, limits, notices)
        if not _is_whole(view, container, array, limits):
            raise refused("image_truncated")
    return array, notices


def _decoded(view: memoryview, container: str, limits: DecodeLimits, notices: list[Notice]) -> NDArray:
    Image.MAX_IMAGE_PIXELS = limits.pixels_per_frame
    try:
        with Image.open(BytesIO(view), formats=[container.upper()]) as image:
            _check_size(image, limits)
            image.load()
            _note(image, notices)
            return _array(image, notices)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused("too_many_pixels", expected=limits.pixels_per_frame) from error
    except _FAULTS as error:
        raise refused("image_truncated" if "truncated" in str(error) else "image_undecodable") from error


def _check_size(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.pixels_per_frame:
        raise refused("too_many_pixels", found=width * height, expected=limits.pixels_per_frame)


def _is_whole(view: memoryview, container: str, array: NDArray, limits: DecodeLimits) -> bool:
    """Pillow leaves the end of a PNG unread when the rows before it suffice, and fills the missing rows of a JPEG."""
    if container == "png":
        return _PNG_END in bytes(view[-4096:]) or _PNG_END in bytes(view)
    extended = with_more_scan(bytes(view))
    return extended is not None and np.array_equal(array, _decoded(memoryview(extended), container, limits, []))


def _note(image: Image.Image, notices: list[Notice]) -> None:
    if getattr(image, "n_frames", 1) > 1:
        notices.append(Notice("animated", "The file holds several pictures; only the first is used."))
    if image.getexif().get(_EXIF_ORIENTATION, 1) not in (0, 1):
        message = "The file asks to be shown rotated or mirrored; its pixels are shown as they are stored."
        notices.append(Notice("orientation_not_applied", message))


def _array(image: Image.Image, notices: list[Notice]) -> NDArray:
    if image.mode in _GREY_MODES:
        return _grey_array(image)
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        notices.append(Notice("transparency_on_black", "The file has transparent parts; they are shown on black."))
        image = _on_black(image)
    if image.mode in ("P", "RGB"):
        return np.asarray(image.convert("RGB"))
    if image.mode == "L":
        return np.asarray(image)
    if image.mode == "YCbCr":
        return np.asarray(image.convert("RGB"))
    raise refused("unsupported_image_mode")


def _grey_array(image: Image.Image) -> NDArray:
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    array = np.asarray(image)
    return array if array.dtype == np.uint8 else array.astype(np.uint16)


def _on_black(image: Image.Image) -> Image.Image:
    grey = image.mode in ("LA", "La")
    rgba = image.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
    return flat.convert("L") if grey else flat.convert("RGB")
