"""A portal of its own with everything in it that a picture needs: films, reads, claims, policies."""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.installation import Installation, PortalClient
from tests.paths import REPOSITORY
from tests.screens.films import Film, new_phantom, new_real_film, phantoms, real_films


@dataclass
class World:
    """What the states look at. Studies have names that say what they are for."""

    installation: Installation
    real: bool
    studies: dict[str, str] = field(default_factory=dict)
    weeks_made: bool = False
    _triage: str = "flagged"
    _sessions: dict[tuple[str, str], Any] = field(default_factory=dict)
    _clients: dict[str, PortalClient] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def started(cls, data: Path, *, real: bool) -> Iterator["World"]:
        running = Installation(data, ENGINE_BUILDS="0")
        try:
            running.start()
            world = cls(running, real)
            if not world.seeded:
                world.deed("models", "real" if real else "phantoms")
            if not real:
                world.deed("unguarded")
            yield world
        finally:
            running.kill()

    @property
    def base(self) -> str:
        return self.installation.base

    @property
    def data(self) -> Path:
        return self.installation.data

    @property
    def _kept(self) -> Path:
        return self.data / "studies.json"

    @property
    def seeded(self) -> bool:
        """Everything is here already."""
        return self._kept.exists()

    def study(self, name: str) -> str:
        return self.studies[name]

    def client(self, role: str) -> PortalClient:
        if role not in self._clients:
            self._clients[role] = self.installation.client(role)
        return self._clients[role]

    def deed(self, *words: str) -> str:
        """What no interface offers, or not in time: `python -m tests.screens.deeds WORDS` in the installation."""
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "diagnostics.settings.development",
            "SECOND_READER_DATA": str(self.data),
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "tests.screens.deeds", *words]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=environment, check=False, timeout=300, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"deed {words[0]}: {done.stderr[-2000:]}")
        return done.stdout

    def new_film(self, triage: str) -> bytes:
        """A chest that is not here yet, which the models will call urgent or flagged."""
        self.triage(triage)
        if self.real:
            return new_real_film(0 if triage == "urgent" else 25)
        return new_phantom(902 if triage == "urgent" else 901)

    def send(self, film: Film) -> str:
        """Upload as the technologist, or as the examiner of its claim; the study's id."""
        headers = {"Content-Type": "application/octet-stream", "X-Site": film.site}
        headers |= {"X-Case-Type": film.case_type} if film.case_type else {}
        headers |= {"X-Claim-Number": film.claim} if film.claim else {}
        headers["X-File-Name"] = urllib.request.quote(film.file_name)
        role = "claims_examiner" if film.claim else "technologist"
        answer = self.client(role).request("POST", "/api/studies/upload/", film.data(), headers)
        assert answer.status in (200, 201), answer.body[:500]
        for path in film.others:
            assert self.client(role).request("POST", "/api/studies/upload/", path.read_bytes(), headers).status == 201
        return str(answer.json()["study_id"])

    def triage(self, wanted: str) -> None:
        """What the models call a phantom that comes now; of a real film they say what they say."""
        if wanted != self._triage and not self.real:
            self.deed("triage", wanted)
            self._triage = wanted

    def seed(self) -> None:
        """All films, then what readers did with them; in a folder that was kept they are there already."""
        if self.seeded:
            self.studies.update(json.loads(self._kept.read_text()))
            return
        films = list(real_films() if self.real else phantoms())
        for triage in sorted({film.triage for film in films}):
            self.triage(triage)
            sent = {film.name: self.send(film) for film in films if film.triage == triage}
            for study_id in sent.values():
                self.client("lead_reader").wait_until_read_by_machine(study_id)
            self.studies |= sent
            print(f"{len(self.studies)} of {len(films)} films are here", flush=True)
        self.deed("readers", *(f"{name}={study_id}" for name, study_id in self.studies.items()))
        self._kept.write_text(json.dumps(self.studies))

    def signed_in(self, browser: Any, role: str | None, theme: str) -> Any:
        """Cookies of somebody who looks at the portal in this theme; None: nobody is signed in."""
        if role is None:
            return None
        self.client(role).request(
            "PUT", "/api/preferences/", f'{{"theme": "{theme}", "layout": "pair"}}'.encode(), _JSON
        )
        if (role, theme) not in self._sessions:
            context = browser.new_context()
            page = context.new_page()
            page.goto(f"{self.base}/sign-in/")
            page.get_by_label("User name").fill(role)
            page.get_by_label("Password").fill(self.installation.secret_of(role))
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/sign-in/" not in url)
            self._sessions[role, theme] = context.storage_state()
            context.close()
        return self._sessions[role, theme]


_JSON = {"Content-Type": "application/json"}


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that goes with the run, or the one of SCREENS_DATA, which stays for the next."""
    kept = os.environ.get("SCREENS_DATA")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="screens-") as data:
        yield Path(data)
