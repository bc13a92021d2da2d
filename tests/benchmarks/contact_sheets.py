"""Random films of a labelled set as a reader would see them: original | map of the top finding | boxes and words.

python -m tests.benchmarks.contact_sheets --case-type chest --dataset DIR [--split any] [--seed N] [--count 10]

For looking at, by a person, before a model is trusted. Real films: written under var/, which git ignores.
The map is drawn as the portal draws it: in colours at or above the operating point, else as an outline. White boxes are
an annotator's, violet ones the model's.
"""

import argparse
import csv
import json
import random
from collections import defaultdict
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from imaging import rendering
from imaging.pipeline.decode import decode
from imaging.pipeline.energy import caution
from imaging.pipeline.join import BOX_ONLY
from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.values import CASE_TYPES, BoundingBox, Frame, PipelineResult, PredictedFinding
from registry.runtime.loader import load_starter_route
from tests.paths import REPOSITORY

WIDTH, HEIGHT, WORDS = 440, 440, 40
INDEXES = ("labels.csv", "index.csv")


@dataclass(frozen=True, slots=True)
class Film:
    """One image of the set, and what annotators said of it."""

    path: Path
    said: str
    boxes: tuple[BoundingBox, ...] = field(default=())


def films_of(folder: Path, *, split: str | None) -> list[Film]:
    """The rows of the folder's index whose split fits; None takes all."""
    index = next(folder / name for name in INDEXES if (folder / name).is_file())
    drawn = boxes_of(folder / "annotations.json")
    with index.open() as lines:
        rows = [row for row in csv.DictReader(lines) if split is None or row.get("split") == split]
    return [
        Film(
            path=next(path for path in (folder / "images" / row["file"], folder / row["file"]) if path.is_file()),
            said=row.get("findings") or row.get("classes") or "nothing noted",
            boxes=tuple(drawn[row["file"]]),
        )
        for row in rows
    ]


def boxes_of(annotations: Path) -> dict[str, list[BoundingBox]]:
    """COCO boxes by file name; none without such a file."""
    found: dict[str, list[BoundingBox]] = defaultdict(list)
    if annotations.is_file():
        document = json.loads(annotations.read_text())
        names = {image["id"]: Path(image["file_name"]).name for image in document["images"]}
        for entry in document["annotations"]:
            left, top, width, height = entry["bbox"]
            found[names[entry["image_id"]]].append(BoundingBox(left, top, left + width, top + height))
    return found


def top_finding(result: PipelineResult) -> PredictedFinding | None:
    """The classifier's label that is most above its operating point, else most probable; boxes stand beside it."""
    mapped = [finding for finding in result.predictions if finding.heatmap is not None]
    return max(mapped, key=lambda finding: (finding.positive, finding.probability), default=None)


def words_of(finding: PredictedFinding) -> str:
    point = "-" if finding.operating_point is None else f"{finding.operating_point:.2f}"
    side = "above" if finding.positive else "below"
    shares = [("border", finding.border_energy), ("marker", finding.marker_energy)]
    energy = ", ".join(f"{name} {share:.0%}" for name, share in shares if share is not None)
    warning = caution(border=finding.border_energy, marker=finding.marker_energy) or ""
    return f"{finding.label} {finding.probability:.2f}, {side} {point}; {energy}\n{warning}"


def row_picture(film: Film, frame: Frame, result: PipelineResult | PipelineError) -> Image.Image:
    """Three pictures side by side with words under them."""
    findings = result.findings if isinstance(result, PipelineResult) else ()
    chosen = top_finding(result) if isinstance(result, PipelineResult) else None
    heatmap = None if chosen is None else chosen.heatmap
    boxed = [finding for finding in findings if finding.positive and finding.box is not None]
    models = [finding.box for finding in boxed if finding.box is not None and finding.support != BOX_ONLY]
    unsupported = [finding.box for finding in boxed if finding.box is not None and finding.support == BOX_ONLY]
    panels = [
        rendering.overlay_png(frame, None),
        rendering.overlay_png(frame, heatmap, positive=chosen is not None and chosen.positive),
        rendering.overlay_png(frame, None, models, unsupported=unsupported),
    ]
    pictures = [Image.open(BytesIO(panel)).convert("RGB") for panel in panels]
    _draw_annotated(pictures[2], film.boxes, frame)
    _draw_annotated(pictures[1], film.boxes, frame)
    said = result.reason or "" if isinstance(result, PipelineResult) else result.message
    notes = [
        f"{film.path.name}\nannotators: {film.said}",
        words_of(chosen) if chosen else said,
        f"boxes: {len(models)}; dashed, without the map's support: {len(unsupported)}",
    ]
    return _side_by_side(pictures, notes)


def _draw_annotated(picture: Image.Image, boxes: tuple[BoundingBox, ...], frame: Frame) -> None:
    drawing, scale = ImageDraw.Draw(picture), picture.width / frame.columns
    for box in boxes:
        corners = [value * scale for value in (box.left, box.top, box.right, box.bottom)]
        drawing.rectangle(corners, outline="white", width=max(1, picture.width // 300))


def _side_by_side(pictures: list[Image.Image], notes: list[str]) -> Image.Image:
    row = Image.new("RGB", (3 * WIDTH, HEIGHT + WORDS))
    drawing = ImageDraw.Draw(row)
    for index, (picture, note) in enumerate(zip(pictures, notes, strict=True)):
        picture.thumbnail((WIDTH - 4, HEIGHT - 4))
        row.paste(picture, (index * WIDTH, 0))
        drawing.text((index * WIDTH + 2, HEIGHT), note, fill=(220, 225, 230), font_size=12)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case-type", required=True, choices=CASE_TYPES)
    parser.add_argument("--dataset", required=True, type=Path)
    parser.add_argument("--split", default="any", help="train, val, or any")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args()
    films = films_of(options.dataset, split=None if options.split == "any" else options.split)
    chosen = random.Random(options.seed).sample(films, min(options.count, len(films)))
    frames = [decode(film.path.read_bytes()) for film in chosen]
    results = run_pipeline(frames, models=load_starter_route(options.case_type))
    rows = [row_picture(*entry) for entry in zip(chosen, frames, results, strict=True)]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)))
    for index, row in enumerate(rows):
        sheet.paste(row, (0, index * rows[0].height))
    folder = REPOSITORY / "var" / "contact_sheets"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{options.case_type}-{options.dataset.name}-{options.split}-{options.seed}.png"
    sheet.save(path)
    print(path)


if __name__ == "__main__":
    main()
