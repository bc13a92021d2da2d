"""The decode child: it answers, it is bounded, and it dies alone."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import imagecodecs
import numpy as np
import psutil
import pytest
from PIL import Image

from imaging import sandbox, sandbox_wire
from imaging.dicom.errors import RefusedFile
from imaging.dicom.limits import DecodeLimits
from imaging.dicom.read import read_frame, read_part10
from imaging.sandbox import decode_frame, inspect_file, render_frame_png
from tests.paths import REPOSITORY
from tests.samples import (
    JPEG_2000,
    bone_phantom,
    chest_dicom,
    make_dicom,
    make_encapsulated,
    make_jpeg,
    make_png,
    stored_values,
)

GREY = stored_values(bone_phantom(2, rows=544, columns=544), bits=8)


def slow_file(frames: int = 600) -> bytes:
    """JPEG 2000 noise: some seconds of decoding."""
    noise = np.random.default_rng(0).integers(0, 65536, (128, 128), dtype=np.uint16)
    encoded = imagecodecs.jpeg2k_encode(noise, codecformat="j2k", reversible=True, level=0)
    shape = np.broadcast_to(noise, (frames, 128, 128))
    return make_encapsulated(shape, [encoded] * frames, syntax=JPEG_2000, NumberOfFrames=frames)


LARGE = make_dicom(np.zeros((3000, 3000), np.uint16))


@pytest.fixture(scope="module", autouse=True)
def _stopped_afterwards():
    yield
    sandbox.shutdown()


def zygote() -> psutil.Process:
    """Idle: its one child is ready for the next file."""
    earlier = _children_of_zygote()
    inspect_file(make_png(GREY[:32, :32]))
    assert sandbox._sandbox._zygote is not None
    process = psutil.Process(sandbox._sandbox._zygote.process.pid)
    while len(now := _children_of_zygote()) != 1 or now & earlier or process.status() != psutil.STATUS_SLEEPING:
        time.sleep(0.01)
    return process


def _children_of_zygote() -> set[int]:
    started = sandbox._sandbox._zygote
    if started is None or not psutil.pid_exists(started.process.pid):
        return set()
    return {child.pid for child in psutil.Process(started.process.pid).children()}


def code_of(data: bytes, **limits: object) -> str:
    with pytest.raises(RefusedFile) as caught:
        inspect_file(data, limits=DecodeLimits(**limits))
    return caught.value.code


def test_a_child_answers_what_the_reader_answers() -> None:
    data = chest_dicom(PixelSpacing=[0.2, 0.1], WindowWidth=0, WindowCenter=1)
    assert inspect_file(data) == read_part10(data)
    found, expected = decode_frame(data, 0), read_frame(data, 0)
    np.testing.assert_array_equal(found.grey, expected.grey)
    assert found.pixel_sha256 == expected.pixel_sha256
    assert (found.stored_min, found.stored_max) == (expected.stored_min, expected.stored_max)


@pytest.mark.parametrize(("data", "container"), [
    (make_png(GREY), "png"), (make_jpeg(GREY), "jpeg"), (chest_dicom(), "dicom"),
])  # fmt: skip
def test_the_first_bytes_decide_the_container(data, container) -> None:
    assert inspect_file(data).container == container


def test_a_frame_is_rendered_as_displayed_in_the_window_and_size_asked_for() -> None:
    data = chest_dicom()
    with Image.open(BytesIO(render_frame_png(data, 0))) as image:
        np.testing.assert_array_equal(np.asarray(image), np.rint(read_frame(data, 0).grey * 255).astype(np.uint8))
    with Image.open(BytesIO(render_frame_png(data, 0, window=(2000.0, 100.0), max_side=64))) as image:
        assert image.size == (64, 64)


def test_a_refusal_comes_through_with_its_tag_and_numbers() -> None:
    with pytest.raises(RefusedFile) as caught:
        inspect_file(chest_dicom()[:-100])
    refusal = caught.value
    assert (refusal.code, refusal.tag, refusal.status) == ("pixel_data_short", "(7FE0,0010)", 422)
    assert refusal.details == {"found": 2 * 256 * 256 - 100, "expected": 2 * 256 * 256}


@pytest.mark.parametrize("data", [b"", memoryview(b"")])
def test_an_empty_file_is_refused(data) -> None:
    assert code_of(data) == "empty_file"


def test_a_file_beyond_the_limit_never_reaches_a_child() -> None:
    assert code_of(bytes(1001), file_bytes=1000) == "file_too_large"


def test_a_child_that_takes_too_long_is_killed_and_others_go_on() -> None:
    slow = slow_file()
    inspect_file(make_png(GREY))
    started = time.monotonic()
    assert code_of(slow, time_limit_seconds=0.15) == "decode_timeout"
    assert time.monotonic() - started < 5
    assert inspect_file(make_png(GREY)).rows == 544


def test_a_child_that_needs_too_much_memory_is_refused() -> None:
    idle_bytes = zygote().memory_info().vms
    assert code_of(LARGE, memory_limit_bytes=idle_bytes + 30 * 2**20) == "decode_memory"
    assert inspect_file(LARGE).rows == 3000


def test_a_deflate_bomb_costs_neither_memory_nor_time() -> None:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    plain = chest_dicom()
    start = plain.index(b"\x08\x00\x05\x00")
    meta = plain[:start].replace(b"1.2.840.10008.1.2.1\x00", b"1.2.840.10008.1.2.1.99")
    syntax = meta.index(b"\x02\x00\x10\x00UI") + 6
    meta = meta[:syntax] + (22).to_bytes(2, "little") + meta[syntax + 2 :]
    private = bytes.fromhex("09 00 10 00 4f 42 00 00") + (64 * 2**20).to_bytes(4, "little")
    body = deflater.compress(private) + b"".join(deflater.compress(bytes(2**20)) for _ in range(64)) + deflater.flush()
    before = psutil.Process().memory_info().rss
    assert code_of(meta + body) == "inflate_too_large"
    assert psutil.Process().memory_info().rss - before < 32 * 2**20


def test_several_threads_get_their_own_answers() -> None:
    files = [make_png(np.full((32, 32 + number), number, np.uint8)) for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        received = list(pool.map(inspect_file, files))
    assert [one.columns for one in received] == [32 + number for number in range(12)]


def test_a_killed_zygote_is_replaced() -> None:
    first = zygote()
    first.send_signal(signal.SIGKILL)
    assert inspect_file(make_png(GREY)).rows == 544
    assert zygote().pid != first.pid


def test_a_zygote_killed_in_the_middle_of_a_job_is_replaced_and_the_job_is_done_again() -> None:
    slow = slow_file(300)
    first = zygote()
    threading.Timer(0.3, first.send_signal, [signal.SIGKILL]).start()
    assert inspect_file(slow).number_of_frames == 300
    assert zygote().pid != first.pid


def test_no_child_and_no_descriptor_is_left_behind() -> None:
    process = zygote()
    before = (psutil.Process().num_fds(), process.num_fds())
    for _ in range(5):
        inspect_file(make_png(GREY))
        code_of(b"no image at all, but some bytes")
    zygote()
    assert (psutil.Process().num_fds(), process.num_fds(), len(process.children())) == (*before, 1)


def test_every_file_gets_a_child_that_has_seen_no_other() -> None:
    ready = [zygote().children()[0] for _ in range(3)]
    assert len({one.pid for one in ready}) == 3
    assert [one.is_running() for one in ready] == [False, False, True]


def test_a_child_that_dies_before_it_has_a_file_is_replaced() -> None:
    process = zygote()
    waiting = process.children()[0]
    waiting.kill()
    assert inspect_file(make_png(GREY)).rows == 544
    assert (zygote().pid, waiting.is_running()) == (process.pid, False)


def test_the_zygote_has_one_thread_no_secret_and_no_framework() -> None:
    process = zygote()
    assert process.num_threads() == 1
    assert "DJANGO" not in " ".join(process.environ()) and "SECRET" not in " ".join(process.environ()).upper()
    assert process.environ()["OMP_NUM_THREADS"] == "1"
    mapped = " ".join(region.path for region in process.memory_maps())
    assert "libtorch" not in mapped and "_sqlite3" not in mapped


def test_the_calling_process_loads_no_decoder() -> None:
    code = (
        "import sys, imaging.sandbox as s\n"
        "s.inspect_file(sys.stdin.buffer.read())\n"
        "print(sorted(set(sys.modules) & {'pydicom', 'PIL', 'imagecodecs', 'torch', 'django', 'cv2'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], input=make_png(GREY), capture_output=True, cwd=REPOSITORY)
    assert (done.stdout.strip(), done.stderr) == (b"[]", b"")


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM])
def test_zygote_and_children_end_with_their_parent(kill) -> None:
    code = (
        "import sys, numpy, imaging.sandbox as s\n"
        "from tests.imaging.test_sandbox import make_png, slow_file\n"
        "s.inspect_file(make_png(numpy.zeros((8, 8), 'uint8')))\n"
        "print(s._sandbox._zygote.process.pid, flush=True)\n"
        "s.inspect_file(slow_file())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert parent.stdout is not None
    process = psutil.Process(int(parent.stdout.readline()))
    family = [process, *_wait_for_children(process)]
    parent.send_signal(kill)
    parent.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def _wait_for_children(process: psutil.Process) -> list[psutil.Process]:
    """One that has a file, and the one that is ready for the next."""
    for _ in range(200):
        if len(children := process.children()) > 1:
            return children
        time.sleep(0.02)
    return []


CONFINED = """
import os, socket, json
from imaging.dicom.limits import DecodeLimits
from imaging.sandbox_confine import confine
def attempt(action):
    try:
        action()
    except OSError as error:
        return error.errno
    return "done"
