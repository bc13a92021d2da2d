"""The command: what it prints, saves, records, and how it ends when it cannot measure."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from feedback.evaluation import run, versions
from feedback.evaluation.errors import ComparisonImpossible, NothingRouted, VersionNotFound
from feedback.evaluation.shipped import ChosenVersions, shipped_versions
from feedback.evaluation.versions import registered_versions
from registry.models import Evaluation, ModelVersion, Route
from tests.feedback.evaluation.making import AUC, disc_model, rival, write_known_set


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


def test_two_detectors_are_printed_head_to_head(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = ChosenVersions(models=(disc_model(task="detector"), rival()), guard=None, front=(disc_model(),))
    asked: list[tuple[Any, Any]] = []
    monkeypatch.setattr(
        run, "shipped_versions", lambda case_type, *, name, against: asked.append((name, against)) or pair
    )
    table = evaluate(folder, tmp_path, "--starters", "--version", "disc-detector", "--against", "disc-rival")
    assert asked == [("disc-detector", "disc-rival")]
    for words in ("map_50", "recall_at_1_fp", "FROC", "disc-detector 1.0.0 against disc-rival 2.0.0", "is better by"):
        assert words in table
    lines = evaluate(folder, tmp_path, "--starters", "--json").splitlines()
    assert [json.loads(line)["sections"]["head_to_head"][0]["n_films"] for line in lines] == [12, 12]


def test_a_rival_without_a_version_to_compare_it_with_is_wrong_usage(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as refused:
        evaluate(folder, tmp_path, "--starters", "--against", "disc-rival")
    assert refused.value.returncode == 2


def a_version(name: str, number: str, *, task: str = "detector", **changes: Any) -> ModelVersion:
    values = {"architecture": "resnet18", "artefact": "x", "size_bytes": 1, "case_types": ["chest"], **changes}
    digest = f"{ModelVersion.objects.count():064d}"
    return ModelVersion.objects.create(name=name, version=number, task=task, sha256=digest, **values)


@pytest.fixture
def loaded_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(row: ModelVersion) -> Any:
        return disc_model(task=row.task, name=row.name, version=row.version)

    monkeypatch.setattr(versions, "loaded_model_of", loaded)


def test_without_a_name_the_route_and_the_newest_of_every_other_detector_are_chosen(
    organisation: Any, loaded_by_name: None
) -> None:
    classifier = a_version("chest-lite0", "1.0.0", task="classifier")
    for number in ("1.0.0", "2.0.0"):
        a_version("chest-yolo", number)
    a_version("chest-other", "1.0.0", task="classifier")
    a_version("bone-yolo", "1.0.0", case_types=["bone"])
    a_version("chest-old", "1.0.0", state="retired")
    routed = a_version("chest-fasterrcnn", "1.0.0")
    a_version("chest-fasterrcnn", "2.0.0")
    for position, row in enumerate((classifier, routed)):
        Route.objects.create(case_type="chest", model_version=row, position=position)
    chosen = registered_versions("chest", name=None)
    names = [(model.spec.name, model.spec.version) for model in chosen.models]
    assert names == [("chest-lite0", "1.0.0"), ("chest-fasterrcnn", "1.0.0"), ("chest-yolo", "2.0.0")]
    assert [model.spec.name for model in chosen.front] == ["chest-lite0"]
    named = registered_versions("chest", name="chest-yolo", against="chest-fasterrcnn-2.0.0")
    assert [model.spec.version for model in named.models] == ["2.0.0", "2.0.0"]
    assert [model.spec.name for model in named.front] == ["chest-lite0"]


def test_only_two_different_detectors_are_compared(organisation: Any, loaded_by_name: None) -> None:
    a_version("chest-lite0", "1.0.0", task="classifier")
    a_version("chest-yolo", "1.0.0")
    for rival_name in ("chest-lite0", "chest-yolo"):
        with pytest.raises(ComparisonImpossible):
            registered_versions("chest", name="chest-yolo", against=rival_name)


def test_detectors_that_are_registered_and_not_routed_are_enough(organisation: Any, loaded_by_name: None) -> None:
    a_version("dental-yolo", "1.0.0", case_types=["dental_bitewing"])
    chosen = registered_versions("dental_bitewing", name=None)
    assert [model.spec.name for model in chosen.models] == ["dental-yolo"] and chosen.front == ()


def test_shipped_detectors_come_with_the_shipped_classifier_in_front() -> None:
    chosen = shipped_versions("bone", name=None)
    assert {model.spec.task for model in chosen.front} == {"classifier"}
    detectors = [model.spec for model in chosen.models if model.spec.task == "detector"]
    assert detectors and all("bone" in spec.case_types for spec in detectors)
