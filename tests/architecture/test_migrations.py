"""Nothing missing, nothing auto-named."""

import re

import pytest
from django.core.management import call_command

from tests.paths import REPOSITORY

MIGRATIONS = sorted(path for path in REPOSITORY.glob("*/migrations/[0-9]*.py"))


@pytest.mark.django_db
def test_every_model_change_has_a_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_migration_is_named_by_a_person() -> None:
    assert MIGRATIONS
    assert [path.name for path in MIGRATIONS if re.search(r"_auto_|_and_more|_alter_", path.name)] == []
