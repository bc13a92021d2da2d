"""A reader's saved views of the worklist: names and filters, no patient data."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.errors import Conflict, NotFound
from accounts.models import User
from feedback.models import WorklistView

MOST_VIEWS = 50


class TooManyViews(Conflict):
    code = "too_many_views"
    message = f"You have {MOST_VIEWS} saved views already."
    remedy = "Delete one that you no longer use."


def views_of(user: User) -> list[WorklistView]:
    return list(WorklistView.objects.filter(user=user).order_by("name"))


@transaction.atomic
def view_save(*, user: User, name: str, filters: dict[str, Any]) -> WorklistView:
    """Save under a name; the same name again means this from now on.

    Raises:
        TooManyViews.
    """
    others = WorklistView.objects.filter(user=user).exclude(name=name)
    if others.count() >= MOST_VIEWS:
        raise TooManyViews
    return WorklistView.objects.update_or_create(user=user, name=name, defaults={"filters": filters})[0]


@transaction.atomic
def view_delete(*, user: User, view_id: UUID) -> None:
    """Raises NotFound when it is not there, or somebody else's."""
    deleted, _ = WorklistView.objects.filter(user=user, id=view_id).delete()
    if not deleted:
        raise NotFound
