from dataclasses import replace

import numpy as np
import pytest

from imaging.pipeline.predict import detect
from imaging.pipeline.preprocess import square_map
from imaging.pipeline.tiles import Window, cut, detect_tiled, merge, windows
from imaging.pipeline.values import ModelInput, SourceMap
from registry.runtime.engines.base import DetectorOutput
from registry.runtime.values import LoadedModel, TileSpec
from tests.imaging.pipeline.model_samples import make_detector

SIZE = 256
LESION = 1.0
FOUND = 0.5  # the windows' scores; a window that sees less of a lesion is less sure


class LesionEngine:
    """Finds every separate bright patch in what it is given, as its bounding box, cut where the window ends."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, ...]] = []

    def detect(self, batch: np.ndarray) -> list[DetectorOutput]:
        self.batches.append(batch.shape)
        return [self._found(image[0] > LESION / 2) for image in batch]

    def _found(self, bright: np.ndarray) -> DetectorOutput:
        rows, columns = np.flatnonzero(bright.any(axis=1)), np.flatnonzero(bright.any(axis=0))
        if not len(rows):
            return boxes_of([], [])
        corners = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        return boxes_of([corners], [FOUND + bright.sum() / bright.size / 2])


def boxes_of(corners: list, scores: list, labels: list | None = None) -> DetectorOutput:
    return DetectorOutput(
        boxes=np.array(corners, np.float32).reshape(-1, 4),
        labels=np.array(labels or [0] * len(corners), np.int64),
        scores=np.array(scores, np.float32),
    )


def square(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    array = np.zeros((3, SIZE, SIZE), np.float32)
    array[:, top:bottom, left:right] = LESION
    return array


def whole_frame(rows: int = 1024, columns: int = 1024, *, size: int = SIZE) -> SourceMap:
    return square_map(0, 0, columns, rows, rows=rows, columns=columns, size=size)


def tiled_model(tiles: TileSpec | None, *, size: int = SIZE) -> LoadedModel:
    model = make_detector(engine=LesionEngine())
    spec = replace(
        model.spec,
        input=replace(model.spec.input, size=size, tiles=tiles),
        architecture_options={"nms_overlap": 0.4, "most_boxes": 20},
    )
    return replace(model, spec=spec)


def found(array: np.ndarray, tiles: TileSpec | None) -> DetectorOutput:
    model = tiled_model(tiles)
    return detect_tiled(model.engine, array, model.spec, whole_frame())


@pytest.mark.parametrize("tiles", [TileSpec(128, 32, True), TileSpec(100, 0, False), TileSpec(255, 254, False)])
@pytest.mark.parametrize(("rows", "columns"), [(1024, 1024), (300, 1100), (900, 211), (17, 1000)])
def test_every_pixel_of_the_frame_is_in_a_window_of_its_own_resolution(tiles, rows, columns):
    source = whole_frame(rows, columns)
    covered = np.zeros((SIZE, SIZE), bool)
    for window in windows(source, SIZE, tiles):
        if window.extent == tiles.side:
            assert min(window.left, window.top) >= 0 and max(window.left, window.top) + window.extent <= SIZE
            covered[window.top : window.top + window.extent, window.left : window.left + window.extent] = True
    left, top = source.to_input(0, 0)
    right, bottom = source.to_input(columns, rows)
    assert covered[int(top) : int(np.ceil(bottom)), int(left) : int(np.ceil(right))].all()


def test_windows_that_show_padding_only_are_left_out():
    tiles = TileSpec(64, 0, False)
    flat = windows(whole_frame(256, 1024), SIZE, tiles)  # the frame lies in rows 96 to 160 of the square
    assert {window.top for window in flat} == {64, 128}
    assert len(windows(whole_frame(), SIZE, tiles)) == 16


def test_the_last_window_is_flush_with_the_edge_and_the_whole_square_comes_last():
    seen = windows(whole_frame(), SIZE, TileSpec(100, 20, True))
    assert sorted({window.left for window in seen[:-1]}) == [0, 80, 156]
    assert seen[-1] == Window(0, 0, SIZE, 100)


@pytest.mark.parametrize("tiles", [None, TileSpec(SIZE, 64, True)])
def test_a_frame_that_one_window_holds_gives_exactly_what_one_pass_gives(tiles):
    array = np.random.default_rng(3).random((3, SIZE, SIZE)).astype(np.float32)
    model = tiled_model(tiles)
    tiled = detect_tiled(model.engine, array, model.spec, whole_frame())
    once = LesionEngine().detect(array[None])[0]
    np.testing.assert_array_equal(tiled.boxes, once.boxes)
    np.testing.assert_array_equal(tiled.scores, once.scores)
    assert model.engine.batches == [(1, 3, SIZE, SIZE)]


def test_a_lesion_inside_one_window_comes_out_where_it_lies():
    output = found(square(200, 40, 220, 52), TileSpec(128, 32, False))
    np.testing.assert_array_equal(output.boxes, [[200, 40, 220, 52]])


def test_a_lesion_that_two_windows_see_whole_comes_out_once():
    output = found(square(100, 30, 120, 50), TileSpec(128, 64, False))
    np.testing.assert_array_equal(output.boxes, [[100, 30, 120, 50]])


@pytest.mark.parametrize("whole", [True, False])
def test_a_lesion_across_a_seam_comes_out_once_and_uncut_where_one_look_holds_it(whole):
    tiles = TileSpec(128, 48, whole)  # windows start at 0, 80 and 128
    output = found(square(110, 60, 140, 90), tiles)
    np.testing.assert_array_equal(output.boxes, [[110, 60, 140, 90]])


def test_a_lesion_longer_than_a_window_is_the_box_of_the_whole_pass():
    output = found(square(20, 100, 240, 110), TileSpec(128, 32, True))
    np.testing.assert_array_equal(output.boxes, [[20, 100, 240, 110]])


def test_of_two_halves_that_displace_each_other_the_larger_stays():
    left, right = Window(0, 0, 128, 128), Window(60, 0, 128, 128)
    outputs = [boxes_of([[50, 40, 128, 60]], [0.9]), boxes_of([[0, 40, 70, 60]], [0.8])]
    merged = merge(outputs, [left, right], size=SIZE, overlap=0.4, most=20)
    np.testing.assert_array_equal(merged.boxes, [[50, 40, 128, 60]])


def test_a_cut_box_gives_way_neither_to_another_label_nor_to_its_own_window():
    left, right = Window(0, 0, 128, 128), Window(96, 0, 128, 128)
    cut_box, inner = [100.0, 40, 128, 60], [102.0, 40, 120, 60]
    outputs = [boxes_of([cut_box, inner], [0.9, 0.8], [0, 0]), boxes_of([[4.0, 40, 40, 60]], [0.7], [1])]
    merged = merge(outputs, [left, right], size=SIZE, overlap=0.9, most=20)
    assert len(merged.boxes) == 3


def test_a_box_at_the_edge_of_the_square_is_not_a_cut_one():
    whole, corner = Window(0, 0, SIZE, 128), Window(128, 128, 128, 128)
    outputs = [boxes_of([[100, 100, 128, 128]], [0.3]), boxes_of([[72, 72, 128, 128]], [0.9])]
    merged = merge(outputs, [whole, corner], size=SIZE, overlap=0.4, most=20)
    np.testing.assert_array_equal(merged.boxes, [[200, 200, 256, 256]])
    np.testing.assert_allclose(merged.scores, [0.9])


def test_boxes_of_the_whole_pass_are_scaled_exactly():
    window = Window(0, 0, 768, 512)
    merged = merge([boxes_of([[10.5, 20, 30, 511]], [0.5])], [window], size=1000, overlap=0.4, most=20)
    np.testing.assert_array_equal(merged.boxes, np.float32([[15.75, 30, 45, 766.5]]))


def test_boxes_come_best_first_and_no_more_than_wanted():
    outputs = [boxes_of([[10, 10, 20, 20], [40, 40, 50, 50]], [0.5, 0.2]), boxes_of([[40, 40, 60, 60]], [0.9])]
    seen = [Window(0, 0, 128, 128), Window(128, 128, 128, 128)]
    merged = merge(outputs, seen, size=SIZE, overlap=0.4, most=2)
    np.testing.assert_allclose(merged.scores, [0.9, 0.5])
    np.testing.assert_array_equal(merged.boxes[0], [168, 168, 188, 188])


def test_a_frame_without_boxes_has_none():
    assert found(np.zeros((3, SIZE, SIZE), np.float32), TileSpec(128, 32, True)).boxes.shape == (0, 4)


def test_all_windows_of_a_frame_go_through_in_one_call():
    model = tiled_model(TileSpec(128, 32, True))
    detect_tiled(model.engine, square(0, 0, 9, 9), model.spec, whole_frame())
    assert model.engine.batches == [(10, 3, 128, 128)]


def test_the_whole_pass_sees_the_mean_of_the_pixels_it_takes_together():
    array = np.random.default_rng(1).random((3, SIZE, SIZE)).astype(np.float32)
    reduced = cut(array, Window(0, 0, SIZE, SIZE // 2))
    blocks = array.reshape(3, SIZE // 2, 2, SIZE // 2, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(reduced, blocks, atol=1e-6)


def test_a_frame_that_breaks_a_tiled_detector_fails_alone():
    model = tiled_model(TileSpec(128, 32, False))
    source = whole_frame()
    broken = ModelInput(array=np.zeros((3, 9, 9), np.float32), source=source, inverted=False)
    sound = ModelInput(array=square(30, 30, 60, 60), source=source, inverted=False)
    first, second = detect(model, [broken, sound])
    assert isinstance(first, Exception)
    np.testing.assert_array_equal(second.boxes, [[30, 30, 60, 60]])
