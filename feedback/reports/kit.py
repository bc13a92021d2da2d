"""Documents for print, as PDF: page frame, headings, facts, tables, text, key images with overlay and legend.

The only home of reportlab. Pure: the same blocks give the same bytes, whenever and wherever. Every page carries the
assistive notice, "page x of y" and the audit reference; text is set in an embedded typeface (fonts.py).

    pdf = document_pdf(PageFrame(title=..., place=..., audit_reference=..., issued=...), [Heading("Findings"), ...])
"""

import io
from collections.abc import Sequence
from functools import partial

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from feedback.reports.blocks import (
    NOTICE,
    Block,
    ColourScale,
    Column,
    Facts,
    Heading,
    KeyImage,
    Legend,
    Mark,
    PageBreak,
    PageFrame,
    Pictures,
    Table,
    Text,
)
from feedback.reports.flow import flowables
from feedback.reports.fonts import BODY, fonts_ready
from feedback.reports.pages import NumberedCanvas, mark_across

MARGIN = 16 * mm
HEAD = 6 * mm
FOOT = 15 * mm

__all__ = [
    "NOTICE",
    "Block",
    "ColourScale",
    "Column",
    "Facts",
    "Heading",
    "KeyImage",
    "Legend",
    "Mark",
    "PageBreak",
    "PageFrame",
    "Pictures",
    "Table",
    "Text",
    "document_pdf",
]


def document_pdf(frame: PageFrame, blocks: Sequence[Block]) -> bytes:
    """The document, A4 upright, as the bytes of a PDF file.

    Raises:
        ValueError: a key image is no picture that Pillow opens, or a table's row has not as many cells as columns.
    """
    fonts_ready()
    width, height = A4
    stream = io.BytesIO()
    document = BaseDocTemplate(
        stream,
        pagesize=A4,
        title=frame.title,
        subject=frame.subject,
        author=frame.place,
        creator="Second Reader",
        lang=frame.language,
        invariant=1,
        initialFontName=BODY,
    )
    tall = height - 2 * MARGIN - HEAD - FOOT
    body = Frame(MARGIN, MARGIN + FOOT, width - 2 * MARGIN, tall, *([0] * 4), id="body", showBoundary=0)
    document.addPageTemplates([PageTemplate(id="page", frames=[body], onPage=partial(_begun, frame))])
    room = (body.width, body.height)
    document.build(flowables(blocks, room=room), canvasmaker=partial(NumberedCanvas, frame=frame))
    return stream.getvalue()


def _begun(frame: PageFrame, canvas: NumberedCanvas, document: BaseDocTemplate) -> None:
    """What lies under the page's contents."""
    if frame.mark:
        mark_across(canvas, frame.mark)
