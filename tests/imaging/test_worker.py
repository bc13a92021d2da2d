"""The worker brings real runs to their end."""

import pytest

from imaging.models import AnalysisState, FrameResult, InferenceRun, RunState
from imaging.worker import work_once
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_received_study_is_analysed(site, user_of, starter_models):
    study = factories.make_study(site, user_of("technologist")).study
    assert study.analysis_state == AnalysisState.WAITING
    assert work_once() == 1
    study.refresh_from_db()
    assert study.analysis_state == AnalysisState.ANALYSED, study.analysis_reason
    assert study.findings.count() == 3
