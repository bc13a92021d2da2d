"""Who may act on models."""

from accounts.access import has_permission_somewhere
from accounts.errors import InvalidInput
from accounts.models import User


def model_manager_named(username: str) -> User:
    """The user of that name, for commands that act in somebody's name.

    Raises:
        InvalidInput: there is nobody of that name who may register models.
    """
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None or not has_permission_somewhere(user, "manage_models"):
        raise InvalidInput("There is nobody of that name who may register models.")
    return user