read, write = os.pipe()
confine(DecodeLimits())
tried = {
    "open": attempt(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "create": attempt(lambda: os.open("/tmp/sandbox-was-here", os.O_CREAT | os.O_WRONLY)),
    "socket": attempt(lambda: socket.socket()),
    "fork": attempt(os.fork),
    "exec": attempt(lambda: os.execv("/bin/true", ["true"])),
    "kill": attempt(lambda: os.kill(os.getppid(), 0)),
}
os.write(1, json.dumps(tried).encode())
os._exit(0)
"""


def test_a_confined_process_can_open_connect_fork_execute_and_kill_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, cwd=REPOSITORY)
    assert set(json.loads(done.stdout).values()) == {1}, done


def test_memory_is_bounded_for_a_confined_process() -> None:
    code = (
        "from imaging.dicom.limits import DecodeLimits\nfrom imaging.sandbox_confine import confine\nimport os\n"
        "confine(DecodeLimits(memory_limit_bytes=400 * 2**20))\n"
        "try:\n    bytearray(500 * 2**20)\nexcept MemoryError:\n    os.write(1, b'refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=REPOSITORY)
    assert done.stdout == b"refused"


@pytest.mark.parametrize(("end", "code"), [(signal.SIGSEGV, "decode_crashed"), (signal.SIGKILL, "decode_memory")])
def test_a_child_that_is_ended_by_a_signal_is_a_refusal_and_the_zygote_lives(end, code) -> None:
    process = zygote()
    killer = threading.Thread(target=lambda: [child.send_signal(end) for child in _wait_for_children(process)])
    killer.start()
    assert code_of(slow_file()) == code
    killer.join()
    assert zygote().pid == process.pid


def test_how_a_child_ended_gives_its_code() -> None:
    ends = {signal.SIGSEGV: "decode_crashed", signal.SIGKILL: "decode_memory", signal.SIGXCPU: "decode_timeout"}
    for end, code in ends.items():
        report = json.dumps({"exit": -end, "timed_out": False}).encode()
        assert sandbox._unfinished(report).code == code
    assert sandbox._unfinished(b'{"exit": -9, "timed_out": true}').code == "decode_timeout"
    assert isinstance(sandbox._unfinished(b""), sandbox._ZygoteGone)


@pytest.mark.parametrize("sent", [
    b"", b"SRD1", b"XXXX" + bytes(12), b"SRD1" + (10).to_bytes(4, "little") + bytes(8) + b"not json!!",
    b"SRD1" + (2**31).to_bytes(4, "little") + bytes(8), b"SRD1" + (2).to_bytes(4, "little") + b"\xff" * 8 + b"{}",
])  # fmt: skip
def test_what_is_no_reply_is_not_believed(sent) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(sandbox_wire.Incomplete):
            sandbox_wire.receive_reply(ours, deadline=time.monotonic() + 2, max_blob_bytes=1000)


def test_a_process_forked_from_this_one_starts_its_own_zygote() -> None:
    mine = zygote().pid
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        inspect_file(make_png(GREY[:16, :16]))
        os.write(write, str(sandbox._sandbox._zygote.process.pid).encode())
        sandbox.shutdown()
        os._exit(0)
    os.waitpid(child, 0)
    theirs = int(os.read(read, 32))
    os.close(read)
    os.close(write)
    assert theirs != mine and zygote().pid == mine


@pytest.mark.parametrize("change", [
    {"rows": "many"}, {"patient": {"patient_id": 7}}, {"frames": [{"index": 0}]}, {"notices": "none"}, {"extra": 1},
    {"study": {}}, {"sha256": None},
])  # fmt: skip
def test_what_a_child_sends_must_have_the_shape_of_an_instance(change) -> None:
    body = sandbox_wire.instance_to_json(read_part10(chest_dicom()))
    assert sandbox_wire.instance_from_json(json.loads(json.dumps(body))) == read_part10(chest_dicom())
    with pytest.raises(RefusedFile) as caught:
        sandbox_wire.instance_from_json({**body, **change})
    assert caught.value.code == "decode_crashed"


def test_a_dicom_file_with_a_png_in_its_preamble_is_a_dicom_file() -> None:
    received = inspect_file(chest_dicom(preamble=make_png(GREY[:4, :4])[:128].ljust(128, b"\0")))
    assert received.container == "dicom"
    assert "preamble_not_empty" in [notice.code for notice in received.notices]


def test_without_a_decoder_the_file_is_not_to_blame(monkeypatch) -> None:
    own = sandbox.Sandbox(concurrency=1)
    monkeypatch.setattr(sandbox.sys, "executable", "/bin/false")
    with pytest.raises(RefusedFile) as caught:
        own.run({"operation": "inspect"}, make_png(GREY), DecodeLimits())
    assert (caught.value.code, caught.value.status) == ("decoder_unavailable", 503)
