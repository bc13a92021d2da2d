"""The shipped models: versions, what they were measured to do, what they were trained on, and their routes."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from registry.errors import ExplanationGate, ManifestMismatch
from registry.evidence import evaluation_decode
from registry.models import ModelVersion, VersionState
from registry.runtime.artefacts import STARTER_MODELS, StarterModel, starter_index
from registry.selectors import routes_at
from registry.services.evaluations import evaluation_record
from registry.services.routes import route_set, unmeasured_reason_of
from registry.services.versions import version_register

Say = Callable[[str], None]
Shipped = tuple[ModelVersion, str]
"""A shipped version, and the index's reason why it may serve unmeasured; empty when it gives none."""


def _nothing(sentence: str) -> None:
    """For callers that do not want to hear."""


def starter_models_import(folder: Path = STARTER_MODELS, *, say: Say = _nothing) -> list[ModelVersion]:
    """Register every shipped model, its evaluation and manifest, and route case types as the index says.

    Safe to repeat. A general route that an import set follows the index, so that a newer shipped version takes the
    older one's place; one that somebody set is left as it is, and so are the sites' own. A classifier whose maps fail
    the gate, or were never measured and the index gives no reason, is registered and not routed; nor does anything
    shipped with it take the place of what serves already. `say` is told of all of that, and of manifests that are not
    those of the weights. Returns the shipped versions in the index's order.

    Raises:
        ArtefactMissing, ArtefactDigestMismatch, ArtefactMalformed, EvaluationInvalid, EvaluationOfOtherModel.
    """
    index = starter_index(folder)
    versions = {entry.name: _version(folder, entry, say) for entry in index.models}
    for case_type, names in index.routes.items():
        _follow(case_type, [(versions[name], index.model(name).unmeasured_reason) for name in names], say)
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


def _follow(case_type: str, shipped: Sequence[Shipped], say: Say) -> None:
    """Route a case type as shipped, unless somebody decided otherwise or that would take away what serves."""
    present, offered = routes_at(case_type), [version for version, _ in shipped]
    serving = [route.model_version for route in present]
    if serving == offered:
        return
    spoken, now = case_type.replace("_", " "), _named(serving)
    left = f"{spoken}: routed to {now}, left as it is; shipped for it: {_named(offered)}."
    if not all(route.from_index for route in present):
        say(left)
        return
    accepted = _accepted(case_type, shipped, say)
    if not present and accepted:
        _route(case_type, accepted)
    elif present and len(accepted) == len(shipped):
        _route(case_type, accepted)
        say(f"{spoken}: routed to {_named(offered)} as shipped, in place of {now}.")
    elif present and [version for version, _ in accepted] != serving:
        say(left)


def _accepted(case_type: str, shipped: Sequence[Shipped], say: Say) -> list[Shipped]:
    """What may serve, with what its route has to say for itself; what is refused is said."""
    accepted = []
    for version, reason in shipped:
        if version.state == VersionState.RETIRED:
            say(f"Not routed: {version} was retired here.")
            continue
        try:
            accepted.append((version, unmeasured_reason_of(version, case_type, reason)))
        except ExplanationGate as error:
            say(f"Not routed: {error.message} {error.remedy}")
    return accepted


def _route(case_type: str, accepted: Sequence[Shipped]) -> None:
    reasons = sorted({reason for _, reason in accepted if reason})
    version_ids = [version.id for version, _ in accepted]
    route_set(case_type=case_type, version_ids=version_ids, unmeasured_reason="; ".join(reasons), from_index=True)


def _named(versions: Sequence[ModelVersion]) -> str:
    return ", ".join(str(version) for version in versions)
