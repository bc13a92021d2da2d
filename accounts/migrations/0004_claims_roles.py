"""Permissions and roles of the claims lane."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_user_preferences"),
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
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("reader", "reader"),
                    ("lead_reader", "lead reader"),
                    ("technologist", "technologist"),
                    ("model_manager", "model manager"),
                    ("compliance_officer", "compliance officer"),
                    ("site_admin", "site admin"),
                    ("key_custodian", "key custodian"),
                    ("claims_assistant", "claims assistant"),
                    ("claims_examiner", "claims examiner"),
                    ("service", "service"),
                ],
                max_length=32,
            ),
        ),
    ]
