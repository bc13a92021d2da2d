from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0001_initial"),
        ("imaging", "0004_joined_findings"),
    ]

    operations = []
