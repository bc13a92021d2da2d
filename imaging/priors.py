"""Earlier studies of the same patient, for whoever reads the one that is open."""

from dataclasses import dataclass

from accounts.models import User
from imaging.models import Instance, Study
from imaging.selectors import studies_visible_to

MOST_PRIORS = 20


@dataclass(frozen=True, slots=True)
class Prior:
    """A study that is not younger, with its images in the order of its page."""

    study: Study
    instances: tuple[Instance, ...]


def priors_of(study: Study, *, user: User) -> list[Prior]:
    """The patient's other studies that the user may see and that are not younger, newest first, at most 20.

    The studies' own dates decide; where one lacks it, or both fall on one day, the arrival here does.
    """
    others = studies_visible_to(user).filter(patient_id=study.patient_id).exclude(pk=study.pk).select_related("site")
    older = sorted((other for other in others if not _is_younger(other, study)), key=_age, reverse=True)[:MOST_PRIORS]
    images: dict[object, list[Instance]] = {other.id: [] for other in older}
    found = Instance.objects.filter(series__study__in=older).select_related("series")
    for instance in found.order_by("series__number", "number", "created_at"):
        images[instance.series.study_id].append(instance)
    return [Prior(other, tuple(images[other.id])) for other in older]


def _is_younger(one: Study, other: Study) -> bool:
    if one.study_date and other.study_date and one.study_date != other.study_date:
        return one.study_date > other.study_date
    return one.created_at > other.created_at


def _age(study: Study) -> tuple[str, object]:
    return study.study_date or study.created_at.strftime("%Y%m%d"), study.created_at
