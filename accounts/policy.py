"""What a view asks of whoever calls it, declared on the view, enforced by the middleware and by DeclaredPolicy.

Every view carries a `policy`: a class attribute, or the `@policy(...)` decorator on a function. One that carries none
answers nobody (middleware.py), and fails the permission matrix test.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar

from accounts.roles import PERMISSIONS

Declared = TypeVar("Declared", bound=Any)


class PolicyKind(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ANY_SITE = "any_site"
    ON_SITE = "on_site"


@dataclass(frozen=True)
class Policy:
    """A kind, and the permissions of which one is enough; methods may ask for something else."""

    kind: PolicyKind
    permissions: tuple[str, ...] = ()
    methods: tuple[tuple[str, "Policy"], ...] = ()

    def but(self, **methods: "Policy") -> "Policy":
        """The same, but for some methods: `on_site("view_study").but(DELETE=on_site("delete_study"))`."""
        return replace(self, methods=tuple(methods.items()))

    def for_method(self, method: str | None) -> "Policy":
        """What a request of this method must satisfy."""
        return dict(self.methods).get((method or "GET").upper(), self)

    @property
    def permission(self) -> str | None:
        """The permission, where there is exactly one."""
        return self.permissions[0] if len(self.permissions) == 1 else None


PUBLIC = Policy(PolicyKind.PUBLIC)
SIGNED_IN = Policy(PolicyKind.SIGNED_IN)


def any_site(*permissions: str) -> Policy:
    """Whoever holds one of the permissions at one site at least; checked before the view runs."""
    return Policy(PolicyKind.ANY_SITE, _known(permissions))


def on_site(*permissions: str) -> Policy:
    """A route to one object: signed in here; access.py decides on the object (hidden: 404, lacking: 403)."""
    return Policy(PolicyKind.ON_SITE, _known(permissions))


def policy(declared: Policy) -> Callable[[Declared], Declared]:
    """Declare the policy of a function or a class."""

    def declare(view: Declared) -> Declared:
        view.policy = declared
        return view

    return declare


def policy_of(callback: Any) -> Policy | None:
    """The policy of a resolved view, wherever its framework hides the class; None when it declares none."""
    for holder in (callback, *(getattr(callback, name, None) for name in _HOLDERS)):
        found = getattr(holder, "policy", None)
        if isinstance(found, Policy):
            return found
    return None


_HOLDERS = ("view_class", "cls", "model_admin", "admin_site")


def _known(permissions: tuple[str, ...]) -> tuple[str, ...]:
    if not permissions or not set(permissions) <= set(PERMISSIONS):
        raise ValueError(f"no such permission: {permissions}")
    return permissions
