"""What can be wrong with what is said about models."""

from accounts.errors import Conflict, InvalidInput


class VersionConflict(Conflict):
    """Versions are immutable: other weights need another version."""

    code = "model_version_conflict"
    message = "This name and version is already registered with other weights."
    remedy = "Give the new weights a version of their own."


class RouteInvalid(InvalidInput):
    """A route that cannot work."""

    code = "route_invalid"
    message = "The route names a case type or a model version that it cannot have."
