"""Boxes and heatmaps lie where the film says, to a pixel of the film: at every zoom, turned and flipped.

Where pixels are not square, the film is drawn in its true shape, and so is what lies on it. The film holds a bright
rectangle. A box is drawn around it and a map painted over it; where their edges are is read off the painted canvases,
by the place at which a profile through the middle crosses half of its height.
"""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests import factories
from tests.browser import requires_browser
from tests.diagnostics.viewer.golden import make_dicom
from tests.diagnostics.viewer.harness import ViewerPage, instance_json, session_of, viewer_page

pytestmark = [*requires_browser, pytest.mark.timeout(400), pytest.mark.django_db(transaction=True)]

# name -> rows, columns of the film; left, top, right, bottom of its rectangle; zooms against the fitted view
FILMS = {
    "small": ((120, 160), (68, 48, 92, 72), (0.5, 1.0, 3.0, 6.0)),
    "large": ((1700, 2311), (1000, 700, 1401, 1003), (1.0, 1.7, 2.9, 4.5)),
    "tall pixels": ((80, 160), (68, 34, 92, 46), (0.5, 1.0, 3.0, 6.0)),
    "wide pixels": ((1700, 1540), (640, 700, 908, 1003), (1.0, 1.7, 2.9, 4.5)),
}
# name -> what its header says of the shape of a pixel, and that shape: its width and height, the shorter one 1
SHAPES: dict[str, tuple[dict[str, Any], tuple[float, float]]] = {
    "tall pixels": ({"PixelAspectRatio": [7, 4]}, (1.0, 1.75)),
    "wide pixels": ({"PixelSpacing": [0.2, 0.3]}, (1.5, 1.0)),
}
SQUARE: tuple[dict[str, Any], tuple[float, float]] = ({}, (1.0, 1.0))
POSES = [(0, ()), (90, ()), (180, ("horizontal",)), (270, ("vertical",)), (90, ("horizontal", "vertical"))]
SIDES = ("left", "right", "top", "bottom")

_MARK = """({ box, shrink, which }) => {
    const viewer = document.querySelector('[data-role="viewer"]').viewer;
    const { instance } = viewer.shown();
    const canvas = new OffscreenCanvas(instance.columns / shrink, instance.rows / shrink);
    const context = canvas.getContext("2d");
    context.scale(canvas.width / instance.columns, canvas.height / instance.rows);
    context.fillStyle = "#f00";
    context.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    const bitmap = canvas.transferToImageBitmap();
    viewer.scene({
        heatmaps: which === "map" ? [{ key: "m", bitmap, opacity: 1, threshold: 0 }] : [],
        boxes: which === "box" ? [{ key: "b", box }] : [],
    });
    return viewer.settled().then(() => null);
}"""


def crossings(profile: NDArray, level: float) -> tuple[float, float]:
    """Where a profile first rises above and last falls below a level, in pixels from its edge (centres at i + 0.5)."""
    above = np.flatnonzero(profile > level)
    first, last = int(above[0]), int(above[-1])
    rise = (level - profile[first - 1]) / (profile[first] - profile[first - 1]) if first else 0.0
    fall = (profile[last] - level) / (profile[last] - profile[last + 1]) if last + 1 < len(profile) else 0.0
    return first - 0.5 + rise if first else 0.0, last + 0.5 + fall


def filled_edges(grey: NDArray, middle: tuple[int, int]) -> dict[str, float]:
    """Edges of the one bright area, along the row and the column through its middle."""
    grey = grey.astype(float)
    left, right = crossings(grey[middle[1]], grey.max() / 2)
    top, bottom = crossings(grey[:, middle[0]], grey.max() / 2)
    return {"left": left, "right": right, "top": top, "bottom": bottom}


def drawn_edges(alpha: NDArray, middle: tuple[int, int]) -> dict[str, float]:
    """Centres of the four lines of a drawn box: the weighted mean of each line's profile."""
    along = {"row": alpha[middle[1]].astype(float), "column": alpha[:, middle[0]].astype(float)}

    def centre(profile: NDArray, low: int, high: int) -> float:
        places = np.arange(low, high) + 0.5
        return float((profile[low:high] * places).sum() / profile[low:high].sum())

    row, column = along["row"], along["column"]
    return {
        "left": centre(row, 0, middle[0]),
        "right": centre(row, middle[0], len(row)),
        "top": centre(column, 0, middle[1]),
        "bottom": centre(column, middle[1], len(column)),
    }


