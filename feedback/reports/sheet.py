"""A report of a read as a document for print."""

from collections.abc import Sequence
from datetime import datetime

from feedback.reports.kit import (
    Block,
    ColourScale,
    Column,
    Facts,
    Heading,
    KeyImage,
    Legend,
    PageFrame,
    Pictures,
    Table,
    Text,
    document_pdf,
)
from feedback.reports.values import ReadReport
from feedback.reports.words import moment
from imaging.rendering import COLOUR_STOPS

TITLE = "Report of a read"
AS_DISPLAYED = "Films are shown as their files' own window shows them; boxes and maps in pixels of the stored frame."
MAP_WORDS = "A map shows what speaks for the finding in the model's eyes. It is no outline of a lesion."
SCALE = ("nothing speaks for it", "most")
LEGEND = Legend((("model", "the model's box"), ("reader", "the reader's box"), ("rejected", "rejected by the reader")))


def report_pdf(report: ReadReport, images: Sequence[KeyImage], *, audit_reference: str, issued_at: datetime) -> bytes:
    """The report as PDF bytes.

    Args:
        images: those of report.images, rendered.
        audit_reference: of the event that recorded this export.
    """
    frame = PageFrame(
        title=TITLE,
        place=f"{report.examination.site}, {report.examination.organisation}",
        audit_reference=audit_reference,
        issued=moment(issued_at),
        issued_seconds=int(issued_at.timestamp()),
        mark=report.mark,
        subject=f"Study {report.examination.id}",
    )
    return document_pdf(frame, [*_head(report), *_findings(report), *_pictures(report, images), *_source(report)])


def _head(report: ReadReport) -> list[Block]:
    blocks: list[Block] = [Facts(facts_of_patient(report)), Facts(facts_of_read(report), columns=1)]
    blocks += [Heading("Outcome"), Text(report.outcome, look="strong")]
    blocks += [Text(line) for line in report.how]
    return blocks + [Text(line, look="warning") for line in report.warnings]


def facts_of_patient(report: ReadReport) -> tuple[tuple[str, str], ...]:
    """Who and which study; shared with the page."""
    person, study = report.person, report.examination
    return (
        ("Patient", person.name or person.pseudonym),
        ("Patient ID", person.patient_id),
        ("Born", person.birth_date),
        ("Sex", person.sex),
        ("Study", " ".join(part for part in (study.case_type, study.description) if part)),
        ("Study date", study.study_date),
        ("Accession", study.accession_number),
        ("Received", moment(study.received_at)),
        ("Pseudonym", person.pseudonym),
        ("Images", str(study.images)),
    )


def facts_of_read(report: ReadReport) -> tuple[tuple[str, str], ...]:
    """Who read it, when, where, and what the models made of it; shared with the page."""
    signed = f"signed {moment(report.signed_at)}" if report.signed else "not signed"
    return (
        ("Read by", f"{report.reader}, {signed}; begun {moment(report.begun_at)}"),
        ("Site", f"{report.examination.site}, {report.examination.organisation}"),
        ("Models' triage", report.examination.triage),
        ("Study id", str(report.examination.id)),
    )


def _findings(report: ReadReport) -> list[Block]:
    where = any(line.place for line in report.findings)
    columns = [Column("Nr", 0.35, "right"), Column("Finding", 1.5)]
    columns += [Column("Where", 1.1)] if where else []
    columns += [Column("The model said", 2.2), Column("The reader says", 2.6)]
    rows = []
    for line in report.findings:
        word = "\n".join(part for part in (line.word, line.comment and f"“{line.comment}”") if part)
        extent = f"{line.label}\n{line.extent}" if line.extent else line.label
        place = [line.place] if where else []
        rows.append((str(line.number), extent, *place, line.said or "nothing here", word))
    table = Table(tuple(columns), tuple(rows), empty="No finding was above its operating point, and none was added.")
    return [Heading("Findings"), table, *(Text(line, look="small") for line in unlisted_words(report))]


def unlisted_words(report: ReadReport) -> list[str]:
    """What the list leaves out; shared with the page."""
    if not report.unlisted:
        return []
    few = "1 finding" if report.unlisted == 1 else f"{report.unlisted} findings"
    return [f"{few} below the operating point, which no reader judged, not listed."]


def left_out_words(report: ReadReport) -> list[str]:
    """Which key images are not here; shared with the page."""
    if not report.left_out:
        return []
    return [f"{report.left_out} more key images are in the portal: the report shows the first {len(report.images)}."]


def _pictures(report: ReadReport, images: Sequence[KeyImage]) -> list[Block]:
    if not images:
        return []
    blocks: list[Block] = [Heading("Key images"), Pictures(tuple(images), across=1 if len(images) == 1 else 2)]
    blocks += [LEGEND] if any(image.marks for image in images) else []
    if any(image.heatmap for image in images):
        stops = tuple((int(stop[0]), int(stop[1]), int(stop[2])) for stop in COLOUR_STOPS[1:])
        blocks += [ColourScale(stops, *SCALE), Text(MAP_WORDS, look="small")]
    return [*blocks, *(Text(line, look="small") for line in (*left_out_words(report), AS_DISPLAYED))]


def _source(report: ReadReport) -> list[Block]:
    blocks: list[Block] = []
    if report.others:
        rows = tuple((one.by, one.words) for one in report.others)
        blocks += [Heading("Other reads"), Table((Column("Reader", 1), Column("Read", 2)), rows)]
    models = tuple((f"{one.name} {one.version}", one.task, one.sha256) for one in report.models)
    columns = (Column("Model", 1.5), Column("Task", 0.8), Column("SHA-256 of its weights", 3))
    blocks += [Heading("Models"), Table(columns, models, empty="No model looked at this study.")]
    handled = (*report.corrections, *report.notices)
    if handled:
        blocks += [Heading("The images as handled"), *(Text(line) for line in handled)]
    return blocks
