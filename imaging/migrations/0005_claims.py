from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("imaging", "0004_joined_findings"),
    ]

    operations = []