def misshapen(film: dict[str, float], box: dict[str, int], name: str, *, turned: bool, scale: float) -> float:
    """How many pixels wider or higher the painted rectangle is than it should be."""
    _, (wide, high) = SHAPES.get(name, SQUARE)
    sides = [(box["right"] - box["left"]) * wide, (box["bottom"] - box["top"]) * high]
    width, height = reversed(sides) if turned else sides
    off = (film["right"] - film["left"] - width * scale, film["bottom"] - film["top"] - height * scale)
    return max(map(abs, off)) / scale


def misalignments(page: ViewerPage, box: dict[str, int], name: str) -> dict[str, float]:
    """How many pixels of the film (their shorter side) the box, the map and the film's own shape are off, at worst."""
    state, shrink = page.call("state", "study"), 4 if max(FILMS[name][0]) > 1000 else 1
    scale = state["scale"]
    place = page.page.locator('[data-role="overlay"]').bounding_box()
    centre = page.call(
        "screenOf", (box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2, {"pane": "overlay"}
    )
    middle = (int(centre["x"] - place["x"]), int(centre["y"] - place["y"]))
    film = filled_edges(page.canvas("overlay")[..., 0], middle)
    found = {"shape": misshapen(film, box, name, turned=state["rotation"] % 180 == 90, scale=scale)}
    for which, edges in (("map", filled_edges), ("box", drawn_edges)):
        page.page.evaluate(_MARK, {"box": box, "shrink": shrink, "which": which})
        marks = edges(page.canvas("overlay-marks")[..., 3], middle)
        found[which] = max(abs(marks[side] - film[side]) for side in SIDES) / scale
    return found


def film_with_rectangle(name: str) -> bytes:
    (rows, columns), (left, top, right, bottom), _ = FILMS[name]
    pixels = np.zeros((rows, columns), np.uint8)
    pixels[top:bottom, left:right] = 255
    elements, _ = SHAPES.get(name, SQUARE)
    return make_dicom(pixels, **elements)


def posed(page: ViewerPage, degrees: int, flips: tuple[str, ...], zoom: float) -> None:
    page.call("reset")
    if degrees:
        page.call("rotate", degrees)
    for direction in flips:
        page.call("flip", direction)
    page.call("zoom", zoom)


def worst(live_server: Any, renderer: str, names: Any, poses: list, site: Any, user_of: Any, zooms: Any = None) -> dict:
    """(film, degrees, flips, zoom) -> misalignments."""
    sender, cookies, found = user_of("technologist"), session_of(user_of("reader")), {}
    instances = {
        name: instance_json(factories.make_instance(site, sender, data=film_with_rectangle(name))) for name in names
    }
    with viewer_page(live_server.url, cookies, renderer=renderer) as page:
        for name, instance in instances.items():
            _, (left, top, right, bottom), own_zooms = FILMS[name]
            box = {"left": left, "top": top, "right": right, "bottom": bottom}
            page.show(instance)
            for degrees, flips in poses:
                for zoom in zooms or own_zooms:
                    posed(page, degrees, flips, zoom)
                    found[name, degrees, flips, zoom] = misalignments(page, box, name)
    return found


def test_box_and_map_lie_on_the_film_turned_flipped_and_zoomed(live_server, site, user_of) -> None:
    films = ("small", "tall pixels")
    found = worst(live_server, "cpu", films, [(90, ("horizontal",))], site, user_of, (1.0, 3.0))
    assert {place: off for place, off in found.items() if max(off.values()) > 0.5} == {}


@pytest.mark.slow
@pytest.mark.parametrize("renderer", ["cpu", "webgl"])
@pytest.mark.parametrize("name", FILMS)
def test_box_and_map_lie_on_the_film_at_four_zooms_in_five_poses(live_server, renderer, name, site, user_of) -> None:
    found = worst(live_server, renderer, [name], POSES, site, user_of)
    largest = {which: max(off[which] for off in found.values()) for which in ("map", "box", "shape")}
    print(f"{renderer}, {name}, off by at most, in film pixels: {largest}")
    assert {place: off for place, off in found.items() if max(off.values()) > 1.0} == {}
