"""Thirty detections of a labelled set, for looking at: ten good, ten bad, ten missed, drawn by a seed.

python -m tests.benchmarks.detection_sheets --case-type bone --dataset DIR --split train|val [--version NAME]
                                            [--seed N] [--each 10] [--films N]

Good: a box at or above its operating point that finds a drawn one (overlap .5). Bad: one that finds none. Missed: a
drawn box that none finds. Each is the film beside a magnified crop; an annotator's boxes are white, the model's violet
with their probability, thick where the classifier's map agrees. A missed box stands with the model's own that is
nearest, though below its operating point. Films go through guard, classifier and detector as they are served.
Real films: written under var/, which git ignores.
What a person saw belongs into docs/model_cards/<name>-<version>/looked_at.md, which the card quotes.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from feedback.evaluation.label_boxes import OVERLAP, corners, ignored_regions
from feedback.evaluation.labelled_folder import Film, labelled_folder_read
from feedback.evaluation.readings import Reader
from feedback.evaluation.shipped import shipped_versions
from feedback.evaluation.values import BoxReading, FilmReading
from feedback.learning.progress import Progress
from imaging.pipeline.decode import decode
from imaging.pipeline.values import CASE_TYPES, BoundingBox, Frame
from imaging.rendering import MODEL_COLOUR
from registry.metrics.detection import FALSE, FrameDetections, intersection_over_union, match_findings
from registry.runtime.values import ModelSpec
from tests.paths import REPOSITORY

KINDS = ("good", "bad", "missed")
PANEL, WORDS, COLUMNS, MARGIN = 440, 36, 2, 1.0  # pixels; of the crop, in extents of what it shows
FINEST = 64.0  # pixels of the film that a crop shows at least


@dataclass(frozen=True, slots=True)
class Case:
    """One detection or one missed box; `overlap` is that of the best pair."""

    kind: str
    row: int
    label: str
    drawn: BoundingBox | None
    found: BoxReading | None
    overlap: float
    words: str


def cases_of(spec: ModelSpec, row: int, film: Film, reading: FilmReading) -> Iterator[Case]:
    """Every good, bad and missed box of one film."""
    for label in (label for label in spec.labels if film.annotated is None or label in film.annotated):
        point, drawn = spec.operating_points.get(label), film.boxes_of(label)
        if point is None or not reading.is_analysed:
            continue
        every = [entry for entry in reading.boxes if entry.label == label]
        called = [entry for entry in every if entry.probability >= point.threshold]
        frame = FrameDetections(
            corners([entry.box for entry in called]),
            np.array([entry.probability for entry in called]),
            corners(drawn),
            ignored_regions(film, label),
        )
        matches = match_findings(frame, overlap=OVERLAP)
        for entry, match in zip(called, matches, strict=True):
            if match >= FALSE:
                nearest, overlap = _nearest(entry.box, drawn)
                words = f"{label} {entry.probability:.2f}, above {point.threshold:.2f}; {support_of(entry, reading)}"
                yield Case("good" if match >= 0 else "bad", row, label, nearest, entry, overlap, words)
        for place, box in enumerate(drawn):
            if place not in matches:
                yield _missed(row, label, box, every, point.threshold)


def support_of(entry: BoxReading, reading: FilmReading) -> str:
    """What joining said of a box."""
    support = next((joined.support for joined in reading.joined if joined.box == entry.box), "")
    return {"both": "map agrees", "box_only": "map does not agree"}.get(support, "no classifier")


def _missed(row: int, label: str, box: BoundingBox, every: Sequence[BoxReading], threshold: float) -> Case:
    """With the model's box that lies nearest to it, if any touches it."""
    place, overlap = _nearest(box, [entry.box for entry in every])
    found = next((entry for entry in every if entry.box == place), None)
    words = "no box at all" if found is None else f"nearest box {found.probability:.2f} (point {threshold:.2f})"
    return Case("missed", row, label, box, found, overlap, f"{label} missed; {words}")


def _nearest(box: BoundingBox, others: Sequence[BoundingBox]) -> tuple[BoundingBox | None, float]:
    if not others:
        return None, 0.0
    overlaps = intersection_over_union(corners([box]), corners(others))[0]
    best = int(overlaps.argmax())
    return (others[best], float(overlaps[best])) if overlaps[best] > 0 else (None, 0.0)


