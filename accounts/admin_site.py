"""The administration, behind the same policy as everything else."""

from django.contrib import admin


class SecondReaderAdminSite(admin.AdminSite):
    site_header = "Second Reader"
    site_title = "Second Reader administration"
    index_title = "Administration"
