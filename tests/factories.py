"""Rows that are valid by default: plain functions, no data of anybody."""

import itertools
from typing import Any

from accounts.models import Organisation, Site, User
from accounts.services.roles import role_grant
from accounts.services.sites import organisation_create, site_create
from accounts.services.users import user_create
from imaging.models import Instance
from imaging.services.intake import IntakeOutcome, study_receive_bytes
from tests.films import make_dicom

PASSWORD = "correct horse battery staple 7"
_numbers = itertools.count(1)


def make_organisation(code: str | None = None) -> Organisation:
    """An organisation with its keys."""
    code = code or f"org-{next(_numbers)}"
    return organisation_create(name=f"Organisation {code}", code=code)


def make_site(organisation: Organisation, code: str | None = None) -> Site:
    code = code or f"site-{next(_numbers)}"
    return site_create(organisation=organisation, name=f"Site {code}", code=code)


def make_user(role: str, *sites: Site, username: str | None = None) -> User:
    """A user who holds a role at the sites; people have PASSWORD, service accounts have none."""
    organisation = sites[0].organisation
    service = role == "service"
    user = user_create(
        organisation=organisation,
        username=username or f"{role}-{next(_numbers)}",
        password=None if service else PASSWORD,
        kind=User.Kind.SERVICE if service else User.Kind.PERSON,
    )
    for site in sites:
        role_grant(user=user, site=site, role=role)
    return user


def make_study(site: Site, actor: User, *, data: bytes | None = None, **intake: Any) -> IntakeOutcome:
    """A received study; its runs wait for a worker."""
    given = {"file_name": "phantom.dcm", **intake}
    return study_receive_bytes(site=site, actor=actor, data=data or make_dicom(seed=next(_numbers)), **given)


def make_instance(site: Site, actor: User, **intake: Any) -> Instance:
    return make_study(site, actor, **intake).instance
