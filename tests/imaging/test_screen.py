import functools
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image

from imaging import sandbox
from imaging.management.commands import screen as command
from imaging.phantom import PhantomHeader, chest_phantom, phantom_dicom
from imaging.screening import ScreenOptions, files_of
from imaging.screening_table import table_row
from registry.runtime import cache
from tests.imaging.pipeline.model_samples import make_frame
from tests.imaging.screen_contract import assert_contract, parsed
from tests.paths import REPOSITORY
from tests.registry.runtime.artefact_samples import make_artefact, make_spec, write_starter

Screen = Callable[..., tuple[list[dict], int]]


@pytest.fixture(scope="module")
def starters(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("starters")
    data = make_artefact()
    sha256 = hashlib.sha256(data).hexdigest()
    write_starter(folder, data=data, spec=make_spec(), sha256=sha256, routes={"chest": ["sample"]})
    return folder


@pytest.fixture(autouse=True)
def _shipped_models(monkeypatch, starters):
    cache.clear()
    monkeypatch.setattr(command, "ScreenOptions", functools.partial(ScreenOptions, models=starters))


@pytest.fixture(scope="module", autouse=True)
def _no_decode_child_stays():
    yield
    sandbox.shutdown()


def write_png(path: Path, *, seed: int = 0, rows: int = 160, columns: int = 200) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.round(make_frame(rows=rows, columns=columns, seed=seed).grey * 255).astype(np.uint8)
    Image.fromarray(grey).save(path)
    return path


@pytest.fixture
def screen() -> Screen:
    def run(*arguments: object) -> tuple[list[dict], int]:
        out, code = io.StringIO(), 0
        try:
            call_command("screen", *map(str, arguments), "--json", stdout=out)
        except SystemExit as end:
            code = int(str(end.code))
        lines = [parsed(text) for text in out.getvalue().splitlines()]
        for line in lines:
            assert_contract(line)
        return lines, code

    return run


def test_a_film_is_analysed_in_one_line(screen, tmp_path):
    path = write_png(tmp_path / "film.png")
    (line,), code = screen(path, "--case-type", "chest")
    assert (line["status"], line["case_type"], code) == ("analysed", "chest", 0)
    assert line["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert line["pixel_sha256"] == hashlib.sha256(np.asarray(Image.open(path)).tobytes()).hexdigest()
    assert set(line["scores"]) == {finding["label"] for finding in line["findings"]} == {"effusion", "pneumothorax"}


def test_folders_are_read_to_the_bottom_in_sorted_order(screen, tmp_path):
    names = ["b.png", "a/2.png", "a/10.png", "c/d/e.png"]
    for seed, name in enumerate(names):
        write_png(tmp_path / name, seed=seed)
    lines, _ = screen(tmp_path, "--case-type", "chest")
    expected = ["b.png", "a/10.png", "a/2.png", "c/d/e.png"]
    assert [os.path.relpath(line["file"], tmp_path) for line in lines] == expected


def test_a_batch_gives_what_single_files_give(screen, tmp_path):
    paths = [write_png(tmp_path / f"{seed}.png", seed=seed) for seed in range(10)]
    together, _ = screen(*paths, "--case-type", "chest")
    alone = [screen(path, "--case-type", "chest")[0][0] for path in paths]
    for one, other in zip(together, alone, strict=True):
        assert one["scores"] == pytest.approx(other["scores"], abs=1e-4)


def test_every_frame_of_a_dicom_file_is_a_line_of_its_own_and_the_header_names_the_case_type(screen, tmp_path):
    header = PhantomHeader(number_of_frames=3, sop_instance_uid="1.2.826.0.1.3680043.8.498.1")
    (tmp_path / "film.dcm").write_bytes(phantom_dicom(chest_phantom(1), header))
    lines, code = screen(tmp_path / "film.dcm")
    assert ([line["frame"] for line in lines], code) == ([0, 1, 2], 0)
    assert {(line["case_type"], line["status"]) for line in lines} == {("chest", "analysed")}
    assert lines[0]["sop_instance_uid"] == header.sop_instance_uid


def test_a_file_name_that_is_no_text_is_reported_and_printed(screen, tmp_path):
    path = write_png(tmp_path / os.fsdecode(b"film\xff\n.png"))
    (line,), code = screen(path, "--case-type", "chest")
    assert (os.fsencode(line["file"]), line["status"], code) == (os.fsencode(path), "analysed", 0)
    assert len(table_row(line).encode().splitlines()) == 1


def test_without_a_case_type_a_png_is_not_analysed_with_the_reason(screen, tmp_path):
    (line,), code = screen(write_png(tmp_path / "film.png"))
    assert (line["status"], line["case_type"], code) == ("not_analysed", None, 0)
    assert line["reason"].startswith("case_type_unknown: ")


@pytest.mark.parametrize("case_type", ["dental_bitewing", "ct", "mr"])
def test_a_case_type_without_a_model_is_not_analysed_with_the_reason(screen, tmp_path, case_type):
    (line,), code = screen(write_png(tmp_path / "film.png"), "--case-type", case_type)
    assert (line["status"], code) == ("not_analysed", 0)
    assert line["reason"].startswith("no_model: ")


def test_a_blank_film_is_not_analysed_and_never_free_of_findings(screen, tmp_path):
    path = tmp_path / "blank.png"
    Image.new("L", (300, 300)).save(path)
    (line,), code = screen(path, "--case-type", "chest")
    assert (line["status"], line["reason"].split(":")[0], code) == ("not_analysed", "blank", 0)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"not an image", "unsupported_container"),
        ("b.png", b"\x89PNG\r\n\x1a\nbroken", None),
        ("c", b"", None),
    ],
)
def test_what_is_no_image_is_refused_once_with_a_code(screen, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    (line,), exit_code = screen(tmp_path / name)
    assert (line["status"], line["frame"], exit_code) == ("refused", 0, 3)
    assert line["error"]["code"]
    assert code in {None, line["error"]["code"]}


def test_files_that_vanished_or_are_none_are_refused(screen, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    lines, code = screen(tmp_path / "gone.dcm", tmp_path / "pipe")
    assert [line["error"]["code"] for line in lines] == ["file_missing", "not_a_file"]
    assert code == 3


def test_one_bad_file_holds_up_no_other(screen, tmp_path):
    write_png(tmp_path / "1.png")
    (tmp_path / "2.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    write_png(tmp_path / "3.png", seed=3)
    lines, code = screen(tmp_path, "--case-type", "chest")
    assert ([line["status"] for line in lines], code) == (["analysed", "refused", "analysed"], 3)


def test_weights_of_another_digest_fail_every_film_with_a_code(screen, tmp_path, starters, monkeypatch):
    index = json.loads((starters / "index.json").read_text())
    index["models"][0]["sha256"] = "0" * 64
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "index.json").write_text(json.dumps(index))
    (broken / index["models"][0]["file"]).write_bytes((starters / index["models"][0]["file"]).read_bytes())
    monkeypatch.setattr(command, "ScreenOptions", functools.partial(ScreenOptions, models=broken))
    (line,), code = screen(write_png(tmp_path / "film.png"), "--case-type", "chest")
    assert (line["status"], line["error"]["code"], code) == ("failed", "artefact_digest", 4)


def test_heatmaps_are_written_for_every_classifier_finding(screen, tmp_path):
    path = write_png(tmp_path / "film.png", rows=1500, columns=1200)
    (line,), _ = screen(path, "--case-type", "chest", "--heatmaps", tmp_path / "maps")
    for finding in line["findings"]:
        stem = f"{line['sha256'][:12]}__f0__{finding['label']}"
        array = np.load(finding["heatmap"])
        assert Path(finding["heatmap"]) == tmp_path / "maps" / f"{stem}.npy"
        assert (array.dtype, array.shape) == (np.float16, (1024, 819))
        assert Image.open(tmp_path / "maps" / f"{stem}.png").size == (819, 1024)
        if finding["peak"] is not None:
            row, column = int(finding["peak"]["y"] * 1024 / 1500), int(finding["peak"]["x"] * 819 / 1200)
            assert array[row, column] == pytest.approx(array.max(), rel=1e-2)


def test_without_heatmaps_no_path_is_named(screen, tmp_path):
    (line,), _ = screen(write_png(tmp_path / "film.png"), "--case-type", "chest")
    assert {finding["heatmap"] for finding in line["findings"]} == {None}


def test_a_person_gets_a_table_with_the_notice(tmp_path):
    out = io.StringIO()
    call_command("screen", str(write_png(tmp_path / "film.png")), "--case-type", "chest", stdout=out)
    notice, heading, row = out.getvalue().splitlines()
    assert "Assistive only" in notice
    assert heading.split()[0] == "FILE"
    assert "film.png" in row


def test_a_path_that_is_not_there_is_kept_so_that_it_is_reported(tmp_path):
    assert list(files_of([str(tmp_path / "none")])) == [str(tmp_path / "none")]


def run_manage(*arguments: str, folder: Path, **keywords: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "diagnostics.settings.test", "TMPDIR": str(folder)}
    return subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "screen", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        cwd=REPOSITORY,
        timeout=120,
        **keywords,
    )


def test_the_command_needs_no_database_and_leaves_none(tmp_path):
    done = run_manage(str(write_png(tmp_path / "film.png")), "--json", folder=tmp_path)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert_contract(parsed(done.stdout))
    assert done.stderr == ""
    assert not list(tmp_path.rglob("*.sqlite3"))


@pytest.mark.parametrize("arguments", [(), ("a.png", "--case-type", "spaceship"), ("a.png", "--surprise")])
def test_wrong_usage_ends_with_2(arguments, tmp_path):
    done = run_manage(*arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_heatmap_folder_that_cannot_be_made_is_wrong_usage(tmp_path):
    film = write_png(tmp_path / "film.png")
    done = run_manage(str(film), "--heatmaps", str(film / "maps"), folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_reader_that_stops_reading_gets_no_traceback(tmp_path):
    for number in range(200):
        (tmp_path / f"{number}.txt").write_bytes(b"none")
    script = f"{sys.executable} manage.py screen {tmp_path} --json | head -n 1"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "diagnostics.settings.test"}
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, env=environment, cwd=REPOSITORY, timeout=120
    )
    assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


def test_a_person_is_told_what_was_done_to_a_film_before_it_was_read(screen, tmp_path):
    (line,), _ = screen(write_png(tmp_path / "film.png"), "--case-type", "chest")
    assert table_row({**line, "corrections": ["rotated_180"]}).endswith("(turned by 180 degrees before reading)")
