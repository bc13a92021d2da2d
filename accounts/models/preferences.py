"""How a user likes to work: no patient data, nothing that changes what anybody may do."""

from django.db import models

from accounts.base import TimestampedModel


class Theme(models.TextChoices):
    DARK = "dark", "dark"
    LIGHT = "light", "light"


class Layout(models.TextChoices):
    PAIR = "pair", "original beside overlay"
    SINGLE = "single", "single, with overlay"
    PRIOR = "prior", "original beside the prior"
    QUAD = "quad", "four"


class ToothNumbering(models.TextChoices):
    FDI = "fdi", "FDI"
    UNIVERSAL = "universal", "Universal"


class UserPreference(TimestampedModel):
    """One row a user, made at the first change; `keys` holds deviations from the defaults only."""

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="preference")
    keys = models.JSONField(default=dict)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.DARK)
    layout = models.CharField(max_length=8, choices=Layout.choices, default=Layout.PAIR)
    tooth_numbering = models.CharField(max_length=12, choices=ToothNumbering.choices, default=ToothNumbering.FDI)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"
