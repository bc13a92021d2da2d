from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0002_structured_corrections"),
        ("imaging", "0005_claims"),
    ]

    operations = []
