"""A worklist of any size, written fast: every table that a page touches, in the proportions of a busy group of clinics.

Of all studies: four in five read (3,500 a day until they are all used up), one in a hundred administrative, the rest to
read, half of them within the waiting limit; one in fifty of an insurer's claim; one in a hundred under an open second
read; 8 % of what is read in disagreement. Waiting lists of that length do not occur; they show what they would cost.
"""

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

CHUNK = 20_000
PER_DAY = 3_500
WAITING_HOURS = 4
CASE_TYPES = (("chest", 0.5), ("dental_bitewing", 0.25), ("dental_panoramic", 0.2), ("bone", 0.049), ("ct", 0.001))
SAID = [{"label": "effusion", "probability": 0.91, "boxes": 2}, {"label": "mass", "probability": 0.62, "boxes": 0}]
WORDS = "the model sees effusion, reader-07 does not"
NEVER = (None, None, None)
SEARCHABLE_EVERY = 1000


@dataclass(frozen=True)
class World:
    """What the rows refer to; made by services beforehand."""

    organisation_id: UUID
    site_ids: Sequence[UUID]
    reader_ids: Sequence[UUID]
    reader_names: Sequence[str]
    uploader_id: UUID
    version_ids: Sequence[UUID]
    now: datetime


@dataclass
class Chunk:
    """Rows of several studies, by table."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, table: str, **columns: Any) -> None:
        self.rows.setdefault(table, []).append(columns)


def chunks(world: World, studies: int, *, index_of: Any, claim_of: Any) -> Iterator[Chunk]:
    """index_of(number) gives the blind index of a patient's number; claim_of(number) a claim's columns."""
    rng = random.Random(20261122)
    numbers = iter(range(studies))
    while some := list(islice(numbers, CHUNK)):
        chunk = Chunk()
        for number in some:
            _study(chunk, world, rng, number, studies, index_of, claim_of)
        yield chunk


def _study(
    chunk: Chunk, world: World, rng: random.Random, number: int, studies: int, index_of: Any, claim_of: Any
) -> None:
    facts = _facts(world, rng, number, studies)
    facts |= {"study": _uuid(rng), "patient": _uuid(rng), "entry": number + 1}
    facts["claim"] = _claim(chunk, world, rng, number, facts["site"], claim_of)
    for name, kind in (("patient_index", "PAT"), ("accession_index", "ACC")):
        searchable = number % SEARCHABLE_EVERY == 0
        facts[name] = index_of(f"{kind}-{number:07d}") if searchable else _index(rng)
    chunk.add("patient", **_patient_row(world, facts))
    chunk.add("study", **_study_row(world, facts))
    _reads(chunk, world, rng, facts["study"], facts)
    chunk.add("entry", **_entry_row(world, facts))
    for kind, value in facts["facets"]:
        place = {"site_id": facts["site"], "grade": facts["grade"], "received_at": facts["at"]}
        chunk.add("facet", entry_id=facts["entry"], kind=kind, value=value, **place)


def _patient_row(world: World, facts: dict[str, Any]) -> dict[str, Any]:
    encrypted = dict.fromkeys(("patient_id", "issuer_of_patient_id", "name", "birth_date", "sex"), b"")
    index = facts["patient_index"]
    return encrypted | {
        "id": facts["patient"],
        "created_at": facts["at"],
        "organisation_id": world.organisation_id,
        "patient_id_index": index,
        "identity_index": index,
    }


def _said_of_study(facts: dict[str, Any]) -> dict[str, Any]:
    """What the study's row and its entry both say."""
    return {
        "case_type": facts["case_type"],
        "analysis_state": facts["state"],
        "analysis_reason": facts["reason"],
        "triage_class": facts["triage"],
        "triage_reason": "probability 0.91, at or above its operating point",
        "version": 1,
        "synthetic": False,
    }


