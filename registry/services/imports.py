"""Weights from elsewhere become a version like any other: an artefact of ours, a row, an audit event."""

import hashlib
import importlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from accounts.models import User
from registry.models import ModelVersion
from registry.runtime.artefacts import artefact_pack_in_full
from registry.runtime.importing.errors import WeightsUnreadable
from registry.runtime.importing.request import WeightsRequest
from registry.services.versions import version_register


@dataclass(frozen=True, slots=True)
class ImportedVersion:
    """The version that is now registered as a candidate, and what the file was."""

    version: ModelVersion
    file_sha256: str
    n_tensors: int


def model_import(request: WeightsRequest, *, actor: User | None = None) -> ImportedVersion:
    """Convert a file of weights and register the result as a candidate: uncalibrated, not routed, nothing executed.

    Writes the artefact and a ModelVersion; audits MODEL_REGISTERED. The same file imported the same way gives the row
    that is there.

    Raises:
        whatever weights_convert and version_register raise.
    """
    # torch is imported with the converter: services that only register or route stay without it.
    converter = importlib.import_module("registry.runtime.importing.convert")
    digest = _sha256(request.path)
    origin = {"file": request.path.name, "sha256": digest, **request.origin}
    spec, tensors = converter.weights_convert(replace(request, origin=origin))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "imported.safetensors"
        path.write_bytes(artefact_pack_in_full(spec, tensors))
        version = version_register(path=path, actor=actor, card=_card(request, digest, len(tensors)))
    return ImportedVersion(version=version, file_sha256=digest, n_tensors=len(tensors))


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsUnreadable("The file of weights is not there or cannot be read.") from error


def _card(request: WeightsRequest, digest: str, n_tensors: int) -> str:
    return (
        f"# {request.name} {request.version}\n\n"
        f"Imported weights: {request.architecture}, {n_tensors} tensors, map {request.source}, from a file whose "
        f"SHA-256 is {digest}.\n\n"
        "Not calibrated here: its probabilities are those of the file's author, it has no operating point, so it never "
        "calls a finding positive and sorts nothing. What it was trained on, and under which terms it may be used, its "
        "author knows. Evaluate it with `manage.py evaluate` before anybody relies on it.\n\n"
        "Assistive only. A clinician decides every case.\n"
    )
