"""The command over every DICOM file of the corpus: what the manifest says of a file is what a script gets to see."""

import csv
import os
import resource
import subprocess
import sys
from collections import defaultdict
from typing import Any

import pytest

from tests.imaging.screen_contract import assert_contract, parsed
from tests.paths import REPOSITORY, requires_shared_data, shared_data

pytestmark = [*requires_shared_data, pytest.mark.slow]

SECONDS_A_FILE = 20
MEMORY_KILOBYTES = 2 * 1024 * 1024
Lines = dict[str, list[dict[str, Any]]]
# JPEG Extended with 12 bits: the plugins the manifest was made with cannot decode it, ours can.
DECODED_HERE_ONLY = {"files/pylibjpeg-data__RG2_JPLY.dcm"}


@pytest.fixture(scope="module")
def lines() -> Lines:
    corpus = shared_data() / "dicom_corpus"
    command = [sys.executable, "manage.py", "screen", str(corpus), "--json"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "diagnostics.settings.test"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=280)
    assert (done.returncode, done.stderr) == (3, "")
    found: Lines = defaultdict(list)
    for text in done.stdout.splitlines():
        line = parsed(text)
        assert_contract(line)
        found[os.path.relpath(line["file"], corpus)].append(line)
    return found


@pytest.fixture(scope="module")
def manifest() -> list[dict[str, str]]:
    with (shared_data() / "dicom_corpus" / "manifest.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_file_is_answered_in_time_and_within_memory(lines, manifest):
    assert {row["file"] for row in manifest} <= set(lines)
    slowest = max(sum(line["timings_ms"]["decode"] for line in group) for group in lines.values())
    assert slowest < 1000 * SECONDS_A_FILE
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < MEMORY_KILOBYTES


def test_what_decodes_is_analysed_or_not_analysed_with_the_pinned_pixels(lines, manifest):
    sound = {"", "readable but must be handled with care"}
    for row in manifest:
        if row["expected_outcome"] == "decodes" and row["truth"] in sound:
            group = lines[row["file"]]
            assert {line["status"] for line in group} <= {"analysed", "not_analysed"}, row["file"]
            assert len(group) == int(row["frames"] or 1), row["file"]
            if len(group) == 1:
                assert group[0]["pixel_sha256"] in {row["pixel_sha256"], row["pixel_raw_sha256"]}, row["file"]


def test_what_holds_no_sound_image_is_refused_with_a_code(lines, manifest):
    for row in manifest:
        # Named .dcm, but whole PNG and JPEG files: the magic decides.
        is_picture = row["file"] in {"derived/d_png_named.dcm", "derived/d_jpeg_named.dcm"}
        if row["expected_outcome"] != "decodes" and not is_picture and row["file"] not in DECODED_HERE_ONLY:
            (line,) = lines[row["file"]]
            assert (line["status"], bool(line["error"]["code"])) == ("refused", True), row["file"]
