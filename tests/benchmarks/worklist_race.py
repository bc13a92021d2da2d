"""Many readers at once empty one list through the real service: who was handed what, and was anything handed twice.

A process and a connection a reader. Each takes a hand, signs every study in it (the read and the worklist's entry, in
one transaction; without what a signature audits and counts beside, which takes no study from anybody), and takes the
next one, until nothing is left. What the database refuses because others are writing is tried again, as a
page does. (Threads would not do: Python's garbage collector may reset another thread's SQLite statement, and waits for
it with the interpreter's lock held.) Says every ten seconds on stderr how far they are.
"""

import multiprocessing
import random
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

HAND = 4
EMPTY_HANDS = 3
REST_SECONDS = 0.2
TRIES = 50
TOLD_EVERY_SECONDS = 10.0
_signed: Any = None
"""How many studies all readers have signed: shared by their processes."""


@dataclass
class Diary:
    """What one reader was handed, signed, and waited for; seconds. refused: how often the database was too busy."""

    handed: list[UUID] = field(default_factory=list)
    signed: list[UUID] = field(default_factory=list)
    hands: list[float] = field(default_factory=list)
    signatures: list[float] = field(default_factory=list)
    refused: int = 0


def race(*, studies: int, readers: int, sites: int, pause: float = 0.0) -> dict[str, Any]:
    """pause: for how many seconds a reader looks at each study, half of it to half more."""
    from django.db import connection

    from tests.benchmarks.worklist_load import world_make

    world = world_make(sites=sites, readers=readers, versions=1)
    studies_make(world, studies)
    connection.close()  # nobody shares it
    begun = time.monotonic()
    signed = multiprocessing.get_context("fork").Value("q", 0)
    with multiprocessing.get_context("fork").Pool(readers, _counts_with, [signed]) as pool:
        running = pool.starmap_async(_read_all, [(reader_id, pause) for reader_id in world.reader_ids], chunksize=1)
        _told(running, signed, studies=studies, begun=begun)
        diaries = running.get()
    gone = time.monotonic() - begun
    return _result(diaries, studies=studies, readers=readers, pause=pause, seconds=gone)


def studies_make(world: Any, studies: int) -> None:
    """To be read, of one patient with a real key: signing audits under it, as in the portal."""
    from accounts.services.keys import patient_key_create
    from imaging.models import Patient, Study
    from tests.benchmarks.worklist_load import chunk_load
    from tests.benchmarks.worklist_rows import Chunk

    patient = Patient(organisation_id=world.organisation_id)
    patient_key_create(world.organisation_id, patient.id)
    patient.save(force_insert=True)
    empty = Study._meta.get_field("accession_number")
    for begin in range(0, studies, 1000):
        chunk = Chunk()
        for number in range(begin, min(begin + 1000, studies)):
            at = world.now - timedelta(seconds=studies - number)
            study = Study(id=uuid4(), organisation_id=world.organisation_id, patient=patient)
            stored = empty.encrypt(study, "").stored
            _study_add(chunk, world, study.id, patient.id, number, at, stored)
        chunk_load(chunk)


def _study_add(chunk: Any, world: Any, study: UUID, patient: UUID, number: int, at: Any, stored: bytes) -> None:
    triage = "urgent" if number % 10 == 0 else "normal"
    site = world.site_ids[number % len(world.site_ids)]
    shared = {
        "case_type": "chest",
        "analysis_state": "analysed",
        "analysis_reason": "",
        "triage_class": triage,
        "triage_reason": "",
        "version": 1,
        "synthetic": True,
    }
    chunk.add(
        "study",
        id=study,
        created_at=at,
        organisation_id=world.organisation_id,
        site_id=site,
        patient_id=patient,
        insurance_claim_id=None,
        study_instance_uid="",
        case_type_reason="",
        study_date="",
        description=stored,
        accession_number=stored,
        uploaded_by_id=world.uploader_id,
        triage_scores="{}",
        study_scores="{}",
        **shared,
    )
    chunk.add(
        "entry",
        id=number + 1,
        study_id=study,
        site_id=site,
        patient_ref=patient,
        grade=0 if triage == "urgent" else 3,
        received_at=at,
        said="[]",
        reads="[]",
        disagrees=False,
        disagreement="[]",
        second_reason="",
        **shared,
    )


