"""How a user likes to work, read and changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from accounts.audit.actions import Action
from accounts.audit.record import record_effect
from accounts.key_bindings import keys_checked, keys_of
from accounts.models import User, UserPreference


@dataclass(frozen=True, slots=True)
class Preferences:
    """What holds for a user: every act with its key, and the looks."""

    keys: Mapping[str, str]
    theme: str
    layout: str
    tooth_numbering: str


def preferences_of(user: User) -> Preferences:
    """The user's own where they chose, the defaults elsewhere."""
    row = UserPreference.objects.filter(user=user).first() or UserPreference(user=user)
    return _of(row)


@transaction.atomic
def preferences_change(
    *,
    user: User,
    keys: Mapping[str, str] | None = None,
    theme: str | None = None,
    layout: str | None = None,
    tooth_numbering: str | None = None,
) -> Preferences:
    """Change what is given, leave the rest; `keys` replaces all chosen keys. Audited when anything changed.

    Raises:
        KeysInvalid: two acts on one key, a key of the browser's, an unknown act.
    """
    UserPreference.objects.get_or_create(user=user)
    row = UserPreference.objects.select_for_update().get(user=user)
    wanted = {"theme": theme, "layout": layout, "tooth_numbering": tooth_numbering}
    wanted["keys"] = None if keys is None else keys_checked(keys)
    changed = {name: value for name, value in wanted.items() if value is not None and value != getattr(row, name)}
    if changed:
        for name, value in changed.items():
            setattr(row, name, value)
        row.save(update_fields=[*changed, "changed_at"])
        _record(row, user, changed)
    return _of(row)


def _of(row: UserPreference) -> Preferences:
    return Preferences(keys_of(row.keys), str(row.theme), str(row.layout), str(row.tooth_numbering))


def _record(row: UserPreference, user: User, changed: Mapping[str, object]) -> None:
    record_effect(
        Action.PREFERENCES_CHANGED,
        organisation_id=user.organisation_id,
        actor=user,
        object_type="preferences",
        object_id=row.id,
        detail=dict(changed),
    )
