"""Screenshots -> small PNG files that say what they show."""

import io
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

MARK = "Films"
SYNTHETIC, REAL = "synthetic phantoms", "real radiographs: never to be committed"
COLOURS = 224
BUDGET_BYTES = 12_000_000


def picture_write(path: Path, png: bytes, *, films: str) -> int:
    """The screenshot with few colours, marked with what films it shows; its size in bytes."""
    with Image.open(io.BytesIO(png)) as shot:
        few = shot.convert("RGB").quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    said = PngInfo()
    said.add_text(MARK, films)
    few.save(path, format="PNG", optimize=True, pnginfo=said)
    return path.stat().st_size


def films_of(path: Path) -> str:
    """What films a picture says that it shows; "" when it says nothing."""
    with Image.open(path) as picture:
        return str(getattr(picture, "text", {}).get(MARK, ""))
