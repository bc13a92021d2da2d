"""What engines are compared on: the installation's own films, or phantoms before there are any."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from accounts.audit.actions import Action
from accounts.audit.record import record_access
from accounts.errors import DomainError
from accounts.services.objects import object_read
from imaging import sandbox
from imaging.models import Instance
from imaging.phantom import chest_phantom
from imaging.pipeline.decode import as_frame
from imaging.pipeline.parity import FILMS, PHANTOMS
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.tiles import cut, windows
from imaging.pipeline.values import Frame
from registry.models import ModelVersion, Task
from registry.runtime.values import InputSpec

logger = logging.getLogger(__name__)

FEWEST_FILMS, MOST_FILMS = 24, 96
PHANTOM_COUNT = 8


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """Which images a version is to be measured on."""

    source: str
    count: int


def sample_plan(version: ModelVersion) -> SamplePlan:
    """Films once there are enough for a percentile to mean something, the newest; phantoms until then."""
    stored = films_of(version).count()
    if stored < FEWEST_FILMS:
        return SamplePlan(PHANTOMS, PHANTOM_COUNT)
    return SamplePlan(FILMS, MOST_FILMS if stored >= MOST_FILMS else FEWEST_FILMS)


def sample_inputs(version: ModelVersion, spec: InputSpec, plan: SamplePlan) -> Iterator[NDArray[np.float32]]:
    """What the network would see of each image, float32 (n, 3, S, S), n its windows or 1, one image at a time; films
    are decrypted in memory, each after its access was audited, and one that cannot be read is passed over."""
    settings = PreprocessSettings.from_dict(spec.preprocess)
    for frame in _films(version, plan.count) if plan.source == FILMS else _phantoms(plan.count):
        try:
            seen = preprocess(frame, size=spec.size, settings=settings, mean=spec.mean, std=spec.std)
        except DomainError as error:
            logger.warning("an image was left out of a comparison of engines: %s", error.code)
            continue
        yield np.stack([cut(seen.array, window) for window in windows(seen.source, spec.size, spec.tiles)])


def films_of(version: ModelVersion) -> QuerySet[Instance]:
    """Stored instances of the version's case types, newest first; a guard looks at films of every known type."""
    films = Instance.objects.exclude(case_type="").filter(series__study__synthetic=False)
    if version.task != Task.GUARD:
        films = films.filter(case_type__in=version.case_types)
    return films.select_related("stored_object", "series__study").order_by("-created_at")


def _films(version: ModelVersion, count: int) -> Iterator[Frame]:
    for instance in films_of(version)[:count]:
        try:
            yield _film(instance, version)
        except DomainError as error:
            logger.warning("a film was left out of a comparison of engines: %s", error.code)


def _film(instance: Instance, version: ModelVersion) -> Frame:
    study = instance.series.study
    record_access(
        Action.ENGINE_COMPARED_ON,
        organisation_id=study.organisation_id,
        site_id=study.site_id,
        object_type="instance",
        object_id=instance.id,
        patient_ref=study.patient_id,
        study_id=study.id,
        model={"name": version.name, "version": version.version, "sha256": version.sha256},
    )
    return as_frame(sandbox.decode_frame(object_read(instance.stored_object), 0))


def _phantoms(count: int) -> Iterator[Frame]:
    return (Frame(grey=chest_phantom(seed), is_colour=False) for seed in range(count))