def _counts_with(signed: Any) -> None:
    """A reader's process counts its signatures together with the others."""
    global _signed
    _signed = signed


def _told(running: Any, signed: Any, *, studies: int, begun: float) -> None:
    """On stderr, until everybody is done."""
    while not running.ready():
        running.wait(TOLD_EVERY_SECONDS)
        gone, done = time.monotonic() - begun, signed.value
        left = f", {gone * (studies - done) / done:.0f} s to go" if done else ""
        print(f"{gone:.0f} s: {done} of {studies} read{left}", file=sys.stderr, flush=True)


def _read_all(reader_id: UUID, pause: float) -> Diary:
    """In a process of its own."""
    from accounts.models import User
    from feedback.services.leases import hand_take
    from feedback.worklist_filter import WorklistFilter

    reader, diary, empty = User.objects.get(pk=reader_id), Diary(), 0
    time.sleep(pause * random.random())
    while empty < EMPTY_HANDS:
        hand = _timed(diary, diary.hands, lambda: hand_take(reader=reader, wanted=WorklistFilter(), size=HAND))
        studies = [entry.study_id for entry in hand.entries]
        diary.handed += studies
        for study_id in studies:
            time.sleep(pause * random.uniform(0.5, 1.5))
            _timed(diary, diary.signatures, lambda study_id=study_id: _sign(reader_id, study_id))  # type: ignore[misc]
            diary.signed.append(study_id)
            with _signed.get_lock():
                _signed.value += 1
        empty = 0 if studies else empty + 1
        time.sleep(0 if studies else REST_SECONDS)
    return diary


def _sign(reader_id: UUID, study_id: UUID) -> None:
    from django.db import transaction
    from django.utils import timezone

    from feedback.models import Read, ReadState
    from feedback.services.worklist_entries import worklist_entry_refresh
    from imaging.models import Study

    with transaction.atomic():
        Read.objects.create(study_id=study_id, reader_id=reader_id, state=ReadState.SIGNED, signed_at=timezone.now())
        worklist_entry_refresh(Study(pk=study_id))


def _timed(diary: Diary, times: list[float], act: Any) -> Any:
    """What it gives, its time kept; again when the database was too busy, anything else is a failure of the race."""
    from django.db import OperationalError

    begun = time.perf_counter()
    for _ in range(TRIES):
        try:
            done = act()
        except OperationalError:
            diary.refused += 1
            time.sleep(REST_SECONDS)
        else:
            times.append(time.perf_counter() - begun)
            return done
    raise TimeoutError("the database was busy for too long")


def _result(diaries: list[Diary], *, studies: int, readers: int, pause: float, seconds: float) -> dict[str, Any]:
    from feedback.models import WorklistEntry

    handed = Counter(study for diary in diaries for study in diary.handed)
    return {
        "readers": readers,
        "pause": pause,
        "studies": studies,
        "read": len({study for diary in diaries for study in diary.signed}),
        "twice": sum(times > 1 for times in handed.values()),
        "left": WorklistEntry.objects.filter(first_signed_at=None).count(),
        "fewest": min(len(diary.signed) for diary in diaries),
        "most": max(len(diary.signed) for diary in diaries),
        "seconds": seconds,
        "refused": sum(diary.refused for diary in diaries),
        **_quantiles("hand", [took for diary in diaries for took in diary.hands]),
        **_quantiles("signature", [took for diary in diaries for took in diary.signatures]),
    }


def _quantiles(name: str, seconds: list[float]) -> dict[str, float]:
    times = sorted(took * 1000 for took in seconds)
    return {f"{name}_p50": statistics.median(times), f"{name}_p95": times[int(0.95 * len(times))]}
