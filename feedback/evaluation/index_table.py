"""labels.csv or index.csv in the dialects that people write -> rows. Nothing here opens an image."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from feedback.evaluation.errors import DatasetColumnsMissing, DatasetDuplicate, DatasetEmpty, DatasetUnreadable
from registry.runtime.values import TRIAGE_CLASSES

FILE_COLUMNS = ("file", "file_name", "filename", "image")
GROUP_COLUMNS = ("patient_id", "group", "group_id", "patient")
FINDING_COLUMNS = ("findings", "classes", "labels", "label", "finding")
ANNOTATED_COLUMN, TRIAGE_COLUMN, SPLIT_COLUMN, AGE_COLUMN = "labels_for", "triage", "split", "age"
STRATUM_COLUMNS = (
    "view",
    "projection",
    "sex",
    "region",
    "body_part",
    "source",
    "site",
    "manufacturer",
    "hardware",
    "label_source",
)
# Known to the sets that we measured, and of no use to an evaluation.
PASSED_OVER = ("width", "height", "licence", "n_boxes", "multiscan", "columns", "rows")
NOTHING_FOUND = frozenset({"no_finding", "no_findings", "no_fracture", "normal", "none", "negative"})
AGE_BANDS = ((0, 17), (18, 39), (40, 59), (60, 79))
OLDEST_BAND = "80+"
DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One image as the table has it; names are lower case with underscores.

    Attributes:
        cells: the raw cells by column name.
        annotated: from labels_for; None when the table does not say.
    """

    file: str
    cells: Mapping[str, str] = field(repr=False)
    present: frozenset[str] = frozenset()
    annotated: frozenset[str] | None = None

    @property
    def group(self) -> str:
        """Patient or near-duplicate group; empty when the table has neither."""
        return next((self.cells[name] for name in GROUP_COLUMNS if self.cells.get(name)), "")

    @property
    def stated(self) -> frozenset[str] | None:
        """The only labels annotated on the image, where the table says so itself."""
        cell = self.cells.get(ANNOTATED_COLUMN)
        return names_of(cell) if cell else None

    @property
    def split(self) -> str:
        return self.cells.get(SPLIT_COLUMN, "").lower()

    @property
    def triage(self) -> str | None:
        value = self.cells.get(TRIAGE_COLUMN, "").lower()
        return value if value in TRIAGE_CLASSES else None

    @property
    def strata(self) -> dict[str, str]:
        """Values of the known stratum columns, the age as its band."""
        found = {name: self.cells[name] for name in STRATUM_COLUMNS if self.cells.get(name)}
        if band := age_band(self.cells.get(AGE_COLUMN, "")):
            found["age_band"] = band
        return found


@dataclass(frozen=True, slots=True)
class IndexTable:
    """The whole table.

    Attributes:
        has_labels: it says itself what is present; otherwise only boxes do.
    """

    rows: tuple[IndexRow, ...]
    has_labels: bool
    notices: tuple[str, ...]


def index_read(path: Path, *, box_labels: Sequence[str] = ()) -> IndexTable:
    """Read a table.

    Args:
        box_labels: names of the annotation file's classes; columns of these names hold presence or a count.
    Raises:
        DatasetUnreadable, DatasetColumnsMissing, DatasetEmpty, DatasetDuplicate.
    """
    header, records = _records(path)
    file_column = next((name for name in FILE_COLUMNS if name in header), None)
    if file_column is None:
        raise DatasetColumnsMissing(f"{path.name} has no column that names the image: {', '.join(FILE_COLUMNS)}.")
    finding_column = next((name for name in FINDING_COLUMNS if name in header), None)
    counted = () if finding_column else _count_columns(header, records, box_labels)
    if finding_column is None and not counted and not box_labels:
        raise DatasetColumnsMissing(
            f"{path.name} has no findings: a column {', '.join(FINDING_COLUMNS)}, or one column a label, or boxes."
        )
    rows = tuple(_row(record, file_column, finding_column, counted) for record in records)
    if not rows:
        raise DatasetEmpty
    if len({row.file for row in rows}) < len(rows):
        raise DatasetDuplicate
    notices = _notices(header, file_column, finding_column, counted, rows)
    return IndexTable(rows=rows, has_labels=bool(finding_column or counted), notices=notices)


