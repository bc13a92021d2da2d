"""Heatmaps and overlays -> PNG, heatmaps <-> .npy bytes. The colours stand on a scale that is stated with them."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from accounts.errors import IntegrityBroken
from imaging.pipeline.values import BoundingBox, Frame, Heatmap

# The last colour stands for one of these contributions (logits per cell): the first that a map does not exceed. Steps,
# so that most maps of a model share a scale: on val films the largest contribution of a positive map was .010 (median)
# to .021 (99 %) for chest-lite0, .045 to .069 for bone-lite0. Fainter maps than the first step stay faint.
SCALE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
# The stops of the overlay's legend, evenly spaced from 0 to the scale's top: red, green, blue, opacity.
COLOUR_STOPS = np.array(
    [
        (0x3B, 0x2F, 0x80, 0x00),
        (0x3B, 0x2F, 0x80, 0x88),
        (0xB3, 0x39, 0x7A, 0xA8),
        (0xFF, 0x9A, 0x4D, 0xC4),
        (0xFF, 0xE9, 0xA8, 0xDD),
    ],
    dtype=np.float32,
)
# The map of a finding below its operating point, where a reader asks for it, is fainter, as its row on the page is.
FAINT = 0.6
# Otherwise it is a grey line around where the contributions exceed half of their largest, and these words.
OUTLINE = (0xA9, 0xB2, 0xBD, 0xC8)
OUTLINED_SHARE = 0.5
BELOW_THRESHOLD = "no finding above threshold"
BOX_WITHOUT_LABEL = "label below its threshold"
LABEL_WITHOUT_BOX = "no box"
GROUND = (0x0A, 0x0C, 0x0F)
MODEL_COLOUR = (0xB7, 0x9C, 0xFF)
MODEL_OUTLINE = (*MODEL_COLOUR, 0xFF)
LONGEST_SIDE = 1024
LINES_PER_SIDE = 350  # the width of a drawn line is the picture's long side / this


def scale_top(heatmap: Heatmap) -> float:
    """The contribution (logits per cell) that has the last colour of this map's overlay: stated beside it."""
    largest = heatmap.largest
    return next((step for step in SCALE_STEPS if largest <= step * (1 + 1e-6)), SCALE_STEPS[-1])


def heatmap_png(heatmap: Heatmap, *, width: int, height: int, positive: bool) -> bytes:
    """The overlay of one finding as an RGBA PNG.

    Args:
        width, height: of the picture, pixels; it covers the whole frame.
        positive: the finding is at or above its operating point; below it the overlay is fainter.
    Returns:
        a PNG that is wholly transparent where nothing speaks for the finding.
    """
    colours = _coloured(heatmap.contributions, scale_top(heatmap))
    if not positive:
        colours[..., 3] *= FAINT
    return _png(Image.fromarray(_bytes(colours)).resize((width, height), Image.Resampling.BILINEAR))


def outline_png(heatmap: Heatmap, *, width: int, height: int, positive: bool = False) -> bytes:
    """A line around where the contributions exceed half of their largest, RGBA PNG.

    Args:
        positive: of a positive label it stands for the box that is missing, in the colour of the model's boxes; below
            the operating point it stands for the map: a calm grey line, no colours.
    """
    if not positive:
        return _png(_outline(heatmap, (width, height)))
    line = max(1, round(max(width, height) / LINES_PER_SIDE))
    return _png(_outline(heatmap, (width, height), MODEL_OUTLINE, line=line))


