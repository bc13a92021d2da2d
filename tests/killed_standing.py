"""What must be so in the database at any moment, whoever was killed: read in one snapshot, beside the processes."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

TOGETHER = {
    "a read that is signed has one signature more in the audit trail than reopenings, any other as many": """
        select r.id from feedback_read r where (r.state = 'signed') <> (
            (select count(*) from accounts_auditevent a where a.action = 'read.signed' and a.object_id = r.id)
          - (select count(*) from accounts_auditevent a where a.action = 'read.reopened' and a.object_id = r.id))""",
    "a read is signed when it has a time of it": """
        select id from feedback_read where (state = 'signed') <> (signed_at is not null)""",
    "the clock shows the first signature that stands": """
        select s.id from imaging_study s left join feedback_studyclocks c on c.study_id = s.id
        where c.signed_at is not (
            select min(r.signed_at) from feedback_read r where r.study_id = s.id and r.state = 'signed')""",
    "who signed has decided, and no draft is left of them": """
        select r.id from feedback_read r join feedback_studyclocks c on c.study_id = r.study_id
        left join feedback_readdraft d on d.study_id = r.study_id and d.reader_id = r.reader_id
        where r.state = 'signed' and (c.first_decision_at is null or d.id is not null)""",
    "every study has its entry of the worklist": """
        select s.id from imaging_study s where
            (select count(*) from feedback_worklistentry e where e.study_id = s.id) <> 1""",
    "a lease has a holder and an end": """
        select id from feedback_worklistentry where (lease_holder_id is null) <> (leased_until is null)""",
    "nobody holds a lease of what they signed": """
        select e.id from feedback_worklistentry e join feedback_read r
            on r.study_id = e.study_id and r.reader_id = e.lease_holder_id where r.state = 'signed'""",
    "a film was received once, has its fingerprint, its runs and its object, under its patient's key": """
        select i.id from imaging_instance i join imaging_series se on se.id = i.series_id
        join imaging_study s on s.id = se.study_id
        left join accounts_storedobject o on o.id = i.stored_object_id
        where o.patient_ref is not s.patient_id
           or (select count(*) from accounts_auditevent a
               where a.action = 'study.received' and a.object_id = i.id) <> 1
           or (select count(*) from imaging_filmfingerprint f where f.instance_id = i.id) <> 1
           or not exists (select 1 from imaging_inferencerun n where n.instance_id = i.id)""",
    "no film was received that is not there": """
        select a.id from accounts_auditevent a where a.action = 'study.received'
            and not exists (select 1 from imaging_instance i where i.id = a.object_id)""",
    "a study moved to its claim once": """
        select s.id from imaging_study s where (s.insurance_claim_id is not null) <> (
            select count(*) from accounts_auditevent a where a.action = 'study.claimed' and a.study_id = s.id)""",
    "a claim was opened once, and holds a film": """
        select c.id from imaging_insuranceclaim c where 1 <> (
            select count(*) from accounts_auditevent a where a.action = 'claim.opened' and a.object_id = c.id)
            or not exists (select 1 from imaging_study s where s.insurance_claim_id = c.id)""",
    "two films that look alike were written down once, and audited": """
        select m.id from imaging_filmmatch m where 1 <> (
            select count(*) from accounts_auditevent a where a.action = 'films.matched' and a.object_id = m.id)""",
    "no likeness was audited that is not there": """
        select a.id from accounts_auditevent a where a.action = 'films.matched'
            and not exists (select 1 from imaging_filmmatch m where m.id = a.object_id)""",
    "a film that has likenesses was looked for": """
        select f.id from imaging_filmfingerprint f join imaging_filmmatch m on m.instance_id = f.instance_id
            where f.searched_claim_id is null""",
}
"""Each gives the rows that break it."""


def halves(data: Path) -> list[str]:
    """Everything that stands half done; nothing of it may."""
    path = f"file:{data / 'db.sqlite3'}?mode=ro"
    with closing(sqlite3.connect(path, uri=True, timeout=30)) as database:
        database.execute("begin")
        found = [f"{words}: {rows[:3]}" for words, query in TOGETHER.items() if (rows := _rows(database, query))]
        return [*found, *_entries(database), *_outbox(database)]


def _rows(database: sqlite3.Connection, query: str) -> list[tuple[Any, ...]]:
    return database.execute(query).fetchall()


def _entries(database: sqlite3.Connection) -> list[str]:
    """The entry names who signed, and when the first and the last one did."""
    signed: dict[str, list[tuple[str, str]]] = {}
    for study, reader, at in _rows(
        database, "select study_id, reader_id, signed_at from feedback_read where state = 'signed'"
    ):
        signed.setdefault(study, []).append((at, reader))
    wrong = []
    for study, reads, first, last in _rows(
        database, "select study_id, reads, first_signed_at, last_signed_at from feedback_worklistentry"
    ):
        marks = {mark["reader"].replace("-", "") for mark in json.loads(reads) if mark["state"] == "signed"}
        of_reads = sorted(signed.get(study, []))
        ends = (of_reads[0][0], of_reads[-1][0]) if of_reads else (None, None)
        if marks != {reader for _, reader in of_reads} or ends != (first, last):
            wrong.append(f"the entry of {study} says {marks}, {first}, {last}; signed are {of_reads}")
    return wrong


def _outbox(database: sqlite3.Connection) -> list[str]:
    numbers = [row[0] for row in _rows(database, "select sequence from accounts_outboxevent order by sequence")]
    return [] if numbers == list(range(1, len(numbers) + 1)) else ["the events are not numbered without a gap"]
