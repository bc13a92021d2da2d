from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    verbose_name = "Second Reader"


class AdminConfig(DjangoAdminConfig):
    """The admin site that asks the same policy as everything else."""

    default_site = "accounts.admin_site.SecondReaderAdminSite"
