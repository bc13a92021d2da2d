import hashlib

import numpy as np
import pytest
import torch

from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.values import Frame, PipelineResult
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.loader import load_artefact
from registry.runtime.values import Familiarity
from tests.imaging.pipeline.model_samples import (
    CHANNELS,
    FixedEngine,
    FlatNetwork,
    MapsEngine,
    make_detector,
    make_frame,
    make_model,
)
from tests.registry.runtime.artefact_samples import make_artefact


def poison_frame() -> Frame:
    class Exploding(Frame):
        @property
        def rows(self) -> int:
            raise OSError("SECRET^NAME must not leave")

    return Exploding(grey=make_frame().grey)


def test_every_classifier_label_is_a_finding_with_heatmap_and_probability():
    result = run_pipeline([make_frame()], models=[make_model()], decode_ms=[7.0])[0]
    assert isinstance(result, PipelineResult)
    assert [finding.label for finding in result.findings] == ["effusion", "pneumothorax"]
    assert result.scores == {finding.label: finding.probability for finding in result.findings}
    assert all(finding.heatmap.contributions.shape == (160, 200) for finding in result.findings)
    assert result.triage.triage_class == "normal"


def test_maps_and_pooled_features_of_an_engine_serve_as_well_as_its_feature_map():
    usual, mapping = make_model(), make_model(engine=MapsEngine())
    expected, result = (run_pipeline([make_frame()], models=[model])[0] for model in (usual, mapping))
    assert result.scores == pytest.approx(expected.scores)
    for finding, reference in zip(result.findings, expected.findings, strict=True):
        np.testing.assert_allclose(finding.heatmap.contributions, reference.heatmap.contributions, atol=1e-6)


def test_pooled_features_alone_tell_an_unfamiliar_frame():
    region = Familiarity(
        mean=np.full(CHANNELS, 99.0, np.float32),
        whitener=np.eye(CHANNELS, dtype=np.float32),
        threshold=1.0,
        quantile=0.995,
    )
    result = run_pipeline([make_frame()], models=[make_model(engine=MapsEngine(), familiarity=region)])[0]
    assert (result.status, result.reason.split(":")[0]) == ("not_analysed", "unfamiliar")


def test_results_stand_in_the_order_of_the_frames_whatever_became_of_them():
    frames = [make_frame(seed=1), Frame(grey=np.zeros((99, 99), np.float32)), poison_frame(), make_frame(seed=2)]
    results = run_pipeline(frames, models=[make_model()])
    alone = [run_pipeline([frame], models=[make_model()])[0] for frame in (frames[0], frames[3])]
    assert isinstance(results[2], PipelineError)
    assert (results[1].status, results[1].reason.split(":")[0]) == ("not_analysed", "blank")
    assert [results[0].scores, results[3].scores] == [result.scores for result in alone]


def test_a_frame_that_breaks_the_network_fails_alone_and_says_nothing_it_should_not():
    frames = [make_frame(seed=n) for n in range(3)]
    means: list[float] = []
    run_pipeline(frames, models=[make_model(engine=FixedEngine(check=lambda image: means.append(image.mean())))])

    def check(image: np.ndarray) -> None:
        if image.mean() == means[1]:
            raise RuntimeError("SECRET^NAME must not leave")

    results = run_pipeline(frames, models=[make_model(engine=FixedEngine(check=check))])
    assert [type(result) for result in results] == [PipelineResult, PipelineError, PipelineResult]
    assert results[1].code == "pipeline_failed"
    assert "SECRET" not in results[1].message


def test_output_that_is_not_a_number_fails_the_frame():
    class Broken(FixedEngine):
        def classify(self, batch):
            output = super().classify(batch)
            output.logits[0, 0] = np.nan
            return output

    results = run_pipeline([make_frame(), make_frame(seed=1)], models=[make_model(engine=Broken())])
    assert results[0].code == "prediction_not_finite"
    assert isinstance(results[1], PipelineResult)


def test_an_unfamiliar_frame_is_not_analysed_and_reaches_no_detector():
    far = Familiarity(
        mean=np.full(CHANNELS, 1e3, np.float32),
        whitener=np.eye(CHANNELS, dtype=np.float32),
        threshold=1.0,
        quantile=0.99,
    )
    result = run_pipeline([make_frame()], models=[make_model(familiarity=far), make_detector()])[0]
    assert (result.status, result.scores, result.findings, result.triage) == ("not_analysed", {}, (), None)
    assert result.reason.startswith("unfamiliar: ")
    assert result.timings.detect == 0.0


def test_a_positive_box_raises_normal_to_flagged():
    result = run_pipeline([make_frame()], models=[make_model(), make_detector()])[0]
    assert result.triage.triage_class == "flagged"
    assert result.scores["fracture"] == pytest.approx(0.9, abs=1e-5)
    box = next(finding for finding in result.findings if finding.source == "detector")
    assert (box.positive, box.heatmap, box.model_name) == (True, None, "boxes")


def test_a_label_of_both_keeps_the_classifier_s_probability_and_one_without_boxes_is_zero():
    models = [make_model(), make_detector(labels=("effusion", "caries"))]
    result = run_pipeline([make_frame()], models=models)[0]
    classified = next(f.probability for f in result.predictions if f.source == "classifier" and f.label == "effusion")
    assert result.scores["effusion"] == classified
    assert result.scores["caries"] == 0.0


def test_a_box_and_its_label_are_one_finding_and_both_predictions_are_kept():
    models = [make_model(), make_detector(labels=("effusion",))]
    result = run_pipeline([make_frame()], models=models)[0]
    assert [(entry.label, entry.source) for entry in result.predictions] == [
        ("effusion", "classifier"),
        ("pneumothorax", "classifier"),
        ("effusion", "detector"),
    ]
    assert [(entry.label, entry.source) for entry in result.findings] == [
        ("pneumothorax", "classifier"),
        ("effusion", "joined"),
    ]
    joined = result.findings[-1]
    assert (joined.probability, joined.second.probability) == (pytest.approx(0.9, abs=1e-5), result.scores["effusion"])
    assert joined.heatmap is result.predictions[0].heatmap
    assert (joined.support, joined.second.positive) == ("box_only", False)
    assert "without a positive label" in result.triage.reason


@pytest.mark.parametrize("named", [True, False])
def test_a_network_without_a_pooling_tail_is_explained_by_the_package_or_fails(named):
    torch.manual_seed(0)
    model = make_model(engine=TorchEngine(FlatNetwork(named=named)), triage=None)
    result = run_pipeline([make_frame()], models=[model])[0]
    if named:
        assert any(finding.heatmap.contributions.max() > 0 for finding in result.findings)
        assert result.triage is None
    else:
        assert result.code == "explanation_impossible"


def test_a_batch_goes_through_the_network_in_bounded_pieces():
    engine = FixedEngine()
    results = run_pipeline([make_frame(seed=n) for n in range(11)], models=[make_model(engine=engine)])
    assert (engine.batches, len(results)) == ([4, 4, 3], 11)


def test_the_time_of_every_stage_is_booked():
    data = make_artefact()
    model = load_artefact(data, sha256=hashlib.sha256(data).hexdigest())
    timings = run_pipeline([make_frame()], models=[model, make_detector()], decode_ms=[12.5])[0].timings
    assert timings.decode == 12.5
    assert min(timings.preprocess, timings.classify, timings.detect, timings.explain, timings.assemble) > 0
    assert timings.total == pytest.approx(
        12.5 + timings.preprocess + timings.classify + timings.detect + timings.explain + timings.assemble
    )


def test_no_frames_give_no_results():
    assert run_pipeline([], models=[make_model()]) == []
