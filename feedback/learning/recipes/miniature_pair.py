"""The pair that CI trains, from the miniatures of its two kinds."""

from dataclasses import replace

from feedback.learning.recipes.bone import MINIATURE_DENSE
from feedback.learning.recipes.chest import MINIATURE_LITE0
from feedback.learning.recipes.paired import PairedRecipe

MINIATURE_PAIR = PairedRecipe(
    name="miniature-pair",
    version="1.0.0",
    dense=replace(MINIATURE_DENSE, name="miniature-pair-dense"),
    head=replace(MINIATURE_LITE0, name="miniature-pair-head", settings=MINIATURE_DENSE.settings, epochs=2),
    from_head=("mass",),
)

RECIPES = (MINIATURE_PAIR,)
