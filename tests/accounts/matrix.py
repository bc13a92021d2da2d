"""The permission matrix, generated: every route of the resolver x method x role x where the role is held."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import RoutePattern

from accounts.policy import Policy, PolicyKind, policy_of
from accounts.roles import ROLES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACES = ("own", "elsewhere", "abroad")
OPEN, SENT_TO_SIGN_IN, FORBIDDEN, HIDDEN = "open", "sent to sign in", "forbidden", "hidden"
NOT_A_METHOD = "not a method of this route"

PERSONAL_OBJECTS = ("review_id", "view_id")
"""Objects that answer to the reader who made them, and to nobody else of the same role."""

OBJECTS_OF_USERS = ("user_id", "token_id")
"""Objects that belong to an organisation's administration: visible to nobody who may not manage them."""


@dataclass(frozen=True)
class Route:
    path: str
    name: str
    callback: Any
    parameters: tuple[str, ...]

    @property
    def policy(self) -> Policy | None:
        return policy_of(self.callback)

    @property
    def administration(self) -> bool:
        return self.path.startswith("admin/")

    @property
    def is_pattern(self) -> bool:
        """A regular expression: the admin site's catch-all and app list, asked for by their plain neighbours."""
        return "(?P" in self.path

    def methods(self) -> tuple[str, ...]:
        """What the view answers; GET and POST for function views, which do not say."""
        view = getattr(self.callback, "view_class", None) or getattr(self.callback, "cls", None)
        allowed = getattr(self.callback, "allowed_methods", None)
        if view is None:
            return tuple(allowed) if allowed else ("GET", "POST")
        return tuple(method for method in METHODS if hasattr(view, method.lower()))


@dataclass(frozen=True)
class Actor:
    """A role and where it is held; role None is nobody."""

    role: str | None
    place: str = "own"

    def holds(self, permissions: tuple[str, ...]) -> bool:
        return self.role is not None and bool(ROLES[self.role] & set(permissions))


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, ""))


def actors() -> list[Actor]:
    return [Actor(None), *(Actor(role, place) for role in ROLES for place in PLACES)]


def expected(policy: Policy, actor: Actor, *, names_object: bool, of_users: bool) -> str:
    """What the policy table alone says must happen."""
    if policy.kind is PolicyKind.PUBLIC:
        return OPEN
    if actor.role is None:
        return SENT_TO_SIGN_IN
    if policy.kind is PolicyKind.SIGNED_IN:
        return OPEN
    if policy.kind is PolicyKind.ANY_SITE:
        return OPEN if actor.holds(policy.permissions) else FORBIDDEN
    assert names_object, "an on_site policy is about an object"
    if actor.place == "own" and actor.holds(policy.permissions):
        return OPEN
    visible = actor.place == "own" and not of_users and actor.holds(("view_study",))
    return FORBIDDEN if visible else HIDDEN


def observed(status: int, location: str) -> str:
    if status == 401 or (status == 302 and "/sign-in/?next=" in location):
        return SENT_TO_SIGN_IN
    return {403: FORBIDDEN, 404: HIDDEN, 405: NOT_A_METHOD}.get(status, OPEN)


def _walk(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(path, entry.name or path, inspect.unwrap(entry.callback, stop=_declares), _parameters(path))
        else:
            yield from _walk(entry.url_patterns, path)


def _declares(callback: Any) -> bool:
    return policy_of(callback) is not None or not hasattr(callback, "__wrapped__")


def _parameters(path: str) -> tuple[str, ...]:
    return tuple(RoutePattern(path).converters) if "(?P" not in path else ()
