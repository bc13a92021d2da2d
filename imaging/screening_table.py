"""The same lines for a person: one row a frame, in columns."""

from typing import Any

from imaging.corrections import correction_words
from imaging.pipeline.join import support_words
from imaging.screening_lines import Line

FILE_WIDTH = 40
HEADING = f"{'FILE':<{FILE_WIDTH}}  {'FRAME':>5}  {'CASE TYPE':<17}  {'RESULT':<12}  WHY"
NOTICE = "Assistive only: no cleared device. A clinician decides every case."


def table_row(line: Line) -> str:
    """One row: file (its end, when it is long), frame, case type, triage class or status, and why."""
    file = line["file"] if len(line["file"]) <= FILE_WIDTH else "…" + line["file"][1 - FILE_WIDTH :]
    result = line["triage"]["class"] if line["triage"] else line["status"].replace("_", " ")
    case_type = (line["case_type"] or "-").replace("_", " ")
    row = f"{file:<{FILE_WIDTH}}  {line['frame']:>5}  {case_type:<17}  {result:<12}  {_why(line)}"
    return "".join(sign if sign.isprintable() else "?" for sign in row)


def _why(line: Line) -> str:
    if line["status"] != "analysed":
        return str(line["reason"])
    positive = [finding for finding in line["findings"] if finding["positive"]]
    positive.sort(key=lambda finding: (finding["label"], -finding["probability"]))
    found = ", ".join(map(_named, positive)) or "nothing above its operating point"
    done = correction_words(line["corrections"])
    return f"{found} ({done})" if done else found


def _named(finding: dict[str, Any]) -> str:
    label, box, second = finding["label"].replace("_", " "), finding["box"], finding["second"]
    said = f"{label}{'' if box is None else ' box'} {finding['probability']:.2f}"
    if second is None:
        what = [f"operating point {finding['operating_point']:.2f}"]
    else:
        said, what = f"{said}, label {second['probability']:.2f}", []
    return f"{said} ({', '.join([*what, *_support(finding)])})"


def _support(finding: dict[str, Any]) -> list[str]:
    """What the label's map says of the box, in words and as a number."""
    second, agreement = finding["second"], finding["agreement"]
    positive = None if second is None else second["positive"]
    words = support_words(finding["support"], label_positive=positive, agreement=agreement)
    return [part for part in (words, "" if agreement is None else f"agreement {agreement:.2f}") if part]
