"""From an id to a study, an instance or a finding, for a user: the only way an interface gets one."""

from uuid import UUID

from accounts.access import object_access
from accounts.models import User
from imaging.models import Finding, Instance, Study


def study_access(*, user: User, study_id: UUID | str, permission: str = "view_study", lock: bool = False) -> Study:
    """The study, with its site and patient. Raises NotFound, NotPermitted."""
    return object_access(
        user=user,
        queryset=Study.objects.select_related("site", "patient"),
        object_id=study_id,
        permission=permission,
        site_id_of=lambda study: study.site_id,
        lock=lock,
    )


def instance_access(*, user: User, instance_id: UUID | str, permission: str = "view_study") -> Instance:
    """The instance, with its study and stored object. Raises NotFound, NotPermitted."""
    return object_access(
        user=user,
        queryset=Instance.objects.select_related("series__study__patient", "stored_object"),
        object_id=instance_id,
        permission=permission,
        site_id_of=lambda instance: instance.series.study.site_id,
    )


def finding_access(*, user: User, finding_id: UUID | str, permission: str = "view_study") -> Finding:
    """The finding, with its study, instance, model version and heatmap object. Raises NotFound, NotPermitted."""
    return object_access(
        user=user,
        queryset=Finding.objects.select_related("study__patient", "instance", "model_version", "heatmap"),
        object_id=finding_id,
        permission=permission,
        site_id_of=lambda finding: finding.study.site_id,
    )
