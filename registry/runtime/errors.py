"""What can be wrong with a model before it has seen a pixel."""

from accounts.errors import DomainError


class ModelUnusable(DomainError):
    """A model cannot be loaded: nothing is predicted with it."""

    code = "model_unusable"
    status = 500
    message = "The model could not be loaded, so nothing was predicted with it."
    remedy = "Ask a model manager to register the version again."


class ArtefactMissing(ModelUnusable):
    """There is no such file, or it cannot be read."""

    code = "artefact_missing"
    message = "The model's file is not there or cannot be read."


class ArtefactDigestMismatch(ModelUnusable):
    """The bytes are not the bytes that were registered."""

    code = "artefact_digest"
    message = "The model's file is not the one that was registered: its SHA-256 differs. It was not loaded."


class ArtefactMalformed(ModelUnusable):
    """The digest holds, but the content is not a model of ours."""

    code = "artefact_malformed"
    message = "The model's file does not hold what a model needs."


class ArchitectureUnknown(ModelUnusable):
    """No builder of that name is registered."""

    code = "architecture_unknown"
    message = "The model's architecture is not known to this version of the software."


class GraphUnusable(ModelUnusable):
    """An exported graph cannot be made, read or run; the torch engine serves in its place."""

    code = "graph_unusable"
    message = "The exported network cannot be used."
    remedy = "Nothing needs doing: the reference engine serves instead. `manage.py engines rebuild` makes it again."
