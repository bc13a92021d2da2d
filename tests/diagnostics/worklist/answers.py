"""What the worklist's page is shown in these tests: phantoms that were sent, and answers of the API of our own."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.browser import Desk, eventually
from tests.films import make_dicom
from tests.installation import Installation


def fresh(**header: Any) -> bytes:
    names = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
    return make_dicom(**{name: f"2.25.{uuid.uuid4().int}" for name in names}, **header)


def sent(installation: Installation, **header: Any) -> str:
    """A phantom after the models looked at it."""
    client = installation.client("technologist")
    study_id = client.upload(fresh(**header), file_name="phantom.dcm").json()["study_id"]
    client.wait_until_read_by_machine(study_id)
    return str(study_id)


def row(number: int, **more: Any) -> dict[str, Any]:
    """A row as the API gives it: `number` minutes after the first."""
    received = datetime(2026, 11, 22, 6, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "id": str(uuid.UUID(int=number + 1)),
        "pseudonym": f"P-{number:06X}",
        "site_id": str(uuid.UUID(int=0)),
        "site_name": "North Clinic",
        "site_code": "north",
        "case_type": "chest",
        "received_at": received.isoformat(),
        "waiting_seconds": 600,
        "wait_limit_seconds": 14400,
        "overdue": False,
        "rank": 4,
        "why_here": "in order of arrival",
        "analysis_state": "analysed",
        "analysis_reason": "",
        "triage_class": "normal",
        "triage_reason": "",
        "said": [],
        "reads": [],
        "disagreement": [],
        "second_read": "",
        "blind": False,
        "claim": "",
        "leased_by": "",
        "leased_to_me": False,
        "leased_until": None,
        "version": 1,
        "synthetic": False,
        **more,
    }


def answer(rows: list[dict[str, Any]], following: str | None = None, **figures: Any) -> dict[str, Any]:
    lanes = dict.fromkeys(("to_read", "mine", "second_reads", "disagree", "administrative", "claims", "read_today"), 0)
    counts = {"lanes": {**lanes, "to_read": len(rows), "all": len(rows)}, "case_types": {}, "sites": {}}
    times = {"urgent": 0, "waiting": len(rows), "oldest_seconds": 600, "median_seconds": None}
    return {"sequence": 0, "next": following, "figures": {**times, **counts, **figures}, "results": rows}


def shown(desk: Desk, answers: Any) -> None:
    """The worklist over answers of our own; asked once more for what they hold."""
    desk.page.route("**/api/worklist/?**", lambda route: route.fulfill(json=answers(route.request.url)))
    desk.page.goto(desk.base + "/")
    eventually(lambda: desk.page.locator("tr[data-study]").count() > 0)


def row_at(desk: Desk, x: float, y: float) -> str | None:
    script = "([x, y]) => document.elementFromPoint(x, y)?.closest('tr')?.dataset.study ?? null"
    return desk.page.evaluate(script, [x, y])


def lane(desk: Desk, code: str) -> Any:
    return desk.part("lanes").locator(f'[data-value="{code}"]')
