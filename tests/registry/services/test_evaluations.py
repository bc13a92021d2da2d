"""What was measured is kept with the weights that it was measured on."""

import pytest

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from registry.errors import EvaluationInvalid, EvaluationOfOtherModel
from registry.models import Evaluation
from registry.services.evaluations import evaluation_record
from tests.registry.evaluation_samples import PASSING, make_evaluation

pytestmark = pytest.mark.django_db


def test_a_document_is_kept_whole_beside_its_figures_and_audited(starter_models, user_of):
    document = make_evaluation(starter_models[0])
    evaluation = evaluation_record(document, user_of("model_manager"))
    evaluation.refresh_from_db()
    assert (evaluation.document, evaluation.pointing, evaluation.dataset_digest) == (document, PASSING, "a" * 64)
    event = AuditEvent.objects.get(action=Action.EVALUATION_RECORDED.value)
    assert (event.object_id, event.model_sha256) == (evaluation.id, starter_models[0].sha256)
    assert event.actor_label == "model_manager"


def test_the_same_document_again_is_the_same_row_and_no_second_event(starter_models, organisation):
    document = make_evaluation(starter_models[0])
    assert evaluation_record(document).id == evaluation_record(dict(document)).id
    assert AuditEvent.objects.filter(action=Action.EVALUATION_RECORDED.value).count() == 1


def test_a_newer_document_stands_beside_the_older(starter_models):
    evaluation_record(make_evaluation(starter_models[0]))
    evaluation_record(make_evaluation(starter_models[0], created="2026-11-23T03:00:00+00:00"))
    assert Evaluation.objects.count() == 2


@pytest.mark.parametrize("changes", [{"sha256": "c" * 64}, {"name": "bone-small"}, {"version": "9"}], ids=str)
def test_an_evaluation_of_other_weights_is_refused(starter_models, changes):
    document = make_evaluation(starter_models[0])
    document["model"] = {**document["model"], **changes}
    with pytest.raises(EvaluationOfOtherModel):
        evaluation_record(document)
    assert Evaluation.objects.count() == 0


def test_half_a_document_leaves_nothing(starter_models):
    with pytest.raises(EvaluationInvalid):
        evaluation_record({"schema": 1})
    assert Evaluation.objects.count() == 0
