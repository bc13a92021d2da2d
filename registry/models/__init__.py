from registry.models.route import Route
from registry.models.version import ModelVersion, VersionState

__all__ = ["ModelVersion", "Route", "VersionState"]
