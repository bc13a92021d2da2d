"""The decision sheet of a claim, PDF: films, findings by tooth, what supports what is billed, likenesses, decision."""

from collections.abc import Sequence

from feedback.claims.values import Dossier, Evidence, Film, IssuedSheet, Likeness, Observation
from feedback.claims.words import STATES, decision_words, film_words, likeness_words, observation_words
from feedback.diff import tooth_words
from feedback.reports.kit import (
    Block,
    Column,
    Facts,
    Heading,
    KeyImage,
    Legend,
    Mark,
    PageFrame,
    Pictures,
    Table,
    Text,
    document_pdf,
)
from feedback.reports.words import moment, probability

TITLE = "Decision sheet of an insurance claim"
ASSISTIVE = (
    "Support is judged from submitted films alone, by the organisation's own table of procedure groups. What a film "
    "does not show may still have been done. A likeness of films is a reason to look, not a finding about anybody."
)
LEGEND = Legend((("model", "a model's box"), ("reader", "a reader's box"), ("rejected", "rejected by a reader")))
MOST_FILMS = 12


def sheet_pdf(issued: IssuedSheet, images: Sequence[KeyImage], pairs: Sequence[KeyImage]) -> bytes:
    """The sheet as PDF bytes.

    Args:
        images: the submitted films, with marks_of(film). pairs: this claim's film and the other one, in turn.
    """
    dossier = issued.dossier
    frame = PageFrame(
        title=TITLE,
        place=f"{dossier.site}, {dossier.organisation}",
        audit_reference=issued.audit_reference,
        issued=moment(issued.issued_at),
        issued_seconds=int(issued.issued_at.timestamp()),
        mark="" if dossier.state != "open" else "NOT DECIDED",
        subject=f"Claim {dossier.id}",
    )
    blocks = [
        *_head(dossier, by=issued.by),
        *_billed(dossier),
        *_findings(dossier),
        *_likenesses(dossier, pairs),
    ]
    return document_pdf(frame, [*blocks, *_films(dossier, images), *_source(dossier)])


def marks_of(film: Film, seen: Sequence[Observation]) -> tuple[Mark, ...]:
    """The boxes on a film, with the tooth where one was named."""
    here = [one for one in seen if one.film == film.number and one.box is not None]
    return tuple(Mark(one.box, _short(one), _whose(one)) for one in here if one.box is not None)


def film_caption(film: Film) -> str:
    return film_words(film) + "."


def _tooth(fdi: int) -> str:
    return tooth_words(fdi).removeprefix("tooth ")


def _short(one: Observation) -> str:
    return f"{one.label} {one.tooth}" if one.tooth else one.label


def _whose(one: Observation) -> str:
    if one.verdict == "rejected":
        return "rejected"
    return "reader" if one.verdict in ("corrected", "added") else "model"


def _head(dossier: Dossier, *, by: str) -> list[Block]:
    facts = (
        ("Claim", dossier.number),
        ("State", STATES[dossier.state]),
        ("Site", f"{dossier.site}, {dossier.organisation}"),
        ("Opened", moment(dossier.created_at)),
        ("Submitted images", str(len(dossier.films))),
        ("Sheet taken out by", by),
    )
    blocks: list[Block] = [Facts(facts), Heading("Decision"), Text(decision_words(dossier), look="strong")]
    blocks += [Text(f"Reason: {dossier.decision_reason}")] if dossier.decision_reason else []
    return [*blocks, Text(ASSISTIVE, look="small")]


def _billed(dossier: Dossier) -> list[Block]:
    columns = (Column("Billed", 1.5), Column("Tooth", 0.9), Column("Group", 1.3), Column("What the films show", 3.4))
    rows = tuple(_evidence_row(one) for one in dossier.evidence)
    return [Heading("Billed procedures"), Table(columns, rows, empty="Nothing was entered.")]


def _evidence_row(one: Evidence) -> tuple[str, ...]:
    billed = ", ".join(part for part in (one.procedure.code, one.procedure.surface, one.procedure.date) if part)
    tooth = _tooth(int(one.procedure.tooth)) if one.procedure.tooth else ""
    lines = [one.words]
    lines += [f"For: {observation_words(seen)}" for seen in one.speaking_for]
    lines += [f"Against: {observation_words(seen)}" for seen in one.speaking_against]
    lines += [f"Elsewhere: {observation_words(seen)}" for seen in one.elsewhere]
    return billed, tooth, one.group, "\n".join(lines)


def _findings(dossier: Dossier) -> list[Block]:
    columns = (
        Column("Film", 0.5),
        Column("Finding", 1.3),
        Column("Tooth", 1.1),
        Column("Reader", 1.9),
        Column("Model", 1.7),
    )
    rows = tuple(
        (
            str(one.film),
            one.label,
            _tooth(one.tooth) if one.tooth else "none named",
            f"{one.verdict}, {one.reader}" if one.verdict else "no word",
            f"{one.model}, {probability(one.probability)}" if one.probability is not None else one.model,
        )
        for one in dossier.observations
    )
    empty = "Neither a reader nor a model has a finding on these films."
    withheld = [film for film in dossier.films if film.withheld]
    words = "What the models say of some films is withheld from this examiner: their site reads blind first."
    return [
        Heading("Findings"),
        Table(columns, rows, empty=empty),
        *([Text(words, look="warning")] if withheld else []),
    ]


def _likenesses(dossier: Dossier, pairs: Sequence[KeyImage]) -> list[Block]:
    blocks: list[Block] = [Heading("Likeness to films of other claims")]
    blocks += [Text(_likeness(one)) for one in dossier.likenesses]
    if not dossier.likenesses:
        blocks.append(Text("No film of another claim looks like one of these."))
    return [*blocks, Pictures(tuple(pairs), across=2, max_height_mm=70.0)] if pairs else blocks


def _likeness(one: Likeness) -> str:
    return likeness_words(one) + (f" {one.comment}" if one.comment else "")


def _films(dossier: Dossier, images: Sequence[KeyImage]) -> list[Block]:
    left_out = len(dossier.films) - len(images)
    blocks: list[Block] = [Heading("Submitted images")]
    blocks += [Pictures(tuple(images), across=2, max_height_mm=95.0), LEGEND] if images else []
    return [*blocks, Text(f"{left_out} more films are not printed.")] if left_out > 0 else blocks


def _source(dossier: Dossier) -> list[Block]:
    columns = (Column("Model", 1.4), Column("Version", 0.8), Column("Task", 0.9), Column("Artefact, SHA-256", 3.2))
    rows = tuple((line.name, line.version, line.task, line.sha256) for line in dossier.models)
    return [Heading("Models"), Table(columns, rows, empty="No model looked at these films, or their word is withheld.")]
