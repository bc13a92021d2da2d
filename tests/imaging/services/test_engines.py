"""Which engine serves: measured on phantoms, then on films; refused, damaged and stale builds leave torch to serve."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from imaging.pipeline.parity import FILMS, PHANTOMS
from imaging.services import engine_samples, engines
from registry import selectors
from registry.models import EngineBuild, EngineKind
from registry.runtime import cache
from registry.runtime.engines import export
from registry.runtime.engines.openvino import OpenVinoEngine
from registry.runtime.engines.shelf import record_name, shelf_build
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.errors import GraphUnusable
from registry.runtime.values import TileSpec
from registry.services.starters import starter_models_import
from tests.registry.runtime.engines.detector_samples import ONE_STAGE, TWO_STAGE
from tests.starters import detector_folder_write

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _cold():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def version(organisation, starter_models):
    return starter_models[0]


@pytest.fixture
def built(version, monkeypatch):
    """The version after its engines were made, OpenVINO being the faster one."""
    monkeypatch.setattr(
        engines, "_milliseconds", lambda engine, spec, films: 9.0 if isinstance(engine, TorchEngine) else 3.0
    )
    engines.engines_make(version)
    return version


def test_before_anything_is_measured_torch_serves(version):
    assert engines.is_due(version) and version in engines.versions_due()
    assert isinstance(selectors.loaded_model_of(version).engine, TorchEngine)


def test_an_engine_in_parity_on_phantoms_serves_and_that_is_audited(built):
    rows = {row.engine: row for row in EngineBuild.objects.all()}
    fast = rows[EngineKind.OPENVINO_F32]
    assert (fast.accepted, fast.parity["source"], fast.parity["n_images"]) == (True, PHANTOMS, 8)
    assert fast.parity["probability_p99"] < 1e-4 and rows[EngineKind.TORCH].accepted
    assert isinstance(selectors.loaded_model_of(built).engine, OpenVinoEngine)
    assert AuditEvent.objects.filter(action=Action.ENGINE_MEASURED.value, object_id=built.id).exists()
    assert not engines.is_due(built)


def test_bfloat16_does_not_serve_on_the_word_of_phantoms(built):
    row = EngineBuild.objects.get(engine=EngineKind.OPENVINO_BF16)
    assert not row.accepted and ("films" in row.reason or "bfloat16" in row.reason)


def test_the_slower_engine_does_not_serve(version, monkeypatch):
    monkeypatch.setattr(
        engines, "_milliseconds", lambda engine, spec, films: 3.0 if isinstance(engine, TorchEngine) else 9.0
    )
    engines.engines_make(version)
    assert isinstance(selectors.loaded_model_of(version).engine, TorchEngine)
    assert not storages["artefacts"].exists(record_name(version.sha256))


def test_what_the_worker_chose_stands_on_the_shelf_for_commands_without_a_database(built):
    build = shelf_build(storages["artefacts"], built.sha256)
    assert build.opened().xml and build.sha256 == EngineBuild.objects.get(engine=EngineKind.OPENVINO_F32).sha256


def test_a_damaged_graph_leaves_torch_to_serve(built, caplog):
    name = EngineBuild.objects.get(engine=EngineKind.OPENVINO_F32).artefact
    storages["artefacts"].delete(name)
    storages["artefacts"].save(name, ContentFile(b"damaged"))
    assert isinstance(selectors.loaded_model_of(built).engine, TorchEngine)
    assert "runs on torch" in caplog.text


@pytest.mark.parametrize("change", [{"library_version": "1.0"}, {"machine_fingerprint": "another"}])
def test_a_build_of_another_library_or_machine_counts_for_nothing(built, change):
    row = EngineBuild.objects.get(engine=EngineKind.OPENVINO_BF16)
    values = {
        name: getattr(row, name) for name in ("model_version", "library_version", "machine_fingerprint", "parity")
    }
    elsewhere = {**values, "engine": row.engine, "accepted": True, "milliseconds_per_image": 0.1, **change}
    assert EngineBuild.objects.create(**elsewhere) not in selectors.builds_here(built)
    assert selectors.serving_build(built).engine == EngineKind.OPENVINO_F32


def test_on_another_machine_a_version_is_measured_anew(built, monkeypatch):
    monkeypatch.setattr(selectors, "machine_fingerprint", lambda: "another")
    assert engines.is_due(built)


def test_a_network_that_cannot_be_exported_stays_with_torch_and_is_not_tried_for_ever(version, monkeypatch):
    def fail(engine, *, size):
        raise GraphUnusable("The network cannot be expressed as an OpenVINO graph.")

    monkeypatch.setattr(export, "graph_export", fail)
    rows = {row.engine: row for row in engines.engines_make(version)}
    assert not rows[EngineKind.OPENVINO_F32].accepted and "expressed" in rows[EngineKind.OPENVINO_F32].reason
    assert not engines.is_due(version)
    assert isinstance(selectors.loaded_model_of(version).engine, TorchEngine)


def test_an_engine_that_differs_does_not_serve(version, monkeypatch):
    def shifted(self, batch):
        output = honest(self, batch)
        return replace(output, logits=output.logits + 1.0)

    honest = OpenVinoEngine.classify
    monkeypatch.setattr(OpenVinoEngine, "classify", shifted)
    rows = {row.engine: row for row in engines.engines_make(version)}
    assert not rows[EngineKind.OPENVINO_F32].accepted and "probabilities" in rows[EngineKind.OPENVINO_F32].reason


def test_films_take_the_place_of_phantoms_once_there_are_enough_and_each_access_is_audited(built, chests, monkeypatch):
    monkeypatch.setattr(engine_samples, "FEWEST_FILMS", 2)
    chests(2)
    assert engines.is_due(built)
    engines.engines_make(built)
    row = EngineBuild.objects.filter(engine=EngineKind.OPENVINO_F32).order_by("-created_at").first()
    assert (row.parity["source"], row.parity["n_images"]) == (FILMS, 2)
    assert AuditEvent.objects.filter(action=Action.ENGINE_COMPARED_ON.value).count() == 2
    assert not engines.is_due(built)


WITH_TILES = TileSpec(side=128, overlap=32, whole=True)


@pytest.fixture(params=[(TWO_STAGE, None), (ONE_STAGE, WITH_TILES)], ids=["two stages", "one stage, tiled"])
def detector(organisation, tmp_path, request):
    """A routed detector."""
    architecture, tiles = request.param
    versions = starter_models_import(detector_folder_write(tmp_path, architecture=architecture, tiles=tiles))
    return next(version for version in versions if version.task == "detector")


def test_a_detector_is_due_measured_by_its_boxes_and_served_by_its_graph(detector, monkeypatch):
    assert detector in engines.versions_due()
    monkeypatch.setattr(engines, "_milliseconds", lambda engine, *_: 9.0 if isinstance(engine, TorchEngine) else 3.0)
    engines.engines_make(detector)
    row = EngineBuild.objects.get(model_version=detector, engine=EngineKind.OPENVINO_F32)
    assert (row.accepted, row.reason) == (True, "")
    assert (row.parity["n_images"], row.parity["source"], row.parity["within"]) == (8, PHANTOMS, 1.0)
    assert row.parity["n_boxes"] >= 8 and row.parity["box_max"] < 0.1
    assert not EngineBuild.objects.get(model_version=detector, engine=EngineKind.OPENVINO_BF16).accepted
    assert isinstance(selectors.loaded_model_of(detector).engine, OpenVinoEngine)
    assert shelf_build(storages["artefacts"], detector.sha256).opened().suppression is not None
    assert detector not in engines.versions_due()


def test_a_detector_s_engine_whose_boxes_lie_elsewhere_does_not_serve(detector, monkeypatch):
    def moved(self, batch):
        return [replace(output, boxes=output.boxes + 2.0) for output in honest(self, batch)]

    honest = OpenVinoEngine.detect
    monkeypatch.setattr(OpenVinoEngine, "detect", moved)
    rows = {row.engine: row for row in engines.engines_make(detector)}
    assert not rows[EngineKind.OPENVINO_F32].accepted and "within 1 px" in rows[EngineKind.OPENVINO_F32].reason
    assert isinstance(selectors.loaded_model_of(detector).engine, TorchEngine)