def overlay_png(
    frame: Frame,
    heatmap: Heatmap | None,
    boxes: Sequence[BoundingBox] = (),
    *,
    unsupported: Sequence[BoundingBox] = (),
    positive: bool = True,
    unboxed: bool = False,
) -> bytes:
    """The frame with a heatmap over it and boxes around its findings, RGB, long side <= 1024.

    Args:
        boxes: drawn solid; unsupported: those that their label or its map does not support, drawn dashed.
        positive: the finding is at or above its operating point; below it the map is outlined, and the picture says so.
        unboxed: the map is that of a positive label which no box shows: outlined too, and the picture says so.
    """
    shrink = min(1.0, LONGEST_SIDE / max(frame.rows, frame.columns))
    size = (max(1, round(frame.columns * shrink)), max(1, round(frame.rows * shrink)))
    picture = Image.fromarray(_bytes(frame.grey * 255.0)).resize(size, Image.Resampling.BOX).convert("RGBA")
    if heatmap is not None and positive:
        colours = Image.fromarray(_bytes(_coloured(heatmap.contributions, scale_top(heatmap))))
        picture = Image.alpha_composite(picture, colours.resize(size, Image.Resampling.BILINEAR))
    width = max(1, round(max(size) / LINES_PER_SIDE))
    if heatmap is not None and not positive:
        picture = Image.alpha_composite(picture, _outline(heatmap, size))
    elif heatmap is not None and unboxed:
        picture = Image.alpha_composite(picture, _outline(heatmap, size, MODEL_OUTLINE, line=width))
    drawing = ImageDraw.Draw(picture)
    if heatmap is not None and (unboxed or not positive):
        _write(drawing, *_words(positive=positive, boxed=bool(boxes or unsupported)), height=max(10, size[1] // 40))
    for box in boxes:
        drawing.rectangle(_corners(box, shrink), outline=MODEL_COLOUR, width=width)
    for box in unsupported:
        _dashed(drawing, _corners(box, shrink), width)
    return _png(picture.convert("RGB"))


def _words(*, positive: bool, boxed: bool) -> tuple[str, tuple[int, int, int]]:
    """What a picture says of a map that is not simply shown, and in which colour."""
    if positive:
        return LABEL_WITHOUT_BOX, MODEL_COLOUR
    return (BOX_WITHOUT_LABEL if boxed else BELOW_THRESHOLD), OUTLINE[:3]


def _write(drawing: ImageDraw.ImageDraw, words: str, colour: tuple[int, int, int], *, height: int) -> None:
    """Words in the upper left corner, on a dark ground: a film may be white there."""
    left, top, right, bottom = drawing.textbbox((6, 4), words, font_size=height)
    drawing.rectangle((left - 4, top - 3, right + 4, bottom + 3), fill=GROUND)
    drawing.text((6, 4), words, fill=colour, font_size=height)


def _corners(box: BoundingBox, shrink: float) -> tuple[float, float, float, float]:
    return box.left * shrink, box.top * shrink, box.right * shrink, box.bottom * shrink


def _dashed(drawing: ImageDraw.ImageDraw, corners: tuple[float, float, float, float], width: int) -> None:
    """A rectangle in dashes of three times its line's width and more, begun anew at every corner."""
    left, top, right, bottom = corners
    dash = 3 * width + 2
    for start in np.arange(left, right, 2 * dash):
        for y in (top, bottom):
            drawing.line((start, y, min(start + dash, right), y), fill=MODEL_COLOUR, width=width)
    for start in np.arange(top, bottom, 2 * dash):
        for x in (left, right):
            drawing.line((x, start, x, min(start + dash, bottom)), fill=MODEL_COLOUR, width=width)


def array_bytes(heatmap: Heatmap) -> bytes:
    """The contributions as a .npy file, float16 (height, width): the data itself, whatever a page shows of it."""
    stream = io.BytesIO()
    np.save(stream, heatmap.contributions.astype(np.float16), allow_pickle=False)
    return stream.getvalue()


def array_from_bytes(data: bytes) -> Heatmap:
    """The inverse of array_bytes, to float16 precision.

    Raises:
        IntegrityBroken: not a .npy file of a finite two-dimensional float array.
    """
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise IntegrityBroken("A stored heatmap cannot be read.") from error
    if (
        not isinstance(array, np.ndarray)
        or array.ndim != 2
        or array.dtype != np.float16
        or not np.isfinite(array).all()
    ):
        raise IntegrityBroken("A stored heatmap cannot be read.")
    return Heatmap.of_array(array.astype(np.float32))


def _outline(
    heatmap: Heatmap, size: tuple[int, int], colour: tuple[int, int, int, int] = OUTLINE, *, line: int = 1
) -> Image.Image:
    """RGBA, transparent but for the line, `line` pixels wide; without one where nothing speaks for the finding."""
    values = Image.fromarray(np.ascontiguousarray(heatmap.contributions)).resize(size, Image.Resampling.BILINEAR)
    inside = np.asarray(values) > max(OUTLINED_SHARE * heatmap.largest, 0.0)
    kept = inside
    for _ in range(line):
        kept = np.pad(kept, 1)
        kept = kept[:-2, 1:-1] & kept[2:, 1:-1] & kept[1:-1, :-2] & kept[1:-1, 2:]
    picture = np.zeros((size[1], size[0], 4), np.uint8)
    picture[inside & ~kept] = colour
    return Image.fromarray(picture)


def _coloured(contributions: NDArray[np.float32], top: float) -> NDArray[np.float32]:
    """float32 (height, width, 4) in [0, 255]: transparent at and below 0, the last stop at and above top."""
    last = len(COLOUR_STOPS) - 1
    position = np.clip(contributions / top, 0.0, 1.0) * last
    lower = np.minimum(position.astype(np.intp), last - 1)
    fraction = (position - lower)[..., None]
    return np.asarray(COLOUR_STOPS[lower] * (1.0 - fraction) + COLOUR_STOPS[lower + 1] * fraction, dtype=np.float32)


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.round(np.clip(values, 0.0, 255.0)).astype(np.uint8)


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format="PNG", compress_level=3)
    return stream.getvalue()
