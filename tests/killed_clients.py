"""Readers and a sender that go on while their server is killed under them, and remember every answer that they had."""

import hashlib
import http.client
import json
import random
import statistics
import threading
import time
from collections import defaultdict
from typing import Any

from tests.films import make_dicom
from tests.installation import Answer, Installation

PAUSE_SECONDS = 0.05
DRAFT_ITEMS = 12
Content = dict[str, Any]


class Fault(Exception):
    """Something that may never happen: it is written down, and this person stops."""


class NoAnswer(Exception):
    """The act was sent, or begun to be sent, and nobody knows what came of it."""


def is_refused(error: BaseException) -> bool:
    """No server at all: the act never reached one."""
    return isinstance(getattr(error, "reason", error), ConnectionRefusedError)


class Person(threading.Thread):
    """Signed in once; the session outlives the server. `faults`: what may never happen, in words."""

    def __init__(self, running: Installation, role: str, seed: int) -> None:
        super().__init__(daemon=True)
        self.running, self.role = running, role
        self.client = running.client(role)
        self.chance = random.Random(f"{seed} {role}")
        self.under_way = ""
        self.began = 0.0
        self.interrupted: list[str] = []
        self.done: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.leave = threading.Event()

    def run(self) -> None:
        while not self.leave.is_set():
            try:
                self.work()
            except NoAnswer:
                continue
            except Fault:
                return
            except Exception as error:  # noqa: BLE001  (whatever ends this thread is told by the test)
                self.faults.append(f"{self.role}: {error!r}")
                return

    def work(self) -> None:
        raise NotImplementedError

    def usual_seconds(self, kind: str) -> float:
        return statistics.median(self.done[kind]) if self.done[kind] else 0.05

    def ask(self, kind: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One act. Where there is no server it waits for one; an act that was cut off raises NoAnswer."""
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **{name.replace("_", "-"): v for name, v in headers.items()}}
        while not self.leave.is_set():
            self.under_way, self.began = kind, time.monotonic()
            try:
                answer = self.client.request(method, path, data, given)
            except (OSError, http.client.HTTPException) as error:
                if is_refused(error):
                    self.under_way = ""
                    time.sleep(PAUSE_SECONDS)
                    continue
                self.interrupted.append(kind)
                raise NoAnswer from error
            finally:
                self.under_way = ""
            self.done[kind].append(time.monotonic() - self.began)
            if answer.status >= 500:
                self.faults.append(f"{self.role}: {kind} was answered {answer.status} {answer.body[:300]!r}")
                raise Fault
            return answer
        raise NoAnswer


class Reader(Person):
    """Takes a hand, opens its first study, keeps a draft, signs, and takes every other signature back.

    signed, drafts: by study, everything that may be so by the answers that came: one value when there was an answer,
    the old and the new one when there was none.
    """

    def __init__(self, running: Installation, role: str, seed: int) -> None:
        super().__init__(running, role, seed)
        self.signed: dict[str, set[bool]] = defaultdict(lambda: {False})
        self.drafts: dict[str, set[str]] = defaultdict(lambda: {""})
        self.instances: dict[str, str] = {}
        self.held: list[str] = []

    def work(self) -> None:
        answer = self.ask("hand", "POST", "/api/worklist/hand/", {"size": 4})
        rows = answer.json()["hand"]
        self.held = [row["id"] for row in rows]
        if not rows:
            time.sleep(PAUSE_SECONDS)
            return
        study = self.ask("open", "GET", f"/api/studies/{rows[0]['id']}/").json()
        self.instances[study["id"]] = study["instances"][0]["id"]
        self.settle(study["id"])
        self.write(study["id"])
        if self.sign(study) and self.chance.random() < 0.5:
            self.undo(study["id"])

    def settle(self, study_id: str) -> None:
        """What the server says now must be one of what it may say; from here on it is that one."""
        reads = self.ask("look", "GET", f"/api/studies/{study_id}/reviews/").json()["reads"]
        signed = any(read["mine"] and read["state"] == "signed" for read in reads)
        if signed not in self.signed[study_id]:
            self.faults.append(f"{self.role}: {study_id} signed={signed}, not {self.signed[study_id]}")
        self.signed[study_id] = {signed}
        self.draft_settle(study_id)

    def draft_settle(self, study_id: str) -> str | None:
        """The tag of the draft that stands: the old one or the new one, whole."""
        draft = self.ask("look", "GET", f"/api/studies/{study_id}/draft/").json()["draft"]
        words = canonical(draft["content"]) if draft else ""
        if words not in self.drafts[study_id]:
            self.faults.append(f"{self.role}: the draft of {study_id} is none that was written")
        self.drafts[study_id] = {words}
        return draft["tag"] if draft else None

    def write(self, study_id: str) -> None:
        """Two saves in a row, as a page does that changes."""
        tag = self.draft_settle(study_id)
        for _ in range(2):
            content = self.content(study_id)
            before, self.drafts[study_id] = self.drafts[study_id], self.drafts[study_id] | {canonical(content)}
            headers = {"If_Match": f'"{tag}"'} if tag else {}
            answer = self.ask("draft", "PUT", f"/api/studies/{study_id}/draft/", {"content": content}, **headers)
            if answer.status != 200:
                self.drafts[study_id] = before
                self.faults.append(f"{self.role}: a draft was answered {answer.status} {answer.body[:200]!r}")
                return
            self.drafts[study_id] = {canonical(content)}
            tag = answer.json()["tag"]

    def content(self, study_id: str) -> Content:
        words = f"{self.chance.getrandbits(64):016x} " * 100
        place = {"instance_id": self.instances[study_id], "frame": 0}
        items = [
            {"key": f"k{number}", **place, "verdict": "added", "comment": words[:1600]} for number in range(DRAFT_ITEMS)
        ]
        return {"schema": 1, "study_version": 1, "place": place, "items": items}

    def sign(self, study: Content, **more: Any) -> bool:
        study_id = study["id"]
        self.signed[study_id] |= {True}
        self.drafts[study_id] |= {""}
        how = "confirm" if study["analysis"]["state"] == "analysed" else "sign"
        body = {"expected_version": study["version"], **more}
        answer = self.ask("sign", "POST", f"/api/studies/{study_id}/{how}/", body)
        if answer.status == 200:
            self.signed[study_id], self.drafts[study_id] = {True}, {""}
            return True
        self.signed[study_id] -= {True}
        self.drafts[study_id] -= {""}
        if answer.status == 409 and answer.json()["code"] == "already_read" and not more:
            return self.sign(study, second_read=True)
        if answer.status not in {409, 412}:
            self.faults.append(f"{self.role}: {how} was answered {answer.status} {answer.body[:200]!r}")
        return False

    def undo(self, study_id: str) -> None:
        self.signed[study_id] |= {False}
        answer = self.ask("undo", "POST", f"/api/studies/{study_id}/undo/", {})
        if answer.status == 200:
            self.signed[study_id] = {False}
        else:
            self.faults.append(f"{self.role}: undo was answered {answer.status} {answer.body[:200]!r}")


class Sender(Person):
    """Sends each film twice, in two files under two claims: the second is to be found to look like the first.

    sent: by SHA-256 {"claim", "study"}; study is "" where no answer came. Of those, every other one is sent again.
    """

    def __init__(self, running: Installation, role: str, seed: int) -> None:
        super().__init__(running, role, seed)
        self.site = self.client.get("/api/session/").json()["sites"][0]["id"]
        self.sent: dict[str, dict[str, str]] = {}
        self.pairs: list[tuple[str, str]] = []

    def work(self) -> None:
        number = len(self.pairs)
        pair = [make_dicom(seed=1000 + number, rows=448, columns=384) for _ in range(2)]
        first, second = (hashlib.sha256(data).hexdigest() for data in pair)
        self.pairs.append((first, second))
        for data, claim in zip(pair, ("A", "B"), strict=True):
            self.send(data, f"KILLED-{number:04d}-{claim}")

    def send(self, data: bytes, claim: str) -> None:
        entry = self.sent.setdefault(hashlib.sha256(data).hexdigest(), {"claim": claim, "study": ""})
        while not self.leave.is_set():
            try:
                answer = self.ask("upload", "POST", "/api/studies/upload/", data, **self.headers(claim))
            except NoAnswer:
                if self.chance.random() < 0.5:
                    return
                continue
            if answer.status in {200, 201}:
                entry["study"] = answer.json()["study_id"]
                return
            self.faults.append(f"{self.role}: an upload was answered {answer.status} {answer.body[:200]!r}")
            return

    def headers(self, claim: str) -> dict[str, str]:
        return {
            "Content_Type": "application/octet-stream",
            "X_File_Name": "film.dcm",
            "X_Site": self.site,
            "X_Claim_Number": claim,
        }


def canonical(content: Content) -> str:
    """As a draft is compared: its words, whatever their order."""
    return json.dumps(content, sort_keys=True)
