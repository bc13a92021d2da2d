"""A process whose versions all have an exported graph, detectors too, analyses images without ever loading torch."""

import hashlib
import subprocess
import sys

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from registry.runtime.artefacts import starter_index
from registry.runtime.engines.export import graph_export
from registry.runtime.engines.graph import graph_pack
from registry.runtime.engines.machine import library_version, machine_fingerprint
from registry.runtime.engines.shelf import ShelfRecord, graph_name, record_bytes, record_name
from registry.runtime.loader import load_starter
from registry.runtime.values import TileSpec
from tests.paths import REPOSITORY
from tests.starters import detector_folder_write

SCRIPT = """
import sys
from functools import partial
from pathlib import Path

import django

django.setup()
from django.core.files.storage import FileSystemStorage

import imaging.worker
from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.decode import decode
from imaging.pipeline.run import run_pipeline
from registry.runtime.engines.shelf import shelf_build
from registry.runtime.loader import load_starter_route

folder, shelf = sys.argv[1:]
build_of = partial(shelf_build, FileSystemStorage(shelf))
models = load_starter_route("chest", folder=Path(folder), build_of=build_of)
result = run_pipeline([decode(phantom_png(chest_phantom(1)))], models=models)[0]
maps = [f for f in result.findings if f.heatmap is not None]
print(result.status, len(maps), result.timings.detect > 0)
print(sorted(set(sys.modules) & {"torch", "torchvision", "timm", "pytorch_grad_cam"}))
"""


@pytest.fixture(params=[None, TileSpec(side=128, overlap=32, whole=True)], ids=["whole", "tiled"])
def starters(request, tmp_path):
    """A small classifier and a small detector that are routed to chests."""
    folder = tmp_path / "starters"
    folder.mkdir()
    return detector_folder_write(folder, tiles=request.param)


@pytest.fixture
def shelf(starters, tmp_path):
    """Both models' graphs, on a shelf of its own."""
    storage = FileSystemStorage(tmp_path / "shelf")
    for entry in starter_index(starters).models:
        model = load_starter(entry.name, folder=starters)
        data = graph_pack(graph_export(model.engine, size=model.spec.input.network_side))
        digest = hashlib.sha256(data).hexdigest()
        name = graph_name(entry.sha256, digest)
        record = ShelfRecord("openvino_f32", name, digest, library_version("openvino"), machine_fingerprint())
        storage.save(name, ContentFile(data))
        storage.save(record_name(entry.sha256), ContentFile(record_bytes(record)))
    return tmp_path / "shelf"


def test_torch_is_absent_after_an_image_was_analysed_with_its_explanations_and_boxes(starters, shelf):
    command = [sys.executable, "-c", SCRIPT, str(starters), str(shelf)]
    environment = {"DJANGO_SETTINGS_MODULE": "diagnostics.settings.test", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == ["analysed 3 True", "[]"]
