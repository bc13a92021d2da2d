"""Whoever held these roles before the permissions existed holds the permissions too."""

from typing import Any

from django.db import migrations

GRANTED = {
    "view_reader_times": ("see every reader's turnaround and reading times by name", ("lead_reader", "site_admin")),
    "manage_reading": ("set how a site reads: blind first, second reads, waiting limits", ("site_admin",)),
}


def grant(apps: Any, schema_editor: Any) -> None:
    memberships = apps.get_model("accounts", "Membership").objects
    held = apps.get_model("accounts", "SiteUserObjectPermission").objects
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for codename, (name, roles) in GRANTED.items():
        holders = list(memberships.filter(role__in=roles).values_list("user_id", "site_id").distinct())
        if not holders:
            continue
        content_type, _ = content_types.get_or_create(app_label="accounts", model="site")
        permission, _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
        for user_id, site_id in holders:
            held.get_or_create(permission=permission, user_id=user_id, content_object_id=site_id)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_reading_permissions"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
