"""PDF files of ours, read back: their text page by page, and their pixels."""

import numpy as np
import pypdfium2
from numpy.typing import NDArray


def page_texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def page_pixels(pdf: bytes, number: int, *, scale: float = 2.0) -> NDArray[np.uint8]:
    """RGB (rows, columns, 3) of a page, counted from 0; scale: pixels to a point."""
    return np.asarray(pypdfium2.PdfDocument(pdf)[number].render(scale=scale).to_pil().convert("RGB"))


def said(pdf: bytes) -> str:
    """All text, each run of white space one blank: where a line breaks is no matter."""
    return " ".join(" ".join(page_texts(pdf)).split())


def films(pdf: bytes, number: int, *, scale: float = 6.0) -> list[NDArray[np.uint8]]:
    """The pixels of the page where pictures stand, whatever is drawn over them; in the order they are drawn."""
    page = pypdfium2.PdfDocument(pdf)[number]
    pixels, height = page_pixels(pdf, number, scale=scale), page.get_height()
    found: dict[tuple[int, ...], None] = {}
    for one in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = one.get_bounds()
        found[tuple(round(value * scale) for value in (height - top, height - bottom, left, right))] = None
    return [pixels[top:bottom, left:right] for top, bottom, left, right in found]
