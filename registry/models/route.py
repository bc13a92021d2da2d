"""Which versions look at a case type: data, not code."""

from django.db import models

from accounts.base import TimestampedModel


class Route(TimestampedModel):
    """A case type, everywhere or at one site, goes to a model version. A site's own routes replace the general ones.

    unmeasured_reason: why somebody routed a version whose explanations nobody has measured; empty where they are.
    from_index: the import of the shipped models set it and nobody has since: it follows the index of the next import.
    """

    case_type = models.CharField(max_length=32)
    site = models.ForeignKey("accounts.Site", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    model_version = models.ForeignKey("registry.ModelVersion", on_delete=models.PROTECT, related_name="routes")
    position = models.PositiveSmallIntegerField(default=0)
    unmeasured_reason = models.CharField(max_length=300, blank=True, default="")
    from_index = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        ordering = ["case_type", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["case_type", "site", "model_version"], nulls_distinct=False, name="one_route_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_type} -> {self.model_version}"
