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
