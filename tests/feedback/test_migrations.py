"""Reads from before structured corrections stay what they were."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

BEFORE, AFTER = [("feedback", "0001_initial")], [("feedback", "0002_structured_corrections")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_reviews_from_before_structured_corrections_stand_unchanged(bare_study: Any, user_of: Any) -> None:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    executor.migrate(BEFORE)
    ids = {"read": uuid.uuid4().hex, "review": uuid.uuid4().hex}
    instance = bare_study.series.get().instances.get()
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO feedback_read (id, created_at, state, study_version, second_read, reader_id, study_id)"
            " VALUES (%s, %s, 'draft', 0, %s, %s, %s)",
            [ids["read"], now, False, user_of("reader").id.hex, bare_study.id.hex],
        )
        cursor.execute(
            "INSERT INTO feedback_findingreview"
            " (id, created_at, frame_index, verdict, label, comment, instance_id, read_id)"
            " VALUES (%s, %s, 0, 'added', 'nodule', %s, %s, %s)",
            [ids["review"], now, b"", instance.id.hex, ids["read"]],
        )
    try:
        executor = MigrationExecutor(connection)
        old = executor.migrate(AFTER).apps.get_model("feedback", "FindingReview")
        row = old.objects.values("label", "verdict", "tooth", "grade", "laterality", "diff", "read__version").get()
        assert row == {
            "label": "nodule",
            "verdict": "added",
            "tooth": None,
            "grade": "",
            "laterality": "",
            "diff": [],
            "read__version": 0,
        }
    finally:
        MigrationExecutor(connection).migrate(leaves)
