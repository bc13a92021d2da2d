"""Django columns whose values are ciphertext in the database, in memory and in every dump of a model instance.

A thin adapter: the bytes are made in `columns.py`, the keys come from whoever called `field_keys_install` (the app's
`ready`), so this module knows neither tables of keys nor settings.
"""

from typing import Any, Protocol

from django.core import checks
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import IsNull
from django.db.models.query_utils import DeferredAttribute

from accounts.crypto.columns import ColumnPlace, ScopeKey, decrypt_column, encrypt_column, key_version_of
from accounts.crypto.errors import KeyDestroyed
from accounts.crypto.scope import EncryptionScope

MASK = "(encrypted)"
ERASED = "(erased)"


class FieldKeys(Protocol):
    """Gives the key of a scope; version None means the one new values are written under."""

    def __call__(self, scope: EncryptionScope, version: int | None = None) -> ScopeKey: ...


_installed: list[FieldKeys] = []


def field_keys_install(keys: FieldKeys) -> None:
    """Say where keys come from; called once, when the app is ready."""
    _installed[:] = [keys]


class EncryptedValue:
    """Stored bytes of a column; repr and str are masked, equality is that of the bytes."""

    __slots__ = ("stored",)

    def __init__(self, stored: bytes) -> None:
        self.stored = stored

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EncryptedValue) and other.stored == self.stored

    def __hash__(self) -> int:
        return hash(self.stored)


class _DecryptedOnAccess(DeferredAttribute):
    """Decrypts at every access and keeps only ciphertext in the instance, so a pickled or printed row shows nothing."""

    field: "EncryptedTextField"

    def __get__(self, instance: models.Model | None, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if instance is None or not isinstance(value, EncryptedValue):
            return value
        try:
            return self.field.decrypt(instance, value)
        except KeyDestroyed:
            return ERASED

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.Field):
    """Text bound to organisation, table, column and row. The model says whose key with `encryption_scope()`."""

    descriptor_class = _DecryptedOnAccess
    empty_strings_allowed = True

    def get_internal_type(self) -> str:
        return "BinaryField"

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        found = super().check(**kwargs)
        if not hasattr(self.model, "encryption_scope"):
            words = f"{self.model.__name__} has no encryption_scope()."
            found.append(checks.Error(words, obj=self, id="accounts.E001"))
        if self.unique or self.db_index:
            words = "Ciphertext cannot be indexed; use BlindIndexField."
            found.append(checks.Error(words, obj=self, id="accounts.E002"))
        return found

    def decrypt(self, instance: Any, value: EncryptedValue) -> str:
        scope: EncryptionScope = instance.encryption_scope()
        key = _installed[0](scope, key_version_of(value.stored))
        return decrypt_column(value.stored, cipher=key.field_cipher(), place=self._place(instance, scope))

    def encrypt(self, instance: Any, text: str) -> EncryptedValue:
        scope: EncryptionScope = instance.encryption_scope()
        key = _installed[0](scope)
        place = self._place(instance, scope)
        return EncryptedValue(encrypt_column(text, cipher=key.field_cipher(), key_version=key.version, place=place))

    def pre_save(self, model_instance: models.Model, add: bool) -> EncryptedValue | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, EncryptedValue):
            return value
        encrypted = self.encrypt(model_instance, str(value))
        model_instance.__dict__[self.attname] = encrypted
        return encrypted

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, EncryptedValue):
            raise FieldError(f"{self.name} is encrypted: set it on an instance and save that.")
        return connection.Database.Binary(value.stored)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> EncryptedValue | None:
        return None if value is None else EncryptedValue(bytes(value))

    def get_default(self) -> Any:
        return "" if not self.has_default() and not self.null else super().get_default()

    def value_to_string(self, obj: models.Model) -> str:
        return MASK

    def value_from_object(self, obj: models.Model) -> Any:
        """What forms, serializers of fixtures and diff feeds see."""
        return MASK

    def formfield(self, **kwargs: Any) -> None:
        return None

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "isnull":
            return IsNull
        raise FieldError(f"{self.name} is encrypted: find rows through a blind index.")

    def get_transform(self, lookup_name: str) -> Any:
        raise FieldError(f"{self.name} is encrypted: find rows through a blind index.")

    def _place(self, instance: models.Model, scope: EncryptionScope) -> ColumnPlace:
        table = self.model._meta.db_table
        return ColumnPlace(organisation_id=scope.organisation_id, table=table, column=self.column, row_id=instance.pk)


class BlindIndexField(models.CharField):
    """Keyed digest of a normalised value (services/keys.py blind_index): exact matches only, null for none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_length=64, null=True, blank=True, editable=False, db_index=True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null", "blank", "editable", "db_index"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs
