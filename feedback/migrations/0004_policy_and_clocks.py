from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0003_worklist_entries"),
    ]

    operations = []
