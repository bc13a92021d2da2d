"""A patient's name goes through the whole product and is found nowhere in clear: not during, not afterwards."""

import base64
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.films import make_dicom
from tests.installation import Installation, PortalClient, chest_film
from tests.paths import SHARED_DATA

CANARY = "ZZCANARY"
PATIENT = {
    "patient_name": f"{CANARY}^SECRET",
    "patient_id": f"{CANARY}-ID-77",
    "patient_birth_date": "19610203",
}


def forms(word: str) -> list[bytes]:
    """The word as it may lie in a file: UTF-8, UTF-16 both ways, hexadecimal, and base64 at its three alignments."""
    raw = word.encode()
    aligned = [base64.b64encode(b"\0" * shift + raw + b"\0\0")[(4 if shift else 0) : -4] for shift in range(3)]
    return [raw, word.encode("utf-16-le"), word.encode("utf-16-be"), raw.hex().encode(), *aligned]


def files_with_canary(folder: Path) -> set[str]:
    """Names of files below the folder in which the canary stands in any form, and names that hold it themselves."""
    found = set()
    for path in folder.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except (FileNotFoundError, OSError):
            continue
        if CANARY in path.name or any(form in content for form in forms(CANARY)):
            found.add(path.name)
    return found


class Watch(threading.Thread):
    """Looks into the data folder over and over while the story goes on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.found, self.rounds = folder, set(), 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.is_set():
            self.found |= files_with_canary(self.folder)
            self.rounds += 1
            self.over.wait(0.05)

    def end(self) -> None:
        self.over.set()
        self.join()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    running = Installation(tmp_path)
    running.start()
    yield running
    running.kill()


def test_the_search_finds_each_form(tmp_path: Path) -> None:
    for number, form in enumerate(forms(CANARY)):
        (tmp_path / f"{number}").write_bytes(b"x" * number + form + b"y")
    (tmp_path / "encoded").write_bytes(base64.b64encode(f"a name: {CANARY}^SECRET, and more".encode()))
    assert len(files_with_canary(tmp_path)) == len(forms(CANARY)) + 1


def test_a_patient_is_found_nowhere_in_clear(installation: Installation) -> None:
    watch = Watch(installation.data)
    watch.start()
    reader = installation.client("reader")
    study = _received(reader)
    reader.wait_until_read_by_machine(study)
    assert PATIENT["patient_name"] in reader.get(f"/api/studies/{study}/").body.decode()
    _refused(reader)
    _searched(reader)
    _read(reader, study)
    _administered(installation.client("compliance_officer"))
    assert installation.stop() == 0
    watch.end()
    assert watch.rounds > 3
    assert watch.found == set()
    assert files_with_canary(installation.data) == set()


def _received(reader: PortalClient) -> str:
    film = chest_film(study_description=f"{CANARY} thorax", **PATIENT)
    answer = reader.upload(film, file_name=f"{CANARY}^SECRET.dcm")
    assert answer.status == 201, answer.body
    return str(answer.json()["study_id"])


def _refused(reader: PortalClient) -> None:
    """Broken films: what the parser says of them may quote the header."""
    film = make_dicom(**PATIENT)
    for broken in (film[:-500], film[:900], film.replace(b"ISO_IR", b"XXX_YY"), f"{CANARY}".encode() * 100):
        assert reader.upload(broken, file_name=f"{CANARY}.dcm").status in {201, 409, 415, 422}


def _searched(reader: PortalClient) -> None:
    assert reader.post("/api/worklist/search/", {"patient_id": PATIENT["patient_id"]}).status == 200
    assert reader.get(f"/api/studies/?patient_id={PATIENT['patient_id']}").status in {200, 400}
    assert reader.get(f"/studies/{CANARY}/").status == 404


def _read(reader: PortalClient, study: str) -> None:
    assert reader.get(f"/studies/{study}/").status == 200
    instance = reader.get(f"/api/studies/{study}/").json()["instances"][0]["id"]
    comment = {"comment": f"{CANARY}^SECRET was here in March"}
    added = {"instance_id": instance, "label": "effusion", **comment}
    assert reader.post(f"/api/studies/{study}/reviews/", added).status == 201
    assert reader.get(f"/api/instances/{instance}/frames/0/").status == 200
    findings = reader.get(f"/api/studies/{study}/findings/").json()
    rows = findings["results"] if isinstance(findings, dict) else findings
    assert rows or SHARED_DATA is None, "the shipped model must analyse a real film"
    for row in [row for row in rows if row["heatmap"]][:1]:
        assert reader.get(f"/api/findings/{row['id']}/heatmap/").status == 200
        assert reader.post(f"/api/findings/{row['id']}/reviews/", {"verdict": "rejected", **comment}).status == 201


def _administered(officer: PortalClient) -> None:
    assert officer.get(f"/admin/accounts/auditevent/?q={CANARY}").status == 200
