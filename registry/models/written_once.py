"""Rows of evidence: added, never changed, never removed. A newer row says something newer."""

from typing import Any, NoReturn

from django.db import models

from accounts.base import TimestampedModel


class WrittenOnceQuerySet(models.QuerySet):
    """Without the ways to change many rows at once."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("evidence about models is never changed")

    def delete(self) -> NoReturn:
        raise TypeError("evidence about models is never deleted")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("evidence about models is never changed")


class WrittenOnce(TimestampedModel):
    """Can be added, and that is all."""

    objects = WrittenOnceQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("evidence about models is never changed")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("evidence about models is never deleted")
