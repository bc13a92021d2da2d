"""What a client trains is registered there and measured on the set's own hold-out, detectors of both families too."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from feedback.learning.client import register_and_measure
from feedback.learning.outcome import TrainingOutcome
from feedback.learning.phantoms import write_phantoms
from registry.models import Evaluation, ModelVersion, Route
from registry.runtime.artefacts import artefact_write
from registry.runtime.values import InputSpec
from tests.feedback.evaluation.making import write_boxes, write_images, write_table
from tests.registry.runtime.artefact_samples import make_spec
from tests.registry.runtime.engines.detector_samples import LABELS, ONE_STAGE, OPTIONS, SIDE, TWO_STAGE, random_detector

BOX = [12.0, 28.0, 16.0, 16.0]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four films of two labels, half of them the hold-out; one was annotated for one label only."""
    folder, files = tmp_path / "dental_research", [f"{number}.png" for number in range(4)]
    write_images(folder, dict(zip(files, (0.95, 0.9, 0.6, 0.5), strict=True)))
    rows = [
        {"file": file, "group_id": file, "split": "val" if number % 2 else "train", "labels_for": LABELS[0]}
        for number, file in enumerate(files)
    ]
    rows[1]["labels_for"] = "|".join(LABELS)
    write_table(folder / "index.csv", rows)
    boxes = {"0.png": [(LABELS[0], BOX)], "1.png": [(label, BOX) for label in LABELS], "3.png": [(LABELS[0], BOX)]}
    write_boxes(folder, boxes, files=files, ignored={"3.png": [("", [40.0, 0.0, 10.0, 10.0])]})
    return folder


def trained(folder: Path, architecture: str, name: str) -> TrainingOutcome:
    spec = make_spec(
        name=name,
        task="detector",
        labels=LABELS,
        triage=None,
        case_types=("dental_bitewing", "dental_periapical"),
        architecture=architecture,
        architecture_options=OPTIONS[architecture],
        input=InputSpec(size=SIDE, mean=0.5, std=0.25),
    )
    path = folder / f"{name}-1.0.0.safetensors"
    weights = {key: tensor.numpy() for key, tensor in random_detector(architecture).state_dict().items()}
    return TrainingOutcome(spec, path, artefact_write(path, spec, weights), folder / "manifest.txt", (1.0, 0.5))


@pytest.mark.usefixtures("organisation")
def test_both_families_end_in_a_recorded_evaluation_and_the_second_is_compared_with_the_first(
    dataset: Path, tmp_path: Path
) -> None:
    first = measured(trained(tmp_path, ONE_STAGE, "dental-research-yolo"), dataset, tmp_path / "first")
    assert "dental-research-yolo 1.0.0 on dental_research val: 2 films" in first.lines[0] and len(first.lines) == 1
    second = measured(trained(tmp_path, TWO_STAGE, "dental-research-fasterrcnn"), dataset, tmp_path / "second")
    assert second.lines[-1].startswith("dental-research-fasterrcnn 1.0.0 against dental-research-yolo 1.0.0 on 2 films")
    rows = Evaluation.objects.filter(model_version__name="dental-research-fasterrcnn")
    assert [set(row.summary) >= {"map_50", "recall_at_1_fp", f"ap_50_{LABELS[0]}"} for row in rows] == [True]
    labels = rows.get().document["sections"]["detection"]["labels"]
    assert [labels[label]["n_films"] for label in LABELS] == [2, 1]
    assert second.report.is_file() and not Route.objects.exists()
    assert {row.state for row in ModelVersion.objects.all()} == {"candidate"}


@pytest.mark.slow
@pytest.mark.usefixtures("organisation")
def test_the_command_trains_registers_and_measures_a_detector(tmp_path: Path) -> None:
    write_phantoms(tmp_path / "phantoms", seed=1)
    places, printed = ["--data", str(tmp_path), "--out", str(tmp_path / "out")], StringIO()
    options = ["--recipe", "miniature-yolo", "--seed", "1", "--epochs", "2", "--register"]
    call_command("train", *options, *places, stdout=printed)
    row = Evaluation.objects.get()
    assert (row.model_version.name, row.split) == ("miniature-yolo", "val")
    assert row.summary["map_50"]["value"] > 0.3
    assert "FROC" in printed.getvalue() and "Report: " in printed.getvalue()
    assert row.document["sections"]["data"]["notices"] == []  # its manifest says that it knows none of these films


def measured(outcome: TrainingOutcome, dataset: Path, out: Path) -> Any:
    return register_and_measure(outcome, dataset=dataset, out=out, resamples=20)
