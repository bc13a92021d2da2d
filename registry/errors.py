"""What can be wrong with what is said about models."""

from accounts.errors import Conflict, InvalidInput, NotFound


class VersionConflict(Conflict):
    """Versions are immutable: other weights need another version."""

    code = "model_version_conflict"
    message = "This name and version is already registered with other weights."
    remedy = "Give the new weights a version of their own."


class RouteInvalid(InvalidInput):
    """A route that cannot work."""

    code = "route_invalid"
    message = "The route names a case type or a model version that it cannot have."


class VersionUnknown(NotFound):
    """Nothing of that name is registered."""

    code = "model_version_unknown"
    message = "No model version of that name is registered."
    remedy = "`manage.py models list` shows what is registered."


class ExplanationGate(Conflict):
    """A classifier whose maps were measured, and do not point at findings."""

    code = "explanation_gate"
    message = "The version's maps do not point at what it finds."
    remedy = "Route another version, or train one whose maps point at findings and evaluate it on images with boxes."


class ExplanationUnmeasured(ExplanationGate):
    """A classifier whose maps nobody has measured."""

    code = "explanation_unmeasured"
    message = "Where the version's maps point has not been measured."
    remedy = (
        "Measure it with `manage.py evaluate --case-type T --dataset DIR` on images with boxes, or give a reason for "
        "routing it unmeasured; the reason is audited and shown with the route."
    )


class EvaluationInvalid(InvalidInput):
    """An evaluation document that cannot be kept."""

    code = "evaluation_invalid"
    message = "The evaluation document is not valid."
    remedy = "Write it with `manage.py evaluate`."


class EvaluationOfOtherModel(Conflict):
    """An evaluation is bound to the weights that it measured."""

    code = "evaluation_of_other_model"
    message = "The evaluation was made with other weights than any that are registered under this name and version."
    remedy = "Evaluate the registered version again."


class ManifestMismatch(Conflict):
    """The list of training images is not the one that the version was trained on."""

    code = "manifest_mismatch"
    message = "The manifest of training images is not the one that the version's weights name."
    remedy = "Use the manifest that the training run wrote beside the weights."
