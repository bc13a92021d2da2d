"""Which engine serves a version: exported, measured against fp32 torch, accepted or refused, and chosen by speed.

Needs torch, so it runs in a process of its own (`manage.py engines make`), which the worker starts: never in a web
process, and not in the worker either, which stays small. Whatever fails leaves torch to serve.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from numpy.typing import NDArray

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.errors import DomainError
from accounts.models import Organisation, User
from imaging.pipeline.box_parity import BoxParity, BoxParityCount
from imaging.pipeline.parity import FILMS, Parity, ParityCount, parity_count, refusal
from imaging.services.engine_samples import SamplePlan, sample_inputs, sample_plan
from registry.models import EngineBuild, EngineKind, ModelVersion
from registry.runtime.engines.base import ClassifierOutput, DetectorOutput, Engine
from registry.runtime.engines.graph import PRECISIONS, graph_pack, graph_unpack
from registry.runtime.engines.machine import library_version, machine_fingerprint
from registry.runtime.engines.shelf import ShelfRecord, graph_name, record_bytes, record_name
from registry.runtime.values import LoadedModel, ModelSpec
from registry.selectors import builds_here, library_of, reference_model_of, serving_build, versions_in_use

logger = logging.getLogger(__name__)

TIMED_IMAGES, TIMED_ROUNDS = 4, 3


@dataclass(frozen=True, slots=True)
class EngineMeasured:
    """What is known of one engine for one version; parity None where it could not be measured."""

    engine: str
    reason: str
    parity: Parity | BoxParity | None = None
    milliseconds_per_image: float | None = None
    graph: bytes = field(default=b"", repr=False)


def versions_due() -> list[ModelVersion]:
    """Routed versions whose engines were not measured on this machine with these libraries, or not on as many films as
    there are by now."""
    return [version for version in versions_in_use() if is_due(version)]


def is_due(version: ModelVersion) -> bool:
    """See versions_due."""
    graphs = [build for build in builds_here(version) if build.engine != EngineKind.TORCH]
    if not graphs:
        return True
    plan = sample_plan(version)
    on_films = [build.parity["n_wanted"] for build in graphs if build.parity["source"] == FILMS]
    return plan.source == FILMS and plan.count > max(on_films, default=0)


def engines_make(version: ModelVersion, *, actor: User | None = None) -> list[EngineBuild]:
    """Export and measure a version's engines here, and say which may serve. Writes EngineBuild rows, the graph and the
    shelf's record; audits ENGINE_MEASURED everywhere, and every film that was looked at.

    Raises:
        ModelUnusable: the version cannot be loaded even by torch.
    """
    plan = sample_plan(version)
    measured = engines_measure(version, reference_model_of(version), plan)
    builds = _builds_write(version, measured, plan, actor)
    _shelve(version)
    for build in builds:
        verdict = "may serve" if build.accepted else f"does not serve: {build.reason}"
        logger.info("model %s on %s %s", version, build.engine, verdict)
    return builds


def engines_measure(version: ModelVersion, model: LoadedModel, plan: SamplePlan) -> list[EngineMeasured]:
    """torch first, as the reference; then every engine that the version may be exported to."""
    graph, candidates = _candidates(model)
    timed: list[NDArray[np.float32]] = []
    for batch in sample_inputs(version, model.spec.input, plan):
        expected = _outputs(model.engine, model.spec, batch)
        for candidate in candidates:
            candidate.compare(batch, expected)
        timed = [*timed, batch][:TIMED_IMAGES]
    reference = EngineMeasured(EngineKind.TORCH, "", None, _milliseconds(model.engine, model.spec, timed))
    return [reference, *(candidate.measured(plan, timed, graph) for candidate in candidates)]


def _outputs(engine: Engine, spec: ModelSpec, batch: NDArray[np.float32]) -> ClassifierOutput | list[DetectorOutput]:
    """One film through a version: a batch of one, or of its windows."""
    return engine.detect(batch) if spec.task == "detector" else engine.classify(batch)


@dataclass(slots=True)
class _Candidate:
    """An engine under comparison; with a reason it is out of it."""

    name: str
    count: ParityCount | BoxParityCount
    engine: Engine | None = None
    reason: str = ""

    def compare(self, batch: NDArray[np.float32], expected: ClassifierOutput | list[DetectorOutput]) -> None:
        """One more film, until something goes wrong."""
        if self.engine is None or self.reason:
            return
        try:
            found = _outputs(self.engine, self.count.spec, batch)
            self.count.add(expected, found)  # type: ignore[arg-type]  # count and outputs are of one task
        except (DomainError, RuntimeError, ValueError):
            logger.exception("an engine failed while it was compared")
            self.reason = "it failed while it was compared"

    def measured(self, plan: SamplePlan, timed: list[NDArray[np.float32]], graph: bytes) -> EngineMeasured:
        """The verdict."""
        if self.engine is None or self.reason:
            return EngineMeasured(self.name, self.reason)
        if not timed:
            return EngineMeasured(self.name, "no image could be read to compare on")
        parity = self.count.parity(source=plan.source)
        spent = _milliseconds(self.engine, self.count.spec, timed)
        return EngineMeasured(self.name, refusal(self.name, parity), parity, spent, graph)


def _candidates(model: LoadedModel) -> tuple[bytes, list[_Candidate]]:
    """The exported graph, and every engine; those that cannot run it here have a reason."""
    from registry.runtime.engines.export import graph_export

    candidates = [_Candidate(name, parity_count(model.spec)) for name in PRECISIONS]
    try:
        graph = graph_pack(graph_export(model.engine, size=model.spec.input.network_side))
    except DomainError as error:
        for candidate in candidates:
            candidate.reason = error.message
        return b"", candidates
    for candidate in candidates:
        _engine_give(candidate, graph)
    return graph, candidates


def _engine_give(candidate: _Candidate, graph: bytes) -> None:
    from registry.runtime.engines.openvino import OpenVinoEngine, has_bfloat16

    precision = PRECISIONS[candidate.name]
    if precision == "bf16" and not has_bfloat16():
        candidate.reason = "this processor has no bfloat16"
        return
    try:
        candidate.engine = OpenVinoEngine(graph_unpack(graph), precision=precision)
    except DomainError as error:
        candidate.reason = error.message


def _milliseconds(engine: Engine, spec: ModelSpec, films: list[NDArray[np.float32]]) -> float | None:
    """The fastest of a few rounds over a batch, a film with all of its windows; other work only ever adds."""
    if not films:
        return None
    batch = np.concatenate(films)
    taken = []
    for _ in range(TIMED_ROUNDS):
        started = time.perf_counter()
        _outputs(engine, spec, batch)
        taken.append(time.perf_counter() - started)
    return 1000.0 * min(taken) / len(films)


@transaction.atomic
def _builds_write(
    version: ModelVersion, measured: list[EngineMeasured], plan: SamplePlan, actor: User | None
) -> list[EngineBuild]:
    ModelVersion.objects.select_for_update().get(pk=version.pk)  # No sweep takes the graph before its rows are there.
    graph = next((entry.graph for entry in measured if entry.graph), b"")
    digest = hashlib.sha256(graph).hexdigest() if graph else ""
    name = graph_name(version.sha256, digest) if graph else ""
    if graph:
        _put(name, graph)
    builds = [
        EngineBuild.objects.create(
            model_version=version,
            engine=entry.engine,
            artefact=name if entry.graph else "",
            sha256=digest if entry.graph else "",
            library_version=library_version(library_of(entry.engine)),
            machine_fingerprint=machine_fingerprint(),
            parity={**(entry.parity.to_json() if entry.parity else {}), "n_wanted": plan.count, "source": plan.source},
            accepted=not entry.reason,
            reason=entry.reason[:300],
            milliseconds_per_image=entry.milliseconds_per_image,
        )
        for entry in measured
    ]
    _audit(version, builds, actor)
    return builds


def _audit(version: ModelVersion, builds: list[EngineBuild], actor: User | None) -> None:
    said: Mapping[str, str] = {build.engine: build.reason or "may serve" for build in builds}
    told = [actor.organisation_id] if actor else Organisation.objects.values_list("id", flat=True)
    for organisation_id in told:
        record_effect(
            Action.ENGINE_MEASURED,
            organisation_id=organisation_id,
            actor=actor,
            object_type="model_version",
            object_id=version.id,
            model={"name": version.name, "version": version.version, "sha256": version.sha256},
            detail={"machine": machine_fingerprint(), "engines": dict(said)},
        )


def _shelve(version: ModelVersion) -> None:
    """For commands without a database: what serves the version here, or that nothing but torch does."""
    build = serving_build(version)
    name = record_name(version.sha256)
    if build is None or build.engine == EngineKind.TORCH:
        storages["artefacts"].delete(name)
        return
    record = ShelfRecord(
        engine=build.engine,
        graph=build.artefact,
        graph_sha256=build.sha256,
        library_version=build.library_version,
        machine=build.machine_fingerprint,
    )
    _put(name, record_bytes(record))


def _put(name: str, data: bytes) -> None:
    """Replaces what lies under the name."""
    storage = storages["artefacts"]
    storage.delete(name)
    storage.save(name, ContentFile(data))
