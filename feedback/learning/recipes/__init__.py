"""What each recipe trains, by name. A new type of recipe adds its module here and its runner to `train.RUNNERS`."""

from collections.abc import Mapping
from typing import Protocol

from feedback.learning.guard import recipe as guard
from feedback.learning.labelled_sets import LabelledSetTerms
from feedback.learning.recipes import bone, chest, dental, detector, miniature_pair
from feedback.learning.recipes.classifier import ClassifierRecipe
from feedback.learning.recipes.dense import DenseRecipe
from feedback.learning.recipes.detector import DetectorRecipe
from feedback.learning.recipes.paired import PairedRecipe
from feedback.learning.recipes.values import TriageRule

__all__ = ["RECIPES", "ClassifierRecipe", "DenseRecipe", "DetectorRecipe", "PairedRecipe", "Recipe", "TriageRule"]


class Recipe(Protocol):
    """What `train_recipe` itself needs of a recipe of any type."""

    @property
    def name(self) -> str: ...

    @property
    def terms(self) -> LabelledSetTerms: ...


RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        *chest.RECIPES,
        *bone.RECIPES,
        *dental.RECIPES,
        *detector.RECIPES,
        *guard.RECIPES,
        *miniature_pair.RECIPES,
    )
}
