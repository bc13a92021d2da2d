"""Permissions to set how a site reads, and to see readers' times by name."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_claims_roles"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="site",
            options={
                "default_permissions": (),
                "permissions": [
                    ("view_study", "see studies, their pixels and their findings"),
                    ("upload_study", "send studies in"),
                    ("review_study", "confirm, correct and sign"),
                    ("run_inference", "run the models again, or with another case type"),
                    ("cancel_inference", "cancel a run"),
                    ("delete_study", "delete a study"),
                    ("view_reader_times", "see every reader's turnaround and reading times by name"),
                    ("manage_reading", "set how a site reads: blind first, second reads, waiting limits"),
                    ("view_claims", "see insurance claims, their number masked"),
                    ("decide_claims", "see claim numbers, decide claims, take decision sheets out"),
                    ("view_models", "see model versions and routes"),
                    ("manage_models", "register model versions, change routes"),
                    ("view_audit", "read the audit trail"),
                    ("manage_users", "create and deactivate users, grant and revoke roles"),
                    ("manage_keys", "see and rotate keys"),
                ],
            },
        ),
    ]
