"""Under which claim a film was last looked for."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imaging", "0005_claims"),
    ]

    operations = [
        migrations.AddField(
            model_name="filmfingerprint",
            name="searched_claim",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="imaging.insuranceclaim",
            ),
        ),
    ]
