import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_append_only"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserPreference",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("keys", models.JSONField(default=dict)),
                (
                    "theme",
                    models.CharField(choices=[("dark", "dark"), ("light", "light")], default="dark", max_length=8),
                ),
                (
                    "layout",
                    models.CharField(
                        choices=[
                            ("pair", "original beside overlay"),
                            ("single", "single, with overlay"),
                            ("prior", "original beside the prior"),
                            ("quad", "four"),
                        ],
                        default="pair",
                        max_length=8,
                    ),
                ),
                (
                    "tooth_numbering",
                    models.CharField(
                        choices=[("fdi", "FDI"), ("universal", "Universal")], default="fdi", max_length=12
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preference",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"default_permissions": ()},
        ),
    ]
