"""The web process stays small and never holds a framework: measured on the real one, after every URL was asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.roles import ROLES
from tests.accounts.matrix import Route, routes
from tests.installation import Installation, PortalClient, chest_film
from tests.paths import SHARED_DATA

LIMIT_BYTES = 250 * 1024 * 1024
FRAMEWORKS = ("libtorch", "torch/_C", "openvino", "libopenvino")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    running = Installation(tmp_path_factory.mktemp("web"))
    running.start()
    yield running
    running.kill()


def test_the_web_process_is_small_and_holds_no_framework_after_every_url(installation: Installation) -> None:
    clients = {role: installation.client(role) for role in ROLES if role != "service"}
    objects = _objects(clients["reader"])
    asked = [(client, route) for client in clients.values() for route in routes() if not route.is_pattern]
    statuses = [client.get(_path(route, objects)).status for client, route in asked if route.name != "sign-out"]
    assert len(statuses) > 300
    assert [status for status in statuses if status >= 500] == []
    process = installation.web_process()
    assert process.memory_info().rss < LIMIT_BYTES
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert "libsqlite" in maps or "_sqlite3" in maps
    assert [name for name in FRAMEWORKS if name in maps] == []


def _objects(reader: PortalClient) -> dict[str, str]:
    """What the routes name: a study that was read by the machine, its frame, one of its findings if it has any."""
    study_id = reader.upload(chest_film(), file_name="film.dcm", case_type="chest").json()["study_id"]
    study = reader.wait_until_read_by_machine(study_id)
    findings = reader.get(f"/api/studies/{study_id}/findings/").json()
    rows = findings["results"] if isinstance(findings, dict) else findings
    nobody = "00000000-0000-4000-8000-000000000000"
    first = next((row["id"] for row in rows if row["heatmap"]), nobody)
    assert first != nobody or SHARED_DATA is None, "a real film must bring a heatmap to ask for"
    return {
        "study_id": study_id,
        "instance_id": study["instances"][0]["id"],
        "finding_id": first,
        "index": "0",
        "user_id": nobody,
        "token_id": nobody,
        "review_id": nobody,
        "object_id": nobody,
        "claim_id": nobody,
        "match_id": nobody,
        "view_id": nobody,
    }


def _path(route: Route, objects: dict[str, str]) -> str:
    path = "/" + route.path
    for name in route.parameters:
        start = next(part for part in path.split("<")[1:] if part.split(">")[0].split(":")[-1] == name)
        path = path.replace(f"<{start.split('>')[0]}>", objects[name])
    return path
