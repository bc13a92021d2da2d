import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0001_initial"),
        ("imaging", "0004_joined_findings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("findingreview", "diff", models.JSONField(default=list)),
        migrations.AddField("findingreview", "grade", models.CharField(blank=True, default="", max_length=16)),
        migrations.AddField(
            "findingreview",
            "laterality",
            models.CharField(
                blank=True, choices=[("R", "right"), ("L", "left"), ("B", "both sides")], default="", max_length=1
            ),
        ),
        migrations.AddField("findingreview", "reason_code", models.CharField(blank=True, default="", max_length=24)),
        migrations.AddField(
            "findingreview",
            "revises",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="feedback.findingreview",
            ),
        ),
        migrations.AddField(
            "findingreview",
            "taken_from",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="feedback.findingreview"
            ),
        ),
        migrations.AddField("findingreview", "tooth", models.PositiveSmallIntegerField(null=True)),
        migrations.AddField("read", "version", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "findingreview",
            "verdict",
            models.CharField(
                choices=[
                    ("confirmed", "confirmed"),
                    ("corrected", "corrected"),
                    ("rejected", "rejected"),
                    ("added", "added"),
                    ("removed", "removed"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="ReadDraft",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("content", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("refused", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("tag", models.UUIDField(default=uuid.uuid4)),
                ("saved_at", models.DateTimeField()),
                ("refused_at", models.DateTimeField(null=True)),
                ("audited_at", models.DateTimeField()),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="read_drafts", to="imaging.study"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("study", "reader"), name="one_draft_per_reader"),
                ],
            },
        ),
    ]