def _study_row(world: World, facts: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(("study_instance_uid", "case_type_reason", "study_date"), "")
    encrypted = dict.fromkeys(("description", "accession_number"), b"")
    scores = dict.fromkeys(("triage_scores", "study_scores"), "{}")
    return {
        "id": facts["study"],
        "created_at": facts["at"],
        "organisation_id": world.organisation_id,
        "site_id": facts["site"],
        "patient_id": facts["patient"],
        "insurance_claim_id": facts["claim"],
        "uploaded_by_id": world.uploader_id,
        **empty,
        **encrypted,
        **scores,
        **_said_of_study(facts),
    }


def _entry_row(world: World, facts: dict[str, Any]) -> dict[str, Any]:
    first, last, wait = facts["signed"]
    second = facts["second"]
    return {
        "id": facts["entry"],
        "study_id": facts["study"],
        "site_id": facts["site"],
        "patient_ref": facts["patient"],
        "grade": facts["grade"],
        "received_at": facts["at"],
        "said": json.dumps(SAID if facts["triage"] in ("urgent", "flagged") else []),
        "reads": json.dumps(facts["marks"]),
        "first_signed_at": first,
        "last_signed_at": last,
        "first_wait_seconds": wait,
        "disagrees": facts["disagrees"],
        "disagreement": json.dumps([WORDS] if facts["disagrees"] else []),
        "second_grade": second,
        "second_reason": "" if second is None else "sampled",
        "second_asked_by": None if second is None else world.reader_ids[-1],
        "claim_id": facts["claim"],
        "accession_index": facts["accession_index"],
        "lease_holder_id": None,
        "leased_until": None,
        **_said_of_study(facts),
    }


def _facts(world: World, rng: random.Random, number: int, studies: int) -> dict[str, Any]:
    """Where one study stands."""
    triage = _drawn(rng, (("urgent", 0.03), ("flagged", 0.22), ("normal", 0.65), ("", 0.1)))
    facts: dict[str, Any] = {"site": world.site_ids[number % len(world.site_ids)], "case_type": _drawn(rng, CASE_TYPES)}
    facts |= {"triage": triage, "state": "analysed", "reason": "", "signed": NEVER, "marks": [], "disagrees": False}
    facts |= {
        "second": None,
        "facets": [("version", version) for version in rng.sample(list(world.version_ids), rng.choice((1, 2)))],
    }
    share = rng.random()
    if share < 0.8:
        return facts | _read(world, rng, number, studies, facts)
    if share < 0.81:
        at = world.now - timedelta(days=3) * rng.random()
        return facts | {
            "grade": 4,
            "triage": "",
            "state": "not_analysed",
            "reason": "wrong_body_part: a hand",
            "at": at,
        }
    within = timedelta(hours=WAITING_HOURS) if rng.random() < 0.5 else timedelta(days=3)
    state = "analysed" if triage else _drawn(rng, (("waiting", 0.3), ("not_analysed", 0.7)))
    grade = {"urgent": 0, "flagged": 1, "normal": 3}.get(triage, 2 if state == "not_analysed" else 3)
    second = grade if rng.random() < 0.01 else None
    return facts | {"grade": grade, "state": state, "at": world.now - within * rng.random(), "second": second}


def _read(world: World, rng: random.Random, number: int, studies: int, facts: dict[str, Any]) -> dict[str, Any]:
    """Signed: a day's work a day, back from now."""
    days = studies / PER_DAY * rng.random()
    signed = world.now - timedelta(days=days, minutes=1)
    wait = int(rng.expovariate(1 / 3600)) + 60
    reader = rng.randrange(len(world.reader_ids))
    mark = {
        "reader": str(world.reader_ids[reader]),
        "state": "signed",
        "by": world.reader_names[reader],
        "at": signed.isoformat(),
    }
    return {
        "grade": 5,
        "at": signed - timedelta(seconds=wait),
        "signed": (signed, signed, wait),
        "marks": [mark],
        "disagrees": rng.random() < 0.08,
        "facets": [*facts["facets"], ("reader", world.reader_ids[reader])],
    }


def _reads(chunk: Chunk, world: World, rng: random.Random, study: UUID, facts: dict[str, Any]) -> None:
    for mark in facts["marks"]:
        at = facts["signed"][0]
        chunk.add(
            "read",
            id=_uuid(rng),
            created_at=at,
            study_id=study,
            reader_id=UUID(mark["reader"]),
            state="signed",
            signed_at=at,
            study_version=1,
            second_read=False,
            signing_batch=None,
            version=1,
        )


def _claim(chunk: Chunk, world: World, rng: random.Random, number: int, site: UUID, claim_of: Any) -> UUID | None:
    if number % 50:
        return None
    claim = _uuid(rng)
    chunk.add("claim", **claim_of(claim, site, number, world.now))
    return claim


def _uuid(rng: random.Random) -> UUID:
    """Its first byte is nought: copies have another (worklist_load.copy_load)."""
    return UUID(int=rng.getrandbits(120), version=4)


def _index(rng: random.Random) -> str:
    """A blind index of a value that nobody will search for."""
    return f"00{rng.getrandbits(248):062x}"


def _drawn(rng: random.Random, shares: Iterable[tuple[str, float]]) -> str:
    left = rng.random()
    for value, share in shares:
        left -= share
        if left < 0:
            return value
    return value
