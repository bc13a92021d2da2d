import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0003_worklist_entries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BlindRead",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "impression",
                    models.CharField(choices=[("normal", "normal"), ("abnormal", "abnormal")], max_length=8),
                ),
                ("findings", models.JSONField(default=list)),
                ("study_version", models.PositiveIntegerField(default=0)),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="blind_reads",
                        to="imaging.study",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("study", "reader"), name="one_blind_read_per_reader")],
            },
        ),
        migrations.CreateModel(
            name="ReadingPolicy",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "blind_first",
                    models.BooleanField(
                        default=False, help_text="Readers commit their own read before they see what the models say."
                    ),
                ),
                (
                    "second_read_share",
                    models.FloatField(
                        default=0.0,
                        help_text="From 0 to 1: the share of studies that a second reader reads, blind to the first.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                    ),
                ),
                (
                    "wait_limit_seconds",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long a study may wait before it goes ahead of those that are not urgent. Empty: the default.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(60)],
                    ),
                ),
                (
                    "guard_every",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="While urgent studies keep coming, every so many is the longest waiting past the limit. Empty: the default.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(2)],
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "site",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reading_policy", to="accounts.site"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "reading policies",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("second_read_share__gte", 0.0), ("second_read_share__lte", 1.0)),
                        name="share_from_0_to_1",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReadingTime",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("case_type", models.CharField(blank=True, default="", max_length=32)),
                ("triage_class", models.CharField(blank=True, default="", max_length=8)),
                ("seconds_with_ai", models.FloatField(default=0.0)),
                ("seconds_without_ai", models.FloatField(default=0.0)),
                ("last_pulse_at", models.DateTimeField(null=True)),
                (
                    "arm",
                    models.CharField(
                        blank=True,
                        choices=[("with_ai", "with AI shown"), ("without_ai", "without AI shown")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("decision_seconds", models.FloatField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "reader",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reading_times",
                        to="imaging.study",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["site", "decided_at"], name="reading_decided")],
                "constraints": [
                    models.UniqueConstraint(fields=("study", "reader"), name="one_reading_time_per_reader")
                ],
            },
        ),
        migrations.CreateModel(
            name="SecondReadRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "reason",
                    models.CharField(choices=[("requested", "requested"), ("sampled", "sampled")], max_length=9),
                ),
                ("comment", accounts.crypto.fields.EncryptedTextField(blank=True, default="")),
                ("fulfilled_at", models.DateTimeField(null=True)),
                (
                    "fulfilled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "study",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="second_read_requests",
                        to="imaging.study",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["study", "reason"], name="second_read_of_study")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("fulfilled_at__isnull", True)),
                        fields=("study",),
                        name="one_open_second_read",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StudyClocks",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("case_type", models.CharField(blank=True, default="", max_length=32)),
                ("triage_class", models.CharField(blank=True, default="", max_length=8)),
                ("received_at", models.DateTimeField()),
                ("analysed_at", models.DateTimeField(null=True)),
                ("first_opened_at", models.DateTimeField(null=True)),
                ("first_decision_at", models.DateTimeField(null=True)),
                ("signed_at", models.DateTimeField(null=True)),
                ("exported_at", models.DateTimeField(null=True)),
                ("reading_seconds", models.FloatField(default=0.0)),
                (
                    "signed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="clocks", to="imaging.study"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "study clocks",
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["site", "signed_at"], name="clocks_signed"),
                    models.Index(fields=["site", "received_at"], name="clocks_received"),
                ],
            },
        ),
    ]
