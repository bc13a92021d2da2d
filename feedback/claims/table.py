"""A claim as CSV: a line for the claim, for each film, billed procedure, finding and likeness. Pure."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from accounts.spreadsheets import plain_cell
from feedback.claims.values import Dossier
from feedback.claims.words import FILM_WORDS
from feedback.reports.kit import NOTICE

COLUMNS = (
    "record",
    "claim",
    "state",
    "decision",
    "reason",
    "by",
    "at",
    "film",
    "study",
    "code",
    "tooth_fdi",
    "surface",
    "date",
    "group",
    "label",
    "verdict",
    "model",
    "probability",
    "words",
    "distance",
    "other_claim",
    "audit_reference",
    "notice",
)

Line = dict[str, object]


def claim_csv(dossier: Dossier, *, audit_reference: str) -> str:
    """RFC 4180, CRLF, with a head line."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    fixed = {"claim": dossier.number, "audit_reference": audit_reference, "notice": NOTICE}
    for line in _lines(dossier):
        writer.writerow({name: cell(value) for name, value in {**fixed, **line}.items()})
    return stream.getvalue()


def cell(value: object) -> str:
    """As text that no spreadsheet runs. A plain number stays one."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    return plain_cell(value) if isinstance(value, str) else str(value)


def _lines(dossier: Dossier) -> Iterable[Line]:
    yield {
        "record": "claim",
        "state": dossier.state,
        "decision": dossier.decision,
        "reason": dossier.decision_reason,
        "by": dossier.decided_by,
        "at": dossier.decided_at,
    }
    yield from _films(dossier)
    for one in dossier.evidence:
        billed = one.procedure
        yield {
            "record": "procedure",
            "code": billed.code,
            "tooth_fdi": billed.tooth,
            "surface": billed.surface,
            "date": billed.date,
            "group": one.group,
            "verdict": one.standing,
            "words": one.words,
        }
    yield from _findings(dossier)
    for like in dossier.likenesses:
        yield {
            "record": "likeness",
            "film": like.film,
            "verdict": FILM_WORDS[like.word],
            "by": like.said_by,
            "at": like.said_at,
            "words": like.words,
            "distance": like.distance,
            "other_claim": like.other.number if like.other else "",
        }


def _films(dossier: Dossier) -> Iterable[Line]:
    for film in dossier.films:
        yield {
            "record": "film",
            "film": film.number,
            "study": film.study_id,
            "at": film.received_at,
            "state": film.analysis_state,
            "by": "; ".join(film.read_by),
            "words": "stands under another claim" if film.resubmitted else "",
        }


def _findings(dossier: Dossier) -> Iterable[Line]:
    for one in dossier.observations:
        yield {
            "record": "finding",
            "film": one.film,
            "label": one.label,
            "tooth_fdi": one.tooth,
            "verdict": one.verdict,
            "by": one.reader,
            "model": one.model,
            "probability": None if one.probability is None else round(one.probability, 4),
        }
