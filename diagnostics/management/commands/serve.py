"""make run: set everything up, then serve the portal on loopback with one worker beside it."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from diagnostics.serving import LOOPBACK, Supervisor, port_is_free, portal_child, wait_until_live, worker_child
from diagnostics.setup import set_up


class Command(BaseCommand):
    help = "Sets up what is missing and serves the portal and one inference worker on loopback."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"]
        if not port_is_free(port):
            raise CommandError(
                f"Port {port} is in use. Stop the other program, or choose another: make run PORT={port + 1}"
            )
        os.umask(0o077)
        set_up(say=self._say)
        supervisor = Supervisor([portal_child(port), worker_child(settings.BASE_DIR)], self._say)
        supervisor.run(ready=lambda: self._announce(port, supervisor))

    def _announce(self, port: int, supervisor: Supervisor) -> None:
        if wait_until_live(port, lambda: supervisor.stopping):
            self._say(f"Second Reader is at http://{LOOPBACK}:{port}/  (Ctrl-C stops it)")
            self._say(f"Sign in with a name and password from {settings.DATA_DIR / 'demo-users.txt'}")
        elif not supervisor.stopping:
            self._say("The portal does not answer yet; see the messages above.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()
