"""What a reader's hand does with the viewer: mouse, fingers and keys, on one page with the real samples of phantoms."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pytest import approx

from tests import factories
from tests.browser import eventually, requires_browser
from tests.diagnostics.viewer.golden import make_dicom
from tests.diagnostics.viewer.harness import ViewerPage, instance_json, session_of, viewer_page
from tests.samples import chest_phantom, stored_values

pytestmark = [*requires_browser, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True)]
BOX = {"left": 60, "top": 80, "right": 120, "bottom": 140}
IMAGER = {"ImagerPixelSpacing": [0.1, 0.1]}


@pytest.fixture
def films(site, user_of) -> dict[str, dict[str, Any]]:
    """A film with Pixel Spacing, one that only names its detector's, two of tall pixels, a CT of five frames."""
    grey = stored_values(chest_phantom(3, rows=240, columns=200), bits=12)
    frames = np.stack([np.roll(grey, 20 * index, axis=1) for index in range(5)])
    ct = {"WindowCenter": 40, "WindowWidth": 400, "RescaleSlope": 1, "RescaleIntercept": -1024}
    files = {
        "spaced": make_dicom(grey, bits_stored=12, PixelSpacing=[0.2, 0.2], patient_id="A"),
        "detector": make_dicom(grey, bits_stored=12, patient_id="B", **IMAGER),
        "tall": make_dicom(grey[:120], bits_stored=12, PixelSpacing=[0.4, 0.2], patient_id="D"),
        "ratio": make_dicom(grey[:120], bits_stored=12, PixelAspectRatio=[2, 1], patient_id="E"),
        "ct": make_dicom(frames, bits_stored=12, NumberOfFrames=5, modality="CT", patient_id="C", **ct),
    }
    actor = user_of("technologist")
    return {name: instance_json(factories.make_study(site, actor, data=data).instance) for name, data in files.items()}


@pytest.fixture
def page(live_server, films, user_of) -> Iterator[ViewerPage]:
    with viewer_page(live_server.url, session_of(user_of("reader")), renderer="cpu") as running:
        running.show(films["spaced"])
        yield running


def mine(**more: Any) -> dict[str, Any]:
    return {
        "boxes": [{"key": "a", "box": BOX, "text": "mine", "mine": True, "selected": True, "editable": True, **more}]
    }


def state(page: ViewerPage, film: str = "study") -> dict[str, Any]:
    return dict(page.call("state", film))


def test_boxes_are_drawn_moved_and_resized_by_mouse_finger_and_key(page) -> None:
    page.call("tool", "box")
    page.drag(page.at(40, 50), page.at(90, 110))
    page.touch([page.at(120, 50)], [page.at(150, 70)], [page.at(170, 110)])
    drawn = [box for (box,) in page.heard("onBox")]
    assert drawn[0] == approx({"left": 40, "top": 50, "right": 90, "bottom": 110}, abs=1)
    assert drawn[1] == approx({"left": 120, "top": 50, "right": 170, "bottom": 110}, abs=1)
    page.call("tool", "pan")
    page.call("scene", mine())
    page.drag(page.at(90, 110), page.at(100, 105))
    page.drag(page.at(120, 140), page.at(130, 160))
    edits = page.heard("onBoxEdited")
    assert edits[0] == ["a", approx({"left": 70, "top": 75, "right": 130, "bottom": 135}, abs=1)]
    assert edits[1] == ["a", approx({"left": 60, "top": 80, "right": 130, "bottom": 160}, abs=1)]
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Shift+ArrowDown")
    page.page.keyboard.press("Enter")
    assert page.heard("onBoxEdited") == [["a", {"left": 61, "top": 80, "right": 121, "bottom": 141}]]


def test_the_keyboard_alone_draws_a_box(page) -> None:
    page.call("draftBox")
    page.page.keyboard.press("Control+ArrowLeft")
    page.page.keyboard.press("Shift+ArrowRight")
    page.page.keyboard.press("Enter")
    (box,) = page.heard("onBox")[0]
    assert box["right"] - box["left"] == approx(box["bottom"] - box["top"] + 1, abs=1)
    assert (box["left"] + box["right"]) / 2 == approx(90.5, abs=1)
    page.call("draftBox")
    page.page.keyboard.press("Escape")
    assert page.heard("onBox") == []


