"""accounts <- registry <- imaging <- feedback <- diagnostics, one home for each package, and no cycle."""

import pytest

from tests.architecture.layout import application_files, cycles, module_graph, offences
from tests.paths import REPOSITORY

FILES = dict(application_files(REPOSITORY))


def test_every_file_keeps_to_the_layout() -> None:
    assert len(FILES) > 50
    assert [sentence for path, source in FILES.items() for sentence in offences(path, source)] == []


def test_no_module_is_part_of_an_import_cycle() -> None:
    assert cycles(module_graph(FILES)) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("accounts/live.py", "from imaging.models import Study"),
        ("registry/selectors.py", "def f():\n    import feedback.models"),
        ("imaging/services/intake.py", "from importlib import import_module\nimport_module('diagnostics.urls')"),
        ("imaging/services/intake.py", "from cryptography.hazmat.primitives import hashes"),
        ("imaging/pipeline/run.py", "from django.conf import settings"),
        ("imaging/pipeline/run.py", "from imaging.models import Finding"),
        ("imaging/api/studies.py", "Study.objects.all()"),
        ("imaging/worker.py", "import os\nos.environ['X']"),
    ],
)
def test_a_breach_is_found(path: str, source: str) -> None:
    assert len(offences(path, source)) == 1


def test_a_cycle_is_found() -> None:
    files = {"imaging/a.py": "from imaging import b", "imaging/b.py": "import imaging.a", "imaging/__init__.py": ""}
    assert cycles(module_graph(files)) == [["imaging.a", "imaging.b"]]
