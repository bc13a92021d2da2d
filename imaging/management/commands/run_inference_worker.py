"""The worker in a process of its own."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from imaging.worker import parent_watch, threads_limit, work_forever


class Command(BaseCommand):
    help = "Analyse queued images until told to stop (SIGTERM or Ctrl-C: the batch in hand is finished first)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--with-parent", type=int, metavar="PID", help="end when this parent process has ended")

    def handle(self, *args: Any, **options: Any) -> None:
        threads_limit(settings.WORKER_THREADS)
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        if options["with_parent"]:
            parent_watch(options["with_parent"], stop)
        work_forever(stop=stop)
