"""Organisations, sites and users for tests: valid by default, made through the services that the product uses."""

import itertools
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Organisation, Site, User
from accounts.services.keys import patient_key_create
from accounts.services.roles import role_grant
from accounts.services.sites import organisation_create, site_create
from accounts.services.users import user_create

PASSWORD = "quiet harbour lantern 7"
_numbers = itertools.count(1)


def make_organisation(**fields: Any) -> Organisation:
    number = next(_numbers)
    return organisation_create(**{"name": f"Organisation {number}", "code": f"org-{number}", **fields})


def make_site(organisation: Organisation | None = None, **fields: Any) -> Site:
    number = next(_numbers)
    organisation = organisation or make_organisation()
    return site_create(organisation=organisation, **{"name": f"Site {number}", "code": f"site-{number}", **fields})


def make_user(site: Site | None = None, role: str | None = "reader", **fields: Any) -> User:
    """A user with one role at one site; role None makes one without any."""
    site = site or make_site()
    service = role == "service"
    user = user_create(
        organisation=site.organisation,
        **{
            "username": f"{role or 'nobody'}-{next(_numbers)}",
            "password": None if service else PASSWORD,
            "kind": User.Kind.SERVICE if service else User.Kind.PERSON,
            **fields,
        },
    )
    if role is not None:
        role_grant(user=user, site=site, role=role)
    return user


def make_patient_key(organisation: Organisation) -> UUID:
    """A patient's reference with a key behind it."""
    patient_ref = uuid4()
    patient_key_create(organisation.id, patient_ref)
    return patient_ref
