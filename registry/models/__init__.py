from registry.models.engine_build import EngineBuild, EngineKind
from registry.models.evaluation import Evaluation
from registry.models.route import Route
from registry.models.version import ModelVersion, Task, VersionState

__all__ = ["EngineBuild", "EngineKind", "Evaluation", "ModelVersion", "Route", "Task", "VersionState"]
