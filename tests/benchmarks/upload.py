"""Upload throughput into a real web process: python -m tests.benchmarks.upload [MEGABYTES]

Prints how fast bytes are received, hashed and encrypted onto the disk (until the answer, the decoding of the file
included, which refuses it here at its first bytes), the largest memory of the web process, and what waited in it.
"""

import http.client
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

from tests.imaging.kill_world import World, free_port
from tests.starters import starter_folder_write

PIECE = 1024 * 1024


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="second-reader-benchmark-") as folder:
        world = World(data=Path(folder) / "data", port=free_port())
        world.data.mkdir()
        (Path(folder) / "starters").mkdir()
        world.token = world.step("prepare", str(starter_folder_write(Path(folder) / "starters")))
        world.start_web()
        try:
            measure(world, megabytes)
        finally:
            world.stop()


def measure(world: World, megabytes: int) -> None:
    assert world.web is not None
    wait_until_it_answers(world)
    process = psutil.Process(world.web.pid)
    idle, largest = process.memory_info().rss, [0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            largest[0] = max(largest[0], process.memory_info().rss)

    threading.Thread(target=watch, daemon=True).start()
    sent, total, status = send(world, megabytes)
    received = largest[0]
    over.set()
    print(f"{megabytes} MB, answered {status}")
    print(f"received and encrypted at {megabytes / sent:.0f} MB/s; with the answer {megabytes / total:.0f} MB/s")
    print(f"memory of the web process: idle {idle / 1e6:.0f} MB, at most {received / 1e6:.0f} MB")


def send(world: World, megabytes: int) -> tuple[float, float, int]:
    """Seconds until the last byte was taken, seconds until the answer, and its status."""
    piece = os.urandom(PIECE)
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=300)
    connection.putrequest("POST", "/api/studies/upload/")
    connection.putheader("Authorization", f"Bearer {world.token}")
    connection.putheader("Content-Length", str(megabytes * PIECE))
    connection.endheaders()
    started = time.perf_counter()
    for _ in range(megabytes):
        connection.send(piece)
    sent = time.perf_counter() - started
    status = connection.getresponse().status
    return sent, time.perf_counter() - started, status


def wait_until_it_answers(world: World) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=5)
            connection.request("GET", "/livez")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the web process did not start")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
