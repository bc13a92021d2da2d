"""What is in git, and what is not."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.paths import REPOSITORY
from tests.screens.pictures import SYNTHETIC, films_of

PICTURES = {".png", ".jpg", ".jpeg", ".dcm", ".npy", ".tif", ".tiff", ".gif", ".webp", ".bmp"}
WEIGHTS = {".safetensors", ".pt", ".pth", ".onnx", ".bin"}


def committed_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [REPOSITORY / name for name in listing.stdout.splitlines()]


def test_no_picture_is_committed_but_screens_that_say_they_show_phantoms() -> None:
    """Every picture of a test is drawn in code, so no real radiograph can slip in."""
    pictures = [path for path in committed_files() if path.suffix.lower() in PICTURES]
    screens = [path for path in pictures if path.parent == REPOSITORY / "docs" / "screens" and path.exists()]
    assert [path.name for path in pictures if path.parent != REPOSITORY / "docs" / "screens"] == []
    assert [path.name for path in screens if films_of(path) != SYNTHETIC] == []


def test_weights_are_safetensors_in_one_folder_and_small() -> None:
    weights = [path for path in committed_files() if path.suffix in WEIGHTS]
    assert all(path.parent == REPOSITORY / "registry" / "starter_models" for path in weights)
    assert {path.suffix for path in weights} <= {".safetensors"}
    print(f"committed weights: {sum(path.stat().st_size for path in weights) / 1e6:.1f} MB in {len(weights)} files")
    assert sum(path.stat().st_size for path in weights) <= 100_000_000


def test_every_requirement_is_pinned_and_explained() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    explained = (REPOSITORY / "docs" / "dependencies.md").read_text().lower()
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[\w.]+", line)] == []
    assert [line for line in pins if f"`{line.split('==')[0].lower()}`" not in explained] == []
