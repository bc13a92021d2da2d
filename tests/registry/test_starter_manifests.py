"""Every file that touched shipped weights is named, is of a train split, and is of a set that ships."""

import csv
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from registry.runtime.artefacts import STARTER_MODELS, StarterModel, artefact_open, starter_index
from tests.paths import requires_shared_data, shared_data

INDEX = starter_index()
SHIPPING_SETS = ("chest_nih", "fracture_fracatlas", "dental_opg")  # those that the data's README marks *ships*
LINE = re.compile(rf"({'|'.join(SHIPPING_SETS)}) [0-9a-f]{{64}}")


def manifest_of(entry: StarterModel) -> list[str]:
    return (STARTER_MODELS / entry.file).with_suffix(".manifest.txt").read_text().splitlines()


def digest_of(lines: Sequence[str]) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


@pytest.fixture(scope="module")
def train_lines() -> frozenset[str]:
    return frozenset(line for name in SHIPPING_SETS for line in lines_of(shared_data() / name, split="train"))


@pytest.mark.parametrize("entry", INDEX.models, ids=lambda entry: entry.name)
class TestEveryManifest:
    def test_its_lines_are_sorted_and_name_sets_that_ship(self, entry: StarterModel) -> None:
        lines = manifest_of(entry)
        assert lines == sorted(lines) and lines
        assert [line for line in lines if not LINE.fullmatch(line)] == []

    def test_the_version_is_bound_to_it_by_its_digest(self, entry: StarterModel) -> None:
        facts = artefact_open(STARTER_MODELS / entry.file, sha256=entry.sha256)[0].training["train"]
        lines = manifest_of(entry)
        # a manifest of one set used to be digested without the set's name; bone-fasterrcnn 1.0.0 was
        without_names = sorted(line.split(" ")[1] for line in lines)
        assert facts["digest"] in {digest_of(lines), digest_of(without_names)}
        assert sum(facts.get("files", {"": len(lines)}).values()) == len(lines)


class TestSharedData:
    pytestmark = requires_shared_data

    @pytest.mark.parametrize("entry", INDEX.models, ids=lambda entry: entry.name)
    def test_every_file_is_of_a_train_split(self, entry: StarterModel, train_lines: frozenset[str]) -> None:
        assert set(manifest_of(entry)) <= train_lines

    def test_a_file_of_val_would_be_found_out(self, train_lines: frozenset[str]) -> None:
        unseen = lines_of(shared_data() / "chest_nih", split="val")
        assert len(unseen) == 302 and not unseen & train_lines


def lines_of(folder: Path, *, split: str) -> set[str]:
    index = next(folder / name for name in ("labels.csv", "index.csv") if (folder / name).exists())
    with index.open(newline="") as file:
        files = [row["file"] for row in csv.DictReader(file) if row["split"] == split]
    return {f"{folder.name} {hashlib.sha256((folder / 'images' / name).read_bytes()).hexdigest()}" for name in files}
