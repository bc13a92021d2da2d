from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0008_clocks_fill"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="worklistentry",
            index=models.Index(
                condition=models.Q(("second_grade__isnull", False)),
                fields=["site", "case_type", "second_grade", "received_at", "id"],
                name="entry_second_case_type",
            ),
        ),
    ]
