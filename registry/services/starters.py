"""The shipped models: versions, what they were measured to do, what they were trained on, and their routes."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from registry.errors import ExplanationGate, ManifestMismatch
from registry.evidence import evaluation_decode
from registry.models import ModelVersion, Route
from registry.runtime.artefacts import STARTER_MODELS, StarterModel, starter_index
from registry.services.evaluations import evaluation_record
from registry.services.routes import route_set, unmeasured_reason_of
from registry.services.versions import version_register

Say = Callable[[str], None]


def _nothing(sentence: str) -> None:
    """For callers that do not want to hear."""


def starter_models_import(folder: Path = STARTER_MODELS, *, say: Say = _nothing) -> list[ModelVersion]:
    """Register every shipped model, its evaluation and manifest, and the routes of case types that have none yet.

    Safe to repeat. A route that is there is left as it is, whoever set it. A classifier whose maps fail the gate, or
    were never measured and the index gives no reason, is registered and not routed. `say` is told of that, of routes
    that differ from the index, and of manifests that are not those of the weights. Returns the shipped versions in the
    index's order.

    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, EvaluationInvalid, EvaluationOfOtherModel.
    """
    index = starter_index(folder)
    versions = {entry.name: _version(folder, entry, say) for entry in index.models}
    for case_type, names in index.routes.items():
        if Route.objects.filter(case_type=case_type, site=None).exists():
            _say_what_differs(case_type, [versions[name] for name in names], say)
        else:
            _route(case_type, [index.model(name) for name in names], versions, say)
    return list(versions.values())


def _version(folder: Path, entry: StarterModel, say: Say) -> ModelVersion:
    card = folder / entry.card
    version = version_register(
        path=folder / entry.file, sha256=entry.sha256, card=card.read_text() if card.is_file() else ""
    )
    evaluation, manifest = folder / entry.beside("evaluation.json"), folder / entry.beside("manifest.txt")
    if evaluation.is_file():
        evaluation_record(evaluation_decode(evaluation.read_bytes()))
    if manifest.is_file():
        try:
            manifest_keep(version, manifest.read_bytes())
        except ManifestMismatch as error:
            say(f"Not kept: {error.message}")
    return version


def manifest_keep(version: ModelVersion, data: bytes) -> str:
    """Store the list of a version's training images beside its artefact, and return the name it lies under.

    Raises:
        ManifestMismatch: its digest is not the one that the version's weights name.
    """
    trained_on = (version.spec.get("training") or {}).get("train") or {}
    if trained_on.get("digest") not in _manifest_digests(data):
        raise ManifestMismatch(f"The manifest of {version} is not the list of images that it was trained on.")
    name = f"{version.sha256}.manifest.txt"
    if not storages["artefacts"].exists(name):
        storages["artefacts"].save(name, ContentFile(data))
    return name


def _manifest_digests(data: bytes) -> set[str]:
    """Of the lines, and of the files' digests alone: a manifest of one set used to be digested without its name."""
    names_left_out = sorted(line.rpartition(b" ")[2] for line in data.splitlines())
    alone = b"".join(digest + b"\n" for digest in names_left_out)
    return {hashlib.sha256(part).hexdigest() for part in (data, alone)}


def _route(case_type: str, entries: list[StarterModel], versions: dict[str, ModelVersion], say: Say) -> None:
    """Route what may serve; what is refused keeps only itself out."""
    routed, reasons = [], set()
    for entry in entries:
        version = versions[entry.name]
        try:
            reasons.add(unmeasured_reason_of(version, case_type, entry.unmeasured_reason))
        except ExplanationGate as error:
            say(f"Not routed: {error.message} {error.remedy}")
        else:
            routed.append(version.id)
    if routed:
        route_set(case_type=case_type, version_ids=routed, unmeasured_reason="; ".join(sorted(filter(None, reasons))))


def _say_what_differs(case_type: str, shipped: list[ModelVersion], say: Say) -> None:
    present = Route.objects.filter(case_type=case_type, site=None).select_related("model_version").order_by("position")
    routed = [route.model_version for route in present]
    if [version.id for version in routed] != [version.id for version in shipped]:
        now, offered = (", ".join(str(version) for version in side) for side in (routed, shipped))
        say(f"{case_type.replace('_', ' ')}: routed to {now}, left as it is; shipped for it: {offered}.")