def picture(case: Case, film: Film, frame: Frame, reading: FilmReading, threshold: float) -> Image.Image:
    """The whole film beside the magnified place, words under both."""
    grey = Image.fromarray(np.round(frame.grey * 255).astype(np.uint8)).convert("RGB")
    whole = (0.0, 0.0, float(frame.columns), float(frame.rows))
    found = Image.new("RGB", (2 * PANEL, PANEL + WORDS))
    for place, view in enumerate((whole, _view(case, frame))):
        scale = (PANEL - 4) / max(view[2] - view[0], view[3] - view[1])
        size = (max(1, round((view[2] - view[0]) * scale)), max(1, round((view[3] - view[1]) * scale)))
        panel = grey.resize(size, Image.Resampling.BICUBIC, box=view)
        at = (view[0], view[1], scale)
        _draw(ImageDraw.Draw(panel), case, film, reading, threshold, at, magnified=place == 1)
        found.paste(panel, (place * PANEL, 0))
    note = f"{film.path.name}\n{case.words}; overlap {case.overlap:.2f}"
    ImageDraw.Draw(found).text((4, PANEL), note, fill=(220, 225, 230), font_size=13)
    return found


def _view(case: Case, frame: Frame) -> tuple[float, float, float, float]:
    """A square around what the case is about, inside the film."""
    boxes = [box for box in (case.drawn, case.found.box if case.found else None) if box is not None]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    side = max((1 + 2 * MARGIN) * max(right - left, bottom - top), FINEST)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    low_x = min(max(x, 0.0), max(frame.columns - side, 0.0))
    low_y = min(max(y, 0.0), max(frame.rows - side, 0.0))
    return low_x, low_y, min(low_x + side, float(frame.columns)), min(low_y + side, float(frame.rows))


def _draw(
    drawing: ImageDraw.ImageDraw,
    case: Case,
    film: Film,
    reading: FilmReading,
    threshold: float,
    at: tuple[float, float, float],
    *,
    magnified: bool,
) -> None:
    for box in film.boxes_of(case.label):
        drawing.rectangle(_placed(box, at), outline="white", width=2 if box == case.drawn else 1)
    for entry in reading.boxes:
        if entry.label != case.label or (entry.probability < threshold and entry != case.found):
            continue
        place = _placed(entry.box, at)
        agrees = support_of(entry, reading) == "map agrees"
        drawing.rectangle(place, outline=MODEL_COLOUR, width=3 if agrees else 1)
        if magnified:
            words = f"{entry.probability:.2f}"
            drawing.text((place[0], max(place[1] - 16, 0)), words, fill=MODEL_COLOUR, font_size=13)


def _placed(box: BoundingBox, at: tuple[float, float, float]) -> list[float]:
    left, top, scale = at
    return [(box.left - left) * scale, (box.top - top) * scale, (box.right - left) * scale, (box.bottom - top) * scale]


def sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Two cases a row."""
    rows = -(-len(pictures) // COLUMNS)
    found = Image.new("RGB", (COLUMNS * 2 * PANEL, rows * (PANEL + WORDS)))
    for number, part in enumerate(pictures):
        found.paste(part, (number % COLUMNS * 2 * PANEL, number // COLUMNS * (PANEL + WORDS)))
    return found


def drawn_cases(cases: Sequence[Case], *, each: int, seed: int) -> dict[str, list[Case]]:
    """By kind, up to `each` of them."""
    by_kind = {kind: [case for case in cases if case.kind == kind] for kind in KINDS}
    return {kind: random.Random(seed).sample(found, min(each, len(found))) for kind, found in by_kind.items()}


def options_read() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case-type", required=True, choices=CASE_TYPES)
    parser.add_argument("--dataset", required=True, type=Path)
    parser.add_argument("--split", required=True, help="train, val, or another that the index names")
    parser.add_argument("--version", help="a shipped detector; default: the first of the case type")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--films", type=int, help="so many films of the split, drawn by the seed; default: all")
    return parser.parse_args()


def main() -> None:
    options = options_read()
    _, films = labelled_folder_read(options.dataset).of_split(options.split)
    if options.films:
        films = tuple(random.Random(options.seed).sample(films, min(options.films, len(films))))
    chosen = shipped_versions(options.case_type, name=options.version)
    model = next(model for model in chosen.models if model.spec.task == "detector")
    bar = Progress("films", len(films))
    read = Reader((model,), options.case_type, chosen.guard, front=chosen.front).read(films, advance=bar.show)
    said = read.readings[0]
    every = [case for row, film in enumerate(films) for case in cases_of(model.spec, row, film, said[row])]
    folder = REPOSITORY / "var" / "contact_sheets"
    folder.mkdir(parents=True, exist_ok=True)
    for kind, cases in drawn_cases(every, each=options.each, seed=options.seed).items():
        pictures = [
            picture(
                case,
                films[case.row],
                decode(films[case.row].path.read_bytes()),
                said[case.row],
                model.spec.operating_points[case.label].threshold,
            )
            for case in cases
        ]
        total = sum(case.kind == kind for case in every)
        name = (
            f"{model.spec.name}-{model.spec.version}-{options.dataset.name}-{options.split}-{options.seed}-{kind}.png"
        )
        if pictures:
            sheet(pictures).save(folder / name)
        print(f"{kind}: {len(pictures)} of {total}{f' in {folder / name}' if pictures else ''}")


if __name__ == "__main__":
    main()
