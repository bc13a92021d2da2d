"""Registering model versions: the artefact first, the row second; a version is never changed afterwards."""

import dataclasses
import hashlib
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.models import Organisation, User
from registry.errors import VersionConflict
from registry.models import ModelVersion, VersionState
from registry.runtime.artefacts import artefact_bytes, artefact_parse
from registry.runtime.errors import ArtefactDigestMismatch
from registry.runtime.values import ModelSpec


def version_register(
    *,
    path: Path,
    actor: User | None = None,
    sha256: str | None = None,
    card: str = "",
    state: VersionState = VersionState.CANDIDATE,
) -> ModelVersion:
    """Register an artefact file. The same bytes again give the row that is there.

    Writes the artefact into the "artefacts" storage and a ModelVersion; audits MODEL_REGISTERED in the actor's
    organisation, or in every organisation when the system itself registers a shipped model.

    Args:
        sha256: what the digest has to be, when the caller knows it.
    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, VersionConflict.
    """
    data = artefact_bytes(path)
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and sha256.lower() != digest:
        raise ArtefactDigestMismatch
    present = ModelVersion.objects.filter(sha256=digest).first()
    if present is not None:
        _artefact_store(present.artefact, data)
        return present
    spec, _ = artefact_parse(data, sha256=digest)
    name = f"{digest}.safetensors"
    _artefact_store(name, data)
    return _row_write(spec=spec, digest=digest, name=name, size_bytes=len(data), card=card, state=state, actor=actor)


@transaction.atomic
def _row_write(
    *, spec: ModelSpec, digest: str, name: str, size_bytes: int, card: str, state: VersionState, actor: User | None
) -> ModelVersion:
    same_name = ModelVersion.objects.filter(name=spec.name, version=spec.version).first()
    if same_name is not None and same_name.sha256 != digest:
        raise VersionConflict
    version, created = ModelVersion.objects.get_or_create(
        sha256=digest,
        defaults={
            "name": spec.name,
            "version": spec.version,
            "task": spec.task,
            "architecture": spec.architecture,
            "artefact": name,
            "size_bytes": size_bytes,
            "case_types": list(spec.case_types),
            "labels": list(spec.labels),
            "spec": dataclasses.asdict(spec),
            "card": card,
            "state": state,
        },
    )
    if created:
        _audit(version, actor)
    return version


def _audit(version: ModelVersion, actor: User | None) -> None:
    told = [actor.organisation_id] if actor else Organisation.objects.values_list("id", flat=True)
    for organisation_id in told:
        record_effect(
            Action.MODEL_REGISTERED,
            organisation_id=organisation_id,
            actor=actor,
            object_type="model_version",
            object_id=version.id,
            model={"name": version.name, "version": version.version, "sha256": version.sha256},
        )


def _artefact_store(name: str, data: bytes) -> None:
    """The name is the digest: whatever lies under it is the right file, unless it is damaged."""
    storage = storages["artefacts"]
    if storage.exists(name):
        with storage.open(name) as file:
            if hashlib.sha256(file.read()).digest() == hashlib.sha256(data).digest():
                return
        storage.delete(name)
    storage.save(name, ContentFile(data))
