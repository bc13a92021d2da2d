"""What the guard's training is decided by."""

from dataclasses import dataclass, field
from typing import Any

from feedback.learning.labelled_sets import CHEST_NIH, DENTAL_OPG, FRACATLAS, LabelledSetTerms
from imaging.pipeline.preprocess import PreprocessSettings


@dataclass(frozen=True, slots=True)
class GuardRecipe:
    """A guard: linear heads on the early stages of the pretrained backbone.

    Attributes:
        kinds: case type -> the set whose films are of it; the first one is the recipe's own.
        waves: of the architecture.
        drawn: pictures of each kind of negative.
        components, inverse_penalty, folds: of `fit_head`.
        kept_films: share of right films that the kinds keep, out of fold.
        kept_upright: share of right films that are not turned, out of fold.
        familiarity_quantile: of left-out distances, the threshold beyond which nothing is read.
    """

    name: str
    version: str
    kinds: tuple[tuple[str, LabelledSetTerms], ...]
    size: int
    settings: PreprocessSettings
    waves: tuple[tuple[int, int], ...]
    drawn: int
    components: int
    inverse_penalty: float
    folds: int
    kept_films: float
    kept_upright: float
    familiarity_quantile: float
    not_for: tuple[str, ...] = field(default_factory=tuple)

    @property
    def terms(self) -> LabelledSetTerms:
        """Of the first set."""
        return self.kinds[0][1]

    @property
    def options(self) -> dict[str, Any]:
        """Of the architecture."""
        return {"size": self.size, "waves": [list(wave) for wave in self.waves]}


INTAKE_LITE0 = GuardRecipe(
    name="intake-lite0",
    version="1.0.0",
    kinds=(("chest", CHEST_NIH), ("bone", FRACATLAS), ("dental_panoramic", DENTAL_OPG)),
    size=160,
    settings=PreprocessSettings(normalise="percentile_window"),
    waves=((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (3, 0), (0, 3)),
    drawn=150,
    components=256,
    inverse_penalty=0.01,
    folds=3,
    kept_films=0.9975,
    kept_upright=0.999,
    familiarity_quantile=0.9975,
    not_for=(
        "telling whether a film shows disease",
        "intraoral dental films, CT and MR: it has no say on them",
        "a mirrored film: it does not look for one",
    ),
)
RECIPES = (INTAKE_LITE0,)
