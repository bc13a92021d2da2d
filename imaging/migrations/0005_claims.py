"""Insurance claims, the studies under them, and what lets a film be known again."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_claims_roles"),
        ("imaging", "0004_joined_findings"),
    ]

    operations = [
        migrations.CreateModel(
            name="FilmFingerprint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("pixel_index", accounts.crypto.fields.BlindIndexField()),
                ("bits", models.BinaryField(null=True)),
                ("thumbnail", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("band_0", models.BigIntegerField(db_index=True, null=True)),
                ("band_1", models.BigIntegerField(db_index=True, null=True)),
                ("band_2", models.BigIntegerField(db_index=True, null=True)),
                ("band_3", models.BigIntegerField(db_index=True, null=True)),
                ("band_4", models.BigIntegerField(db_index=True, null=True)),
                ("band_5", models.BigIntegerField(db_index=True, null=True)),
                ("band_6", models.BigIntegerField(db_index=True, null=True)),
                ("band_7", models.BigIntegerField(db_index=True, null=True)),
                ("band_8", models.BigIntegerField(db_index=True, null=True)),
                ("band_9", models.BigIntegerField(db_index=True, null=True)),
                ("band_10", models.BigIntegerField(db_index=True, null=True)),
                ("band_11", models.BigIntegerField(db_index=True, null=True)),
                (
                    "instance",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fingerprint", to="imaging.instance"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="InsuranceClaim",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("claim_number", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("claim_number_index", accounts.crypto.fields.BlindIndexField()),
                ("procedures", accounts.crypto.fields.EncryptedTextField(blank=True, default="[]")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "open"), ("decided", "decided"), ("exported", "exported")],
                        default="open",
                        max_length=8,
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("accept", "accept"), ("query", "query"), ("deny", "deny")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("decision_reason", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(null=True)),
                ("exported_at", models.DateTimeField(null=True)),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
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
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="insurance_claims", to="accounts.site"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="FilmMatch",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same_file", "the same file"),
                            ("same_pixels", "the same pixels"),
                            ("alike", "looks alike"),
                            ("mirrored", "looks alike, mirrored"),
                        ],
                        max_length=12,
                    ),
                ),
                ("distance", models.PositiveSmallIntegerField(default=0)),
                (
                    "instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="imaging.instance"
                    ),
                ),
                (
                    "other_instance",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="imaging.instance"
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="matches", to="imaging.insuranceclaim"
                    ),
                ),
                (
                    "other_claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="matched_by",
                        to="imaging.insuranceclaim",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="study",
            name="insurance_claim",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="studies",
                to="imaging.insuranceclaim",
            ),
        ),
        migrations.AddIndex(
            model_name="insuranceclaim",
            index=models.Index(fields=["site", "state", "created_at", "id"], name="claim_lane"),
        ),
        migrations.AddIndex(
            model_name="insuranceclaim",
            index=models.Index(fields=["site", "created_at", "id"], name="claim_arrival"),
        ),
        migrations.AddConstraint(
            model_name="insuranceclaim",
            constraint=models.UniqueConstraint(
                condition=models.Q(("claim_number_index__isnull", False)),
                fields=("site", "claim_number_index"),
                name="one_claim_per_number",
            ),
        ),
        migrations.AddConstraint(
            model_name="filmmatch",
            constraint=models.UniqueConstraint(
                fields=("claim", "other_claim", "instance", "other_instance"), name="one_match_per_pair_of_films"
            ),
        ),
    ]
