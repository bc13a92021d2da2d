"""What examiners say of films that look alike, and which findings support a billed procedure."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_claims_roles"),
        ("feedback", "0004_policy_and_clocks"),
        ("imaging", "0005_claims"),
    ]

    operations = [
        migrations.CreateModel(
            name="FilmVerdict",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "word",
                    models.CharField(
                        choices=[("same_film", "the same film"), ("other_film", "another film")], max_length=10
                    ),
                ),
                ("comment", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verdicts", to="imaging.filmmatch"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["match", "created_at"], name="film_verdict_latest")],
            },
        ),
        migrations.CreateModel(
            name="ProcedureGroup",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=120)),
                ("codes", models.CharField(blank=True, default="", max_length=1000)),
                ("supporting_labels", models.JSONField(default=list)),
                ("contradicting_labels", models.JSONField(default=list)),
                ("source", models.CharField(blank=True, default="", max_length=500)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "name"), name="one_procedure_group_per_name")
                ],
            },
        ),
    ]
