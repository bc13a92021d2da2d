"""Two classifiers on one input, trained apart: each label is answered by the one that knew it better out of fold."""

from dataclasses import dataclass

from feedback.learning.labelled_sets import LabelledSetTerms
from feedback.learning.recipes.classifier import ClassifierRecipe
from feedback.learning.recipes.dense import DenseRecipe


@dataclass(frozen=True, slots=True)
class PairedRecipe:
    """A dense network and a head on a frozen body. Calibration, operating points and triage are the dense recipe's.

    Attributes:
        dense, head: of the same set, size, preprocessing and case types. Checkpoints go by their names.
        from_head: labels that the frozen body's head answers; the dense network answers the others. Which is which was
            chosen by out-of-fold AUC on train: the figures of that choice are slightly optimistic.
    """

    name: str
    version: str
    dense: DenseRecipe
    head: ClassifierRecipe
    from_head: tuple[str, ...]
    architecture: str = "paired_heads"

    @property
    def terms(self) -> LabelledSetTerms:
        return self.dense.terms

    @property
    def intended_use(self) -> str:
        return self.dense.intended_use

    @property
    def not_for(self) -> tuple[str, ...]:
        return self.dense.not_for
