"""What the shipped guard does with what it was not made for, through `screen`: real photographs and real films."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_sample_images

from feedback.learning.labelled_sets import CHEST_NIH, DENTAL_OPG, FRACATLAS, LabelledSetTerms, of_split, read_set
from imaging import sandbox
from imaging.pipeline.guard import Correction
from imaging.pipeline.upright import corrected
from imaging.pipeline.values import Frame
from imaging.screening import INTAKE, ScreenOptions, screen_files
from registry.runtime.artefacts import STARTER_MODELS, starter_index
from tests.imaging.screen_contract import assert_contract
from tests.paths import requires_shared_data, shared_data

STARTERS = Path(os.environ.get("SECOND_READER_STARTER_MODELS", STARTER_MODELS))
ROUTES = starter_index(STARTERS).routes
pytestmark = pytest.mark.skipif(INTAKE not in ROUTES, reason="no guard is among the starter models")
needs_panoramic = pytest.mark.skipif("dental_panoramic" not in ROUTES, reason="no starter model reads panoramics")

CASE_TYPES = tuple(name for name in ("chest", "bone", "dental_panoramic") if name in ROUTES)
# What a resize before the turn and after it, and JPEG's grid, may move a probability.
SAME_PROBABILITY = 0.02
# What is no film is refused; which of these reasons it gets is chance, since the guard never saw its like.
NO_FILM = {"not_a_radiograph", "unfamiliar", "cropped", "wrong_body_part", "orientation_unclear"}
SETS = {"chest": CHEST_NIH, "bone": FRACATLAS, "dental_panoramic": DENTAL_OPG}


@pytest.fixture(scope="module", autouse=True)
def _no_decode_child_stays() -> Iterator[None]:
    yield
    sandbox.shutdown()


def screened(grey: np.ndarray, case_type: str, folder: Path) -> dict:
    """The line of one frame, float in [0, 1] or bytes."""
    stored = grey if grey.dtype == np.uint8 else np.round(grey * 255).astype(np.uint8)
    path = folder / f"{hashlib.sha256(stored.tobytes()).hexdigest()[:16]}_{stored.shape[0]}.png"
    Image.fromarray(stored).save(path)
    (line,) = screen_files([str(path)], options=ScreenOptions(case_type=case_type, models=STARTERS))
    assert_contract(line)
    return line


def code(line: dict) -> str:
    assert line["status"] == "not_analysed", f"{line['status']} {line['triage']}"
    assert line["triage"] is None
    return str(line["reason"]).partition(": ")[0]


def films(case_type: str, count: int) -> list[np.ndarray]:
    terms: LabelledSetTerms = SETS[case_type]
    chosen = of_split(read_set(shared_data() / terms.name, terms=terms), "train")[5 : 5 + count]
    return [np.asarray(Image.open(film.path).convert("L")) for film in chosen]


def photographs() -> dict[str, np.ndarray]:
    china, flower = (cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) for photo in load_sample_images().images)
    return {"china": china, "flower": flower, "china, a part": china[100:400, 200:500]}


def text_screenshot() -> np.ndarray:
    image = Image.new("L", (900, 700), 245)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 900, 40), fill=60)
    for row in range(30):
        draw.text((40, 60 + 20 * row), f"{row:02d}  Findings: no acute abnormality, see report of last week.", fill=20)
    return np.asarray(image)


@pytest.mark.parametrize("case_type", CASE_TYPES)
@pytest.mark.parametrize("name", ["china", "flower", "china, a part"])
def test_a_photograph_is_not_analysed(case_type, name, tmp_path):
    assert code(screened(photographs()[name], case_type, tmp_path)) in NO_FILM


@pytest.mark.parametrize("case_type", CASE_TYPES)
@pytest.mark.parametrize(
    "name", ["astronaut", "brick", "camera", "cat", "clock", "coffee", "coins", "grass", "gravel", "page", "text"]
)
def test_sample_pictures_are_not_analysed(case_type, name, tmp_path):
    data = pytest.importorskip("skimage.data")
    picture = getattr(data, name)()
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    assert code(screened(grey, case_type, tmp_path)) in NO_FILM


@pytest.mark.parametrize("case_type", CASE_TYPES)
def test_a_screenshot_of_text_is_not_analysed(case_type, tmp_path):
    assert code(screened(text_screenshot(), case_type, tmp_path)) in NO_FILM


@pytest.mark.parametrize("case_type", CASE_TYPES)
def test_a_blank_frame_is_called_blank(case_type, tmp_path):
    assert code(screened(np.full((400, 400), 128, np.uint8), case_type, tmp_path)) == "blank"


class TestFilms:
    pytestmark = requires_shared_data

    @pytest.mark.parametrize(
        ("sent", "of"),
        [(sent, of) for sent in CASE_TYPES for of in SETS if of != sent],
    )
    def test_a_film_of_another_body_part_is_refused(self, sent, of, tmp_path):
        codes = [code(screened(film, sent, tmp_path)) for film in films(of, 3)]
        assert set(codes) <= {"wrong_body_part", "unfamiliar"}
        assert "wrong_body_part" in codes

    @pytest.mark.parametrize("case_type", CASE_TYPES)
    def test_a_right_film_is_read_as_it_is(self, case_type, tmp_path):
        lines = [screened(film, case_type, tmp_path) for film in films(case_type, 4)]
        assert [(line["status"], line["corrections"]) for line in lines] == [("analysed", [])] * 4

    @pytest.mark.parametrize("correction", [Correction(inverted=True), Correction(1), Correction(2), Correction(3)])
    def test_a_wrong_way_up_chest_film_is_set_right_and_read_the_same(self, correction, tmp_path):
        for film in films("chest", 3):
            grey = film.astype(np.float32) / 255
            stored = corrected(Frame(grey=grey), Correction(-correction.turns % 4, correction.inverted)).grey
            expected, found = screened(grey, "chest", tmp_path), screened(stored, "chest", tmp_path)
            assert (found["status"], found["corrections"]) == ("analysed", list(correction.names))
            for label, probability in expected["scores"].items():
                assert found["scores"][label] == pytest.approx(probability, abs=SAME_PROBABILITY)
            assert_peaks_agree(expected, found, correction.turns)

    def test_a_corner_of_a_chest_film_is_not_read(self, tmp_path):
        codes = []
        for film in films("chest", 4):
            rows, columns = film.shape
            codes.append(code(screened(film[: int(rows * 0.45), : int(columns * 0.45)], "chest", tmp_path)))
        assert set(codes) <= {"cropped", "unfamiliar", "wrong_body_part"}
        assert "cropped" in codes


def assert_peaks_agree(upright: dict, stored: dict, turns: int) -> None:
    """A peak of the upright film, turned as the stored film was, is where the stored film's peak is."""
    rows, columns = upright["height"], upright["width"]
    for before, after in zip(upright["findings"], stored["findings"], strict=True):
        if before["peak"] is None or after["peak"] is None:
            continue
        x, y, height, width = before["peak"]["x"], before["peak"]["y"], rows, columns
        for _ in range(-turns % 4):
            x, y, height, width = y, width - x, width, height
        assert np.hypot(after["peak"]["x"] - x, after["peak"]["y"] - y) < 0.02 * max(rows, columns)
