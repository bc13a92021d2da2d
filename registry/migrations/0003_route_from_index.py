from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0002_evaluations_and_engine_builds"),
    ]

    operations = [
        migrations.AddField(
            model_name="route",
            name="from_index",
            field=models.BooleanField(default=False),
        ),
    ]
