"""A whole installation as `make run` starts it, in a folder of its own: portal, worker, demo users, starter models."""

import http.cookiejar
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from imaging.phantom import PhantomHeader, phantom_dicom
from imaging.raster import read_raster_frame
from tests.films import make_dicom, uid
from tests.imaging.kill_world import free_port
from tests.paths import REPOSITORY, SHARED_DATA

START_WITHIN_SECONDS = 120
ANALYSED_WITHIN_SECONDS = 120


def chest_film(**header: Any) -> bytes:
    """A chest film as DICOM under the given header: real pixels where they are, which the shipped models do analyse."""
    if SHARED_DATA is None:
        return make_dicom(rows=1024, columns=1024, **header)
    first = min((SHARED_DATA / "chest_nih" / "images").iterdir())
    grey = read_raster_frame(first.read_bytes(), 0).grey
    fresh = {name: uid() for name in ("study_instance_uid", "series_instance_uid", "sop_instance_uid")}
    return phantom_dicom(grey, PhantomHeader(**{**fresh, **header}))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    url: str

    def json(self) -> Any:
        return json.loads(self.body)


class Installation:
    """`manage.py serve` over one data folder; its processes keep their temporary files there too."""

    def __init__(self, data: Path, **settings: str) -> None:
        """settings: environment variables of the deployable, without their prefix."""
        self.data, self.port = data, free_port()
        self.settings = {f"SECOND_READER_{name}": value for name, value in settings.items()}
        self.temporary = data / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.log = data / "processes.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
            "SECOND_READER_DATA": str(self.data),
            "SECOND_READER_STORAGE_FREE_BYTES_AT_LEAST": "0",
            "TMPDIR": str(self.temporary),
            **self.settings,
        }
        environment.pop("SECOND_READER_KEYS", None)
        command = [sys.executable, "manage.py", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_WITHIN_SECONDS
        while f"Second Reader is at {self.base}/" not in self.log.read_text():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def web_process(self) -> psutil.Process:
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if "uvicorn" in child.cmdline())

    def secret_of(self, role: str) -> str:
        """The password of a demo user, or the token of the service account."""
        lines = (line.split() for line in (self.data / "demo-users.txt").read_text().splitlines())
        return next(words[-1] for words in lines if words[0] == role)

    def client(self, role: str) -> "PortalClient":
        client = PortalClient(self.base)
        client.sign_in(role, self.secret_of(role))
        return client


class PortalClient:
    """A signed-in browser without the browser: cookies, CSRF token and all."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def sign_in(self, name: str, password: str) -> None:
        self.request("GET", "/sign-in/")
        fields = {"username": name, "password": password, "csrfmiddlewaretoken": self.csrf()}
        form = urllib.parse.urlencode(fields).encode()
        answer = self.request("POST", "/sign-in/", form, {"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 200 and "/sign-in/" not in answer.url, answer.url

    def csrf(self) -> str:
        return next((str(cookie.value) for cookie in self.cookies if "csrf" in cookie.name), "")

    def get(self, path: str, **headers: str) -> Answer:
        return self.request("GET", path, None, headers)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self.request("POST", path, json.dumps(body or {}).encode(), {"Content-Type": "application/json"})

    def upload(self, data: bytes, *, file_name: str, case_type: str = "") -> Answer:
        headers = {"Content-Type": "application/octet-stream", "X-File-Name": urllib.parse.quote(file_name)}
        site = self.get("/api/session/").json()["sites"][0]["id"]
        chosen = {"X-Case-Type": case_type} if case_type else {}
        return self.request("POST", "/api/studies/upload/", data, {**headers, **chosen, "X-Site": site})

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        given = {"X-CSRFToken": self.csrf(), "Origin": self.base, "Referer": self.base + "/", **(headers or {})}
        request = urllib.request.Request(self.base + path, data=body, headers=given, method=method)
        try:
            with self.opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.read(), answer.url)
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), error.url or "")

    def wait_until_read_by_machine(self, study_id: str) -> dict[str, Any]:
        """The study as the API shows it once its analysis has ended, one way or another."""
        deadline = time.monotonic() + ANALYSED_WITHIN_SECONDS
        while True:
            study = self.get(f"/api/studies/{study_id}/").json()
            if study["analysis"]["state"] not in {"waiting", "analysing"}:
                return study
            assert time.monotonic() < deadline, study["analysis"]
            time.sleep(0.3)
