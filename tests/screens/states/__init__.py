"""One small function a state, one module a page. Importing this package knows them all."""

from tests.screens.states import (  # noqa: F401
    administration,
    claims,
    entrance,
    models,
    report,
    study,
    study_correct,
    study_reading,
    turnaround,
    worklist,
)
