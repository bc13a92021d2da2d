from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0005_claims"),
    ]

    operations = [
        migrations.AddField(
            model_name="worklistturn",
            name="current",
            field=models.UUIDField(null=True),
        ),
    ]
