"""The command: what it prints, saves, records, and how it ends when it cannot measure."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from feedback.evaluation import run
from feedback.evaluation.errors import NothingRouted, VersionNotFound
from feedback.evaluation.versions import ChosenVersions, registered_versions, shipped_versions
from registry.models import Evaluation, ModelVersion
from tests.feedback.evaluation.making import AUC, disc_model, write_known_set


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("command") / "known"
    write_known_set(path, copies=2)
    return path


@pytest.fixture(autouse=True)
def disc_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = ChosenVersions(models=(disc_model(),), guard=None)
    for name in ("shipped_versions", "registered_versions"):
        monkeypatch.setattr(run, name, lambda case_type, *, name, against: chosen)


def evaluate(folder: Path, out: Path, *more: str) -> str:
    stdout = StringIO()
    arguments = ["--case-type", "chest", "--dataset", str(folder), "--out", str(out), "--resamples", "20", *more]
    call_command("evaluate", *arguments, stdout=stdout)
    return stdout.getvalue()


def test_json_lines_are_the_documents_and_the_report_is_saved(folder: Path, tmp_path: Path) -> None:
    document = json.loads(evaluate(folder, tmp_path, "--starters", "--json"))
    assert document["schema"] == 1 and document["summary"]["mass_auc"]["value"] == pytest.approx(AUC, abs=1e-6)
    (report,), (saved,) = list(tmp_path.glob("*.html")), list(tmp_path.glob("*.json"))
    assert report.read_text().startswith("<!doctype html>") and json.loads(saved.read_text()) == document


def test_the_table_shows_the_baselines_beside_the_figures(folder: Path, tmp_path: Path) -> None:
    table = evaluate(folder, tmp_path, "--starters", "--version", "disc-classifier")
    line = next(line for line in table.splitlines() if line.strip().startswith("urgent_normal_auc "))
    assert "0.889" in line and "mean grey" in line and "thumbnail" in line
    assert "explainability gate" in table and "best fixed point" in table


def test_the_document_is_recorded_for_a_registered_version(folder: Path, tmp_path: Path, organisation: Any) -> None:
    version = ModelVersion.objects.create(
        name="disc-classifier",
        version="1.0.0",
        task="classifier",
        architecture="resnet18",
        sha256="f" * 64,
        artefact="x",
        size_bytes=1,
    )
    evaluate(folder, tmp_path)
    row = Evaluation.objects.get()
    assert row.model_version == version and row.summary["mass_auc"]["value"] == pytest.approx(AUC, abs=1e-6)


def test_a_folder_that_cannot_be_used_ends_with_its_code(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as missing:
        evaluate(tmp_path / "nothing", tmp_path, "--starters")
    assert missing.value.returncode == 3 and str(missing.value).startswith("dataset_missing: ")
    with pytest.raises(CommandError) as split:
        evaluate(folder, tmp_path, "--starters", "--split", "val")
    assert str(split.value).startswith("dataset_split_unknown: ")
    assert not list(tmp_path.glob("*.html"))


def test_a_report_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="Cannot write the report"):
        evaluate(folder, tmp_path / "file", "--starters")


def test_a_card_is_for_shipped_versions_only(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(folder, tmp_path, "--starters", "--card")
    assert "No card for disc-classifier-1.0.0" in capsys.readouterr().err


def test_versions_that_are_not_there_are_named_as_such(db: None) -> None:
    for choose in (shipped_versions, registered_versions):
        with pytest.raises(NothingRouted):
            choose("mr", name=None)
        with pytest.raises(VersionNotFound):
            choose("chest", name="no-such-model")