def test_a_mouse_draws_where_the_keyboards_draft_waits_and_moves_it_once_keys_placed_it(page) -> None:
    page.call("draftBox")
    page.drag(page.at(100, 120), page.at(150, 180))
    (box,) = page.heard("onBox")[0]
    assert box == approx({"left": 100, "top": 120, "right": 150, "bottom": 180}, abs=1)
    page.call("draftBox")
    page.page.keyboard.press("ArrowLeft")
    page.drag(page.at(100, 120), page.at(130, 120))
    page.page.keyboard.press("Enter")
    (box,) = page.heard("onBox")[0]
    assert (box["left"] + box["right"]) / 2 == approx(129, abs=1.5)


def test_a_redrawn_box_takes_the_place_of_the_old_one(page) -> None:
    page.call("scene", mine(selected=False))
    page.call("redraw", "a")
    page.drag(page.at(10, 20), page.at(50, 60))
    (key, box) = page.heard("onBoxEdited")[0]
    assert (key, page.heard("onBox")) == ("a", [])
    assert box == approx({"left": 10, "top": 20, "right": 50, "bottom": 60}, abs=1)


def test_a_click_picks_the_inner_box_and_a_drag_picks_nothing(page) -> None:
    inner = {"left": 80, "top": 100, "right": 100, "bottom": 120}
    page.call("scene", {"boxes": [{"key": "outer", "box": BOX}, {"key": "inner", "box": inner}]})
    page.page.mouse.click(*page.at(90, 110))
    page.page.mouse.click(*page.at(65, 90))
    page.drag(page.at(90, 110), page.at(140, 150))
    assert page.heard("onPick") == [["inner"], ["outer"]]


def test_the_wheel_zooms_around_the_pointer_and_drags_pan_and_window(page) -> None:
    pointer = page.at(50, 60)
    page.page.mouse.move(*pointer)
    page.page.mouse.wheel(0, -300)
    eventually(lambda: state(page)["zoom"] > 1.2)
    assert page.at(50, 60) == approx(pointer, abs=0.6)
    page.drag(page.at(100, 100), (page.at(100, 100)[0] + 30, page.at(100, 100)[1] - 20))
    before = state(page)["window"]
    page.drag(page.at(100, 100), (page.at(100, 100)[0] + 40, page.at(100, 100)[1]), button="right")
    assert state(page)["window"]["width"] > before["width"]
    page.page.mouse.dblclick(*page.at(100, 100))
    assert state(page)["fitted"]


def test_two_fingers_zoom_and_move_the_film(page) -> None:
    (x, y), before = page.at(100, 120), state(page)["scale"]
    page.touch([(x - 40, y), (x + 40, y)], [(x - 60, y), (x + 60, y)], [(x - 80, y), (x + 80, y)])
    assert state(page)["scale"] == approx(2 * before, rel=0.05)


def test_lengths_are_in_millimetres_by_pixel_spacing_only(page, films) -> None:
    page.call("tool", "length")
    page.drag(page.at(50, 60), page.at(150, 60))
    eventually(lambda: len(page.call("measurements", "study")) == 1)
    (found,) = page.call("measurements", "study")
    assert (found["unit"], found["value"]) == ("mm", approx(20, abs=0.3))
    svg = page.page.locator('[data-pane="overlay"] svg')
    eventually(lambda: found["text"] in svg.text_content())
    page.show(films["detector"])
    page.call("tool", "length")
    page.drag(page.at(50, 60), page.at(150, 60))
    eventually(lambda: len(page.call("measurements", "study")) == 1)
    (found,) = page.call("measurements", "study")
    assert (found["unit"], found["value"], found["text"]) == ("px", approx(100, abs=1.5), f"{found['value']:.0f} px")
    page.page.keyboard.press("Delete")
    assert page.call("measurements", "study") == []


def test_on_tall_pixels_measurements_and_boxes_are_where_and_what_they_are_on_the_film(page, films) -> None:
    for name, text in (("tall", "24.0 mm"), ("ratio", "120 px")):
        page.show(films[name])
        page.call("rotate", 90)
        page.call("tool", "length")
        page.drag(page.at(60, 30, "original"), page.at(60, 90, "original"))
        eventually(lambda: len(page.call("measurements", "study")) == 1)
        (found,) = page.call("measurements", "study")
        assert found["points"] == [approx({"x": 60, "y": 30}, abs=0.6), approx({"x": 60, "y": 90}, abs=0.6)]
        unit = text.split()[1]
        assert found["value"] == approx(float(text.split()[0]), rel=0.02) and found["text"].endswith(unit)
        page.call("tool", "box")
        page.heard("onBox")
        page.drag(page.at(40, 20), page.at(90, 100))
        ((box,),) = page.heard("onBox")
        assert box == approx({"left": 40, "top": 20, "right": 90, "bottom": 100}, abs=1)


