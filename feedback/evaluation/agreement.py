"""Is the mark "classifier and detector agree" worth anything? How often positive boxes with and without it hit."""

from collections.abc import Callable, Sequence

import numpy as np

from feedback.evaluation.detection import figure_json
from feedback.evaluation.head_to_head import BETTER, NOT_TOLD_APART, WORSE, verdict_of
from feedback.evaluation.label_boxes import LOOSE_OVERLAP, OVERLAP, corners, ignored_regions
from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json
from feedback.evaluation.values import FilmReading, JoinedReading
from imaging.pipeline.join import BOTH, BOX_ONLY, MAP_ONLY
from registry.metrics.detection import NEITHER, FrameDetections, match_findings
from registry.metrics.errors import SampleUnusable
from registry.metrics.figures import Figure, auc_figure, difference, share_figure
from registry.metrics.resampling import Resamples

OVERLAPS = (OVERLAP, LOOSE_OVERLAP)
FEWEST_BOXES = 10  # of either kind: a bootstrap of one or two boxes would be sure of anything


def agreement_metrics(
    labels: Sequence[str], films: Sequence[Film], readings: Sequence[FilmReading], resamples: Resamples
) -> Json | None:
    """Over the positive boxes of joined findings, all labels together; None where nothing was joined.

    A box counts where its label was annotated and it does not lie in an ignored region. "map_only" counts labels: those
    that the classifier calls without a box, and how many of them are on the film.
    """
    boxes = [hit for row in range(len(films)) for hit in _boxes_of(row, films[row], readings[row], labels)]
    maps = [entry for row in range(len(films)) for entry in _maps_of(row, films[row], readings[row], labels)]
    if not boxes and not maps:
        return None
    found: Json = {f"overlap_{overlap:.1f}": _at_overlap(boxes, overlap, resamples) for overlap in OVERLAPS}
    found[MAP_ONLY] = _share([(row, hit) for row, hit in maps], resamples)
    return found


def agreement_sentence(found: Json) -> str:
    """What the mark is worth, by the share of boxes that hit at overlap .5."""
    part = found["overlap_0.5"]
    told = part["difference"]
    if told is None:
        return (
            f"Whether the mark means anything cannot be said: {part[BOTH]['n']} positive boxes have it, "
            f"{part[BOX_ONLY]['n']} do not, and {FEWEST_BOXES} of either kind are needed."
        )
    gap = f"{told['value']:+.3f} [{told['low']:+.3f}, {told['high']:+.3f}]"
    words = {
        BETTER: f"A box that the map agrees with hits more often than one that it does not, by {gap}: the mark tells "
        "something.",
        WORSE: f"A box that the map agrees with hits LESS often, by {gap}: the mark misleads.",
        NOT_TOLD_APART: f"Boxes with and without the mark are not told apart ({gap}): it is worth nothing on these "
        "films.",
    }
    return words[part["verdict"]]


def _at_overlap(boxes: Sequence["_Box"], overlap: float, resamples: Resamples) -> Json:
    counted = [(box, box.outcomes[overlap]) for box in boxes if box.outcomes[overlap] is not None]
    kinds = {kind: [(b.row, bool(hit)) for b, hit in counted if b.support == kind] for kind in (BOTH, BOX_ONLY)}
    shares = {kind: _figure(pairs, resamples) for kind, pairs in kinds.items()}
    found: Json = {kind: _share(pairs, resamples) for kind, pairs in kinds.items()}
    one, other = shares[BOTH], shares[BOX_ONLY]
    found |= {"difference": None, "verdict": None}
    if one is not None and other is not None and min(len(pairs) for pairs in kinds.values()) >= FEWEST_BOXES:
        gap = difference(one, other)
        if gap.interval().n_used:
            found |= {"difference": figure_json(gap), "verdict": verdict_of(gap.interval())}
    found["auc_of_agreement"] = _agreement_auc(counted, resamples)
    return found


def _share(pairs: Sequence[tuple[int, bool]], resamples: Resamples) -> Json:
    figure = _figure(pairs, resamples)
    empty = {"value": None, "low": None, "high": None}
    return {"n": len(pairs), **(empty if figure is None else figure_json(figure))}


def _figure(pairs: Sequence[tuple[int, bool]], resamples: Resamples) -> Figure | None:
    """Share of hits; rows come as often as they have boxes."""
    rows = np.array([row for row, _ in pairs], dtype=np.int64)
    hits = np.array([row for row, hit in pairs if hit], dtype=np.int64)
    counts = [np.bincount(places, minlength=resamples.n) for places in (hits, rows)]
    return _measured(lambda: share_figure(counts[0], counts[1], resamples))


def _agreement_auc(counted: Sequence[tuple["_Box", bool | None]], resamples: Resamples) -> Json | None:
    """Whether a box that hits has the higher agreement, a number from 0 to 1."""
    known = [(box.row, box.agreement, bool(hit)) for box, hit in counted if box.agreement is not None]
    rows = np.array([row for row, _, _ in known], dtype=np.int64)
    scores, flags = [score for _, score, _ in known], [hit for _, _, hit in known]
    figure = _measured(lambda: auc_figure(flags, scores, resamples.of(rows)))
    return None if figure is None else figure_json(figure)


def _measured(metric: Callable[[], Figure]) -> Figure | None:
    try:
        return metric()
    except SampleUnusable:
        return None


class _Box:
    """A positive box of a joined finding; outcomes by overlap: True hit, False not, None in an ignored region."""

    def __init__(self, row: int, joined: JoinedReading) -> None:
        self.row, self.support, self.agreement = row, joined.support, joined.agreement
        self.outcomes: dict[float, bool | None] = {}


def _boxes_of(row: int, film: Film, reading: FilmReading, labels: Sequence[str]) -> list[_Box]:
    found: list[_Box] = []
    for label in (label for label in labels if film.annotated is None or label in film.annotated):
        own = [entry for entry in reading.joined if entry.label == label and entry.support in {BOTH, BOX_ONLY}]
        boxed = [entry for entry in own if entry.box is not None]
        boxes = [_Box(row, entry) for entry in boxed]
        frame = FrameDetections(
            boxes=corners([entry.box for entry in boxed if entry.box is not None]),
            scores=np.array([entry.probability for entry in boxed], dtype=np.float64),
            drawn=corners(film.boxes_of(label)),
            ignored=ignored_regions(film, label),
        )
        for overlap in OVERLAPS:
            for box, match in zip(boxes, match_findings(frame, overlap=overlap), strict=True):
                box.outcomes[overlap] = None if match == NEITHER else bool(match >= 0)
        found += boxes
    return found


def _maps_of(row: int, film: Film, reading: FilmReading, labels: Sequence[str]) -> list[tuple[int, bool]]:
    called = [entry.label for entry in reading.joined if entry.support == MAP_ONLY and entry.label in labels]
    return [(row, label in film.present) for label in called if film.is_known(label)]
