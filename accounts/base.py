"""What every table has."""

import uuid

from django.db import models


class UUIDModel(models.Model):
    """Random primary keys, known before the row is written: encrypted columns are bound to them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class TimestampedModel(UUIDModel):
    """When the row was made."""

    created_at = models.DateTimeField(auto_now_add=True, editable=False)

    class Meta:
        abstract = True
