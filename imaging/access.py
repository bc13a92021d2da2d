"""From an id to a study, an instance or a finding, for a user: the only way an interface gets one."""

from uuid import UUID

from accounts.access import object_access
from accounts.models import User
from imaging.models import FilmMatch, Finding, Instance, InsuranceClaim, Study


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


def claim_access(*, user: User, claim_id: UUID | str, permission: str = "view_claims") -> InsuranceClaim:
    """The insurance claim, with its site and who decided it. Raises NotFound, NotPermitted."""
    return object_access(
        user=user,
        queryset=InsuranceClaim.objects.select_related("site__organisation", "decided_by"),
        object_id=claim_id,
        permission=permission,
        site_id_of=lambda claim: claim.site_id,
    )


def film_match_access(*, user: User, match_id: UUID | str, permission: str) -> FilmMatch:
    """Two films that look alike, for whoever may see both claims. Raises NotFound, NotPermitted."""
    found = object_access(
        user=user,
        queryset=FilmMatch.objects.select_related("claim", "other_claim"),
        object_id=match_id,
        permission=permission,
        site_id_of=lambda match: match.claim.site_id,
    )
    claim_access(user=user, claim_id=found.other_claim_id)
    return found
