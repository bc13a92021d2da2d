"""Two readers' words on one study, item by item. Reads only; feedback/services/merge.py takes over.

An item is what both say of one thing: the same finding, else boxes of one frame that overlap, those with the same label
first. Without a box, the same label of the same frame.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from feedback.diff import Change, Said, diff_between
from feedback.discordance_rules import overlap as corner_overlap
from feedback.models import FindingReview, Verdict
from feedback.vocabulary import plain
from imaging.pipeline.values import BoundingBox

SAME_LABEL_IOU = 0.3
OTHER_LABEL_IOU = 0.5
"""What lies in the same place but has another name must lie there more exactly to be taken for the same thing."""
MINE, THEIRS, BOTH = "mine", "theirs", "both"
TAKES = (MINE, THEIRS, BOTH)


@dataclass(frozen=True, slots=True)
class MergeItem:
    """kind: "same", "differ", "mine_only" or "theirs_only". iou: of the two boxes. takes: what may be chosen."""

    key: str
    kind: str
    mine: FindingReview | None = field(repr=False)
    theirs: FindingReview | None = field(repr=False)
    iou: float | None
    differences: Sequence[Change]
    takes: Sequence[str]

    @property
    def finding_id(self) -> UUID | None:
        one = self.mine or self.theirs
        return one.standing_finding_id if one else None


def merge_items(mine: Sequence[FindingReview], theirs: Sequence[FindingReview]) -> list[MergeItem]:
    """What differs first, then what only one says, then what both say."""
    left, pairs = list(theirs), []
    for rule in (_same_finding, _same_label_here, _same_place):
        pairs += _paired([one for one in mine if one.id not in {pair[0].id for pair in pairs}], left, rule)
        taken = {pair[1].id for pair in pairs}
        left = [one for one in left if one.id not in taken]
    paired = {one.id for one, _ in pairs}
    items = [_item(one, other) for one, other in pairs]
    items += [_item(one, None) for one in mine if one.id not in paired]
    items += [_item(None, other) for other in left]
    order = {"differ": 0, "theirs_only": 1, "mine_only": 2, "same": 3}
    return sorted(items, key=lambda item: order[item.kind])


def said_in(review: FindingReview) -> Said:
    """What a reader's review says."""
    return Said(review.label, box_in(review), review.laterality, review.tooth or 0, review.grade)


def box_in(review: FindingReview) -> BoundingBox | None:
    corners = (review.left, review.top, review.right, review.bottom)
    return None if None in corners else BoundingBox(*(float(corner or 0.0) for corner in corners))


def box_overlap(one: BoundingBox, other: BoundingBox) -> float:
    """Intersection over union of two boxes, in [0, 1]; 0 for boxes without area."""
    first, second = ((box.left, box.top, box.right, box.bottom) for box in (one, other))
    return corner_overlap(first, second)


Rule = Callable[[FindingReview, FindingReview], float]
"""How well two reviews match; 0 when they are not of the same thing."""


def _paired(
    mine: Iterable[FindingReview], theirs: Iterable[FindingReview], rule: Rule
) -> list[tuple[FindingReview, FindingReview]]:
    """The best matches, each review once."""
    scored = [(rule(one, other), one, other) for one in mine for other in theirs]
    pairs: list[tuple[FindingReview, FindingReview]] = []
    used: set[UUID] = set()
    for score, one, other in sorted(scored, key=lambda match: -match[0]):
        if score > 0 and not {one.id, other.id} & used:
            pairs.append((one, other))
            used |= {one.id, other.id}
    return pairs


def _same_finding(one: FindingReview, other: FindingReview) -> float:
    known = one.standing_finding_id
    return float(known is not None and known == other.standing_finding_id)


def _same_label_here(one: FindingReview, other: FindingReview) -> float:
    if plain(one.label) != plain(other.label) or not _same_frame(one, other):
        return 0.0
    boxes = (box_in(one), box_in(other))
    if boxes[0] is None or boxes[1] is None:
        return float(boxes[0] is boxes[1])
    overlap = box_overlap(boxes[0], boxes[1])
    return overlap if overlap >= SAME_LABEL_IOU else 0.0


def _same_place(one: FindingReview, other: FindingReview) -> float:
    overlap = _overlap(one, other)
    return overlap if _same_frame(one, other) and overlap is not None and overlap >= OTHER_LABEL_IOU else 0.0


def _same_frame(one: FindingReview, other: FindingReview) -> bool:
    return (one.instance_id, one.frame_index) == (other.instance_id, other.frame_index)


def _overlap(one: FindingReview | None, other: FindingReview | None) -> float | None:
    boxes = (one and box_in(one), other and box_in(other))
    return None if boxes[0] is None or boxes[1] is None else box_overlap(boxes[0], boxes[1])


def _item(mine: FindingReview | None, theirs: FindingReview | None) -> MergeItem:
    differences = _differences(mine, theirs) if mine and theirs else []
    return MergeItem(
        key=f"{mine.id if mine else ''}+{theirs.id if theirs else ''}",
        kind=_kind(mine, theirs, differences),
        mine=mine,
        theirs=theirs,
        iou=_overlap(mine, theirs),
        differences=differences,
        takes=_takes(mine, theirs),
    )


def _kind(mine: FindingReview | None, theirs: FindingReview | None, differences: Sequence[Change]) -> str:
    if mine is None:
        return "theirs_only"
    if theirs is None:
        return "mine_only"
    return "differ" if differences else "same"


def _differences(mine: FindingReview, theirs: FindingReview) -> list[Change]:
    """From mine to theirs; two who both say that it is not there agree, wherever they looked."""
    present = [review.verdict != Verdict.REJECTED for review in (mine, theirs)]
    if present[0] != present[1]:
        return [{"field": "present", "from": present[0], "to": present[1]}]
    return diff_between(said_in(mine), said_in(theirs)) if present[0] else []


def _takes(mine: FindingReview | None, theirs: FindingReview | None) -> tuple[str, ...]:
    """Both, where both say that something is there."""
    if mine is None or theirs is None or Verdict.REJECTED in (mine.verdict, theirs.verdict):
        return (MINE, THEIRS)
    return TAKES
