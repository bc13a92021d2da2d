"""Keeping what versions were measured to do."""

from typing import Any

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, User
from registry.errors import EvaluationOfOtherModel
from registry.evidence import EvaluationFacts, evaluation_parse
from registry.models import Evaluation, ModelVersion


@transaction.atomic
def evaluation_record(document: dict[str, Any], actor: User | None = None) -> Evaluation:
    """Keep an evaluation document of a registered version. The same document again gives the row that is there.

    Writes an Evaluation; audits EVALUATION_RECORDED in the actor's organisation, or in every organisation when the
    system itself brings a shipped one. Routes are not changed: a version that serves and now fails its gate is shown as
    failing, and cannot be routed again.

    Raises:
        EvaluationInvalid, EvaluationOfOtherModel.
    """
    facts = evaluation_parse(document)
    version = ModelVersion.objects.filter(sha256=facts.model_sha256.lower()).first()
    if version is None or (version.name, version.version) != (facts.model_name, facts.model_version):
        raise EvaluationOfOtherModel
    present = Evaluation.objects.filter(model_version=version, sha256=facts.sha256).first()
    if present is not None:
        return present
    evaluation = Evaluation.objects.create(model_version=version, document=document, **_columns(facts))
    _audit(evaluation, version, actor)
    return evaluation


def _columns(facts: EvaluationFacts) -> dict[str, Any]:
    return {
        "case_type": facts.case_type,
        "dataset": facts.dataset,
        "split": facts.split,
        "dataset_digest": facts.dataset_digest,
        "n_images": facts.n_images,
        "summary": facts.summary,
        "pointing": facts.pointing,
        "sha256": facts.sha256,
        "measured_at": facts.measured_at,
    }


def _audit(evaluation: Evaluation, version: ModelVersion, actor: User | None) -> None:
    told = [actor.organisation_id] if actor else Organisation.objects.values_list("id", flat=True)
    detail = {"dataset": evaluation.dataset, "split": evaluation.split, "sha256": evaluation.sha256}
    for organisation_id in told:
        record_effect(
            Action.EVALUATION_RECORDED,
            organisation_id=organisation_id,
            actor=actor,
            object_type="evaluation",
            object_id=evaluation.id,
            model={"name": version.name, "version": version.version, "sha256": version.sha256},
            detail=detail,
        )
