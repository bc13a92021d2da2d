"""The app of trust: who, what, which keys, what was done."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401  (receivers connect on import)
        from accounts.api import schema  # noqa: F401  (extensions register on import)
        from accounts.audit import feed
        from accounts.crypto.fields import field_keys_install
        from accounts.models import Membership, Organisation, ServiceToken, Site, User
        from accounts.services.keys import scope_key

        field_keys_install(scope_key)
        feed.masked_register(Organisation, Site, Membership)
        feed.masked_register(User, exclude=("password", "last_login"))
        feed.masked_register(ServiceToken, exclude=("digest", "last_used_at"))
