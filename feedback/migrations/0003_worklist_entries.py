import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.crypto.fields


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0002_structured_corrections"),
        ("imaging", "0005_claims"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="WorklistTurn",
            fields=[
                (
                    "reader",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("since_overdue", models.PositiveIntegerField(default=0)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorklistEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("patient_ref", models.UUIDField()),
                (
                    "grade",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "urgent"),
                            (1, "flagged"),
                            (2, "unjudged"),
                            (3, "in order"),
                            (4, "administrative"),
                            (5, "read"),
                        ]
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("case_type", models.CharField(blank=True, default="", max_length=32)),
                ("analysis_state", models.CharField(max_length=16)),
                ("analysis_reason", models.CharField(blank=True, default="", max_length=300)),
                ("triage_class", models.CharField(blank=True, default="", max_length=8)),
                ("triage_reason", models.CharField(blank=True, default="", max_length=500)),
                ("version", models.PositiveIntegerField(default=0)),
                ("synthetic", models.BooleanField(default=False)),
                ("said", models.JSONField(default=list)),
                ("reads", models.JSONField(default=list)),
                ("first_signed_at", models.DateTimeField(null=True)),
                ("last_signed_at", models.DateTimeField(null=True)),
                ("first_wait_seconds", models.PositiveIntegerField(null=True)),
                ("disagrees", models.BooleanField(default=False)),
                ("disagreement", models.JSONField(default=list)),
                (
                    "second_grade",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "urgent"),
                            (1, "flagged"),
                            (2, "unjudged"),
                            (3, "in order"),
                            (4, "administrative"),
                            (5, "read"),
                        ],
                        null=True,
                    ),
                ),
                ("second_reason", models.CharField(blank=True, default="", max_length=16)),
                ("second_asked_by", models.UUIDField(null=True)),
                ("accession_index", accounts.crypto.fields.BlindIndexField()),
                ("leased_until", models.DateTimeField(null=True)),
                (
                    "claim",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="imaging.insuranceclaim",
                    ),
                ),
                (
                    "lease_holder",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="worklist_entry", to="imaging.study"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "worklist entries",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorklistFacet",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("version", "model version"), ("reader", "reader"), ("draft", "draft")], max_length=8
                    ),
                ),
                ("value", models.UUIDField()),
                (
                    "grade",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "urgent"),
                            (1, "flagged"),
                            (2, "unjudged"),
                            (3, "in order"),
                            (4, "administrative"),
                            (5, "read"),
                        ]
                    ),
                ),
                ("received_at", models.DateTimeField()),
                (
                    "entry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="facets",
                        to="feedback.worklistentry",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.site",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WorklistView",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("name", models.CharField(max_length=60)),
                ("filters", models.JSONField(default=dict)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="worklist_views",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(fields=["site", "grade", "received_at", "id"], name="entry_order"),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(fields=["site", "case_type", "grade", "received_at", "id"], name="entry_case_type"),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(fields=["site", "analysis_state", "grade", "received_at", "id"], name="entry_state"),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(fields=["site", "triage_class", "grade", "received_at", "id"], name="entry_triage"),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("second_grade__isnull", False)),
                fields=["site", "second_grade", "received_at", "id"],
                name="entry_second",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("disagrees", True)), fields=["site", "received_at", "id"], name="entry_disagree"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("disagrees", True)),
                fields=["site", "case_type", "received_at", "id"],
                name="entry_disagree_case_type",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("claim__isnull", False)),
                fields=["site", "grade", "received_at", "id"],
                name="entry_claim",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("claim__isnull", False)),
                fields=["site", "case_type", "grade", "received_at", "id"],
                name="entry_claim_case_type",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("last_signed_at__isnull", False)),
                fields=["site", "last_signed_at", "id"],
                name="entry_signed",
            ),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(condition=models.Q(("claim__isnull", False)), fields=["claim"], name="entry_of_claim"),
        ),
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("lease_holder__isnull", False)), fields=["lease_holder"], name="entry_lease"
            ),
        ),
        migrations.AddIndex(
            model_name="worklistfacet",
            index=models.Index(fields=["site", "kind", "value", "grade", "received_at", "entry"], name="facet_order"),
        ),
        migrations.AddConstraint(
            model_name="worklistfacet",
            constraint=models.UniqueConstraint(fields=("entry", "kind", "value"), name="one_facet_per_value"),
        ),
        migrations.AddConstraint(
            model_name="worklistview",
            constraint=models.UniqueConstraint(fields=("user", "name"), name="one_worklist_view_per_name"),
        ),
    ]
