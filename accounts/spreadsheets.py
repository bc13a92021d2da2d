"""Text of strangers in a CSV file: a cell that a spreadsheet would take for a formula begins with an apostrophe.

Source: OWASP, CSV Injection.
"""

_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain_cell(text: str) -> str:
    return f"'{text}" if text.startswith(_RISKY) else text