def names_of(text: str) -> frozenset[str]:
    """Label names of a cell: separated by `;` or `|`, in lower case, blanks and hyphens as underscores."""
    found = (label_name(part) for part in re.split(r"[;|]", text))
    return frozenset(name for name in found if name) - NOTHING_FOUND


def label_name(text: str) -> str:
    """One label's name as models spell it."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


def age_band(text: str) -> str:
    """ "57" or "057Y" -> "40-59"; empty when no age is there."""
    matched = re.fullmatch(r"0*(\d+)(?:\.\d+)?\s*[yY]?", text.strip())
    if matched is None:
        return ""
    years = int(matched[1])
    return next((f"{low}-{high}" for low, high in AGE_BANDS if years <= high), OLDEST_BAND)


def _records(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        first = text.split("\n", 1)[0]
        delimiter = max(DELIMITERS, key=first.count)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetUnreadable(f"{path.name} is not a table in UTF-8 text.") from error
    if not lines:
        raise DatasetEmpty(f"{path.name} is empty.")
    header = [label_name(cell) for cell in lines[0]]
    if len(set(header)) < len(header):
        raise DatasetUnreadable(f"{path.name} has two columns of one name.")
    rows = [line for line in lines[1:] if any(cell.strip() for cell in line)]
    if ragged := next((number for number, line in enumerate(rows, start=2) if len(line) != len(header)), None):
        raise DatasetUnreadable(f"{path.name} has a row with too few or too many cells; the first is line {ragged}.")
    return header, [dict(zip(header, (cell.strip() for cell in line), strict=True)) for line in rows]


def _count_columns(
    header: Sequence[str], records: Sequence[Mapping[str, str]], box_labels: Sequence[str]
) -> tuple[str, ...]:
    """Columns that hold presence or a count: those named like a label of the boxes, or holding nothing but numbers."""
    structural = {*FILE_COLUMNS, *GROUP_COLUMNS, *STRATUM_COLUMNS, *PASSED_OVER, AGE_COLUMN, SPLIT_COLUMN}
    structural |= {ANNOTATED_COLUMN, TRIAGE_COLUMN}
    open_columns = [name for name in header if name not in structural]
    if box_labels:
        return tuple(name for name in open_columns if name in box_labels)
    return tuple(name for name in open_columns if all(_count(record[name]) is not None for record in records))


def _count(cell: str) -> float | None:
    """A number, 0 for no and false, 1 for yes and true; None for anything else; an empty cell counts as unknown: -1."""
    words = {"": -1.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
    if cell.lower() in words:
        return words[cell.lower()]
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if value >= 0 else -1.0


def _row(record: Mapping[str, str], file_column: str, finding_column: str | None, counted: Sequence[str]) -> IndexRow:
    if finding_column:
        present, known = names_of(record[finding_column]), None
    else:
        counts = {name: _count(record[name]) for name in counted}
        present = frozenset(name for name, value in counts.items() if value is not None and value > 0)
        known = frozenset(name for name, value in counts.items() if value is not None and value >= 0)
    row = IndexRow(file=record[file_column], cells=record)
    stated = row.stated
    if stated is not None and known is not None:
        known &= stated
    annotated = known if counted else stated
    kept = present if annotated is None else present & annotated
    return replace(row, present=kept, annotated=annotated)


def _notices(
    header: Sequence[str],
    file_column: str,
    finding_column: str | None,
    counted: Sequence[str],
    rows: Sequence[IndexRow],
) -> tuple[str, ...]:
    used = {file_column, finding_column, *counted, *GROUP_COLUMNS, *STRATUM_COLUMNS, *PASSED_OVER}
    used |= {AGE_COLUMN, SPLIT_COLUMN, ANNOTATED_COLUMN, TRIAGE_COLUMN}
    notices = []
    if unknown := [name for name in header if name not in used]:
        notices.append(f"Columns that are not known, and not used: {', '.join(unknown)}.")
    if not any(row.group for row in rows):
        notices.append(
            "No patient_id, group or group_id: every image counts as a patient of its own, so the intervals are too "
            "narrow where patients have several."
        )
    if wrong := sum(bool(row.cells.get(TRIAGE_COLUMN)) and row.triage is None for row in rows):
        notices.append(f"{wrong} rows have a triage that is none of {', '.join(TRIAGE_CLASSES)}; it is not used.")
    return tuple(notices)
