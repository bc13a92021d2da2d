"""The embedded typeface: any name or comment in Latin, Greek or Cyrillic prints as it was written."""

import threading
import unicodedata
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

BODY = "DejaVuSans"
BOLD = "DejaVuSans-Bold"
MISSING = "\N{WHITE SQUARE}"
_FOLDER = Path(__file__).resolve().parent / "fonts"
_lock = threading.Lock()


def fonts_ready() -> None:
    """Load both weights, once a process. Thread-safe."""
    with _lock:
        for name in (BODY, BOLD):
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(_FOLDER / f"{name}.ttf")))
        pdfmetrics.registerFontFamily(BODY, normal=BODY, bold=BOLD, italic=BODY, boldItalic=BOLD)


def printable(text: str) -> str:
    """The text as the typeface can show it: composed, without control characters, a square for each unknown sign.

    A square says that something stands there which is not shown; leaving it out would change a name unseen.
    """
    known = pdfmetrics.getFont(BODY).face.charToGlyph
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    shown = (sign for sign in composed if sign == "\n" or not unicodedata.category(sign).startswith("C"))
    return "".join(sign if sign == "\n" or ord(sign) in known else MISSING for sign in shown)