def test_angles_and_rectangles_measure_the_film(page) -> None:
    page.call("tool", "angle")
    corner = page.at(100, 100)
    page.drag(page.at(100, 40), corner)
    page.page.mouse.move(*page.at(160, 100), steps=4)
    page.page.mouse.click(*page.at(160, 100))
    page.call("tool", "rectangle")
    page.drag(page.at(40, 150), page.at(90, 200))
    eventually(lambda: len(page.call("measurements", "study")) == 2)
    found = {one["kind"]: one for one in page.call("measurements", "study")}
    assert found["angle"]["value"] == approx(90, abs=1.5)
    assert (found["rectangle"]["unit"], found["rectangle"]["value"]) == ("mm²", approx(100, rel=0.06))


def test_a_stack_is_leafed_through_by_wheel_and_played(page, films) -> None:
    page.show(films["ct"])
    page.call("preset", "lung")
    page.page.mouse.move(*page.at(100, 100))
    page.page.mouse.wheel(0, 100)
    eventually(lambda: state(page)["frame"] == 1)
    assert state(page)["window"]["preset"] == "lung"
    page.call("play", 20)
    eventually(lambda: [1, "study"] in [told[:2] for told in page.heard("onFrame")])
    page.call("pause")
    assert not page.page.evaluate("() => document.querySelector('[data-role=\"viewer\"]').viewer.playing")


def test_original_and_overlay_always_show_the_same(page) -> None:
    page.call("rotate", 90)
    page.call("flip", "vertical")
    page.call("zoom", 1.7)
    page.call("windowBy", -8, 4)
    page.call("invert")
    page.call("settled")
    assert np.array_equal(page.canvas("original"), page.canvas("overlay"))
    page.call("reset")
    after = state(page)
    assert (after["rotation"], after["fitted"], after["inverted"], after["window"]["preset"]) == (
        0,
        True,
        False,
        "stored",
    )


def test_a_prior_follows_when_it_is_linked(page, films) -> None:
    page.call("layout", "prior")
    page.show(films["detector"], pane="prior")
    page.call("link", True)
    page.call("zoom", 2.5, None, {"film": "study"})
    page.call("rotate", 90, {"film": "study"})
    prior, study = state(page, "prior"), state(page)
    assert (prior["zoom"], prior["rotation"]) == (study["zoom"], study["rotation"])
    page.call("link", False)
    page.call("fit", {"film": "study"})
    assert state(page, "prior")["zoom"] == prior["zoom"]


def test_the_magnifier_shows_the_film_closer_while_it_is_held(page) -> None:
    page.call("tool", "magnify")
    page.page.mouse.move(*page.at(100, 100))
    page.page.mouse.down()
    lens = page.page.locator('[data-role="magnifier"]')
    eventually(lambda: lens.is_visible() and page.canvas("lens")[..., 0].max() > 0)
    page.page.mouse.up()
    assert not lens.is_visible()


def test_one_to_one_shows_every_pixel_of_the_film_on_one_of_the_screen(page) -> None:
    page.call("oneToOne")
    assert state(page)["scale"] == approx(1)


def test_a_refusal_is_said_in_the_pane_and_the_next_film_takes_it_away(page, films) -> None:
    lost = {**films["spaced"], "id": "00000000-0000-4000-8000-000000000000"}
    with pytest.raises(Exception, match="nothing here"):
        page.show(lost)
    message = page.page.locator('[data-role="overlay-message"]')
    assert message.is_visible() and message.inner_text()
    page.show(films["detector"])
    assert not message.is_visible()


def test_a_film_that_was_fetched_ahead_is_shown_without_asking_again(page, films) -> None:
    asked: list[str] = []
    page.page.on("request", lambda request: asked.append(request.url))
    assert page.call("prefetch", films["detector"], 0)
    assert len([url for url in asked if "/samples/" in url]) == 1
    page.show(films["detector"])
    assert len([url for url in asked if "/samples/" in url]) == 1
    assert state(page)["instanceId"] == films["detector"]["id"]
    missing = {**films["ct"], "id": "00000000-0000-4000-8000-000000000000"}
    assert page.call("prefetch", missing, 0) is False
