"""The largest memory of a worker process with every shipped version loaded and warm, on the engines that serve.

python -m tests.benchmarks.worker_memory [--engine openvino_f32|torch] [--models DIR] [--artefact FILE ...]
                                         [--films N] [--threads N]

Graphs are exported here, where torch is; the process that is measured finds them on a shelf, as a worker does, loads
every version (guard, routed and challengers alike), and reads phantoms through each, eight at a time. Printed: its
peak, what each version added, and the decode children's zygote beside it.
"""

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.engines.export import graph_export
from registry.runtime.engines.graph import graph_pack
from registry.runtime.engines.machine import library_version, machine_fingerprint
from registry.runtime.engines.shelf import ShelfRecord, graph_name, record_bytes, record_name
from tests.benchmarks.engine_models import ENGINES, TORCH, artefact_model
from tests.paths import REPOSITORY

MEASURED = """
import os, sys
import django

django.setup()
from functools import partial
from hashlib import sha256
from pathlib import Path
from resource import RUSAGE_SELF, getrusage

import numpy as np
import psutil
from django.core.files.storage import FileSystemStorage

import imaging.worker
from imaging import sandbox
from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.decode import decode
from imaging.pipeline.run import run_pipeline
from registry.runtime.artefacts import artefact_bytes
from registry.runtime.engines.shelf import shelf_build
from registry.runtime.loader import load_artefact

folder, shelf, threads, films = sys.argv[1:]
imaging.worker.threads_limit(int(threads))
process = psutil.Process()
resident = lambda: process.memory_info().rss / 2**20
storage = FileSystemStorage(shelf)
frames = [decode(phantom_png(chest_phantom(seed, rows=768, columns=640))) for seed in range(int(films))]
before, models = resident(), []
print(f"{'before the first version':<32}{before:>8.0f} MB")
for path in sorted(Path(folder).glob("*.safetensors")):
    data = artefact_bytes(path)
    digest = sha256(data).hexdigest()
    model = load_artefact(data, sha256=digest, build=shelf_build(storage, digest))
    if model.spec.task == "guard":
        model.engine.classify(np.zeros((4, 3, model.spec.input.size, model.spec.input.size), np.float32))
    else:
        run_pipeline(frames, models=[model])
    models.append(model)
    now = resident()
    engine = type(model.engine).__name__
    print(f"{model.spec.name + ' ' + model.spec.version:<32}{now - before:>+8.0f} MB  {engine}")
    before = now
children = sum(child.memory_info().rss for child in process.children(recursive=True)) / 2**20
print(f"{len(models)} versions: peak {getrusage(RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, now {resident():.0f} MB; "
      f"decode children beside it {children:.0f} MB; torch {'was' if 'torch' in sys.modules else 'was not'} loaded")
sandbox.shutdown()
"""


def shelve(path: Path, shelf: Path, engine: str) -> None:
    """Put a version's graph where a worker would find it."""
    model = artefact_model(path)
    data = graph_pack(graph_export(model.engine, size=model.spec.input.network_side))
    digest = hashlib.sha256(data).hexdigest()
    name = graph_name(model.sha256, digest)
    record = ShelfRecord(engine, name, digest, library_version("openvino"), machine_fingerprint())
    for place, content in ((name, data), (record_name(model.sha256), record_bytes(record))):
        (shelf / place).parent.mkdir(parents=True, exist_ok=True)
        (shelf / place).write_bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=ENGINES, default="openvino_f32")
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder of artefacts")
    parser.add_argument("--artefact", type=Path, nargs="*", default=[], help="versions that are loaded as well")
    parser.add_argument("--films", type=int, default=8, help="phantoms that every version reads at once")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, shelf = Path(place, "models"), Path(place, "shelf")
        folder.mkdir()
        for path in [*sorted(options.models.glob("*.safetensors")), *options.artefact]:
            shutil.copy(path, folder)
            if options.engine != TORCH:
                shelve(path, shelf, options.engine)
        arguments = [str(folder), str(shelf), str(options.threads), str(options.films)]
        subprocess.run([sys.executable, "-c", MEASURED, *arguments], cwd=REPOSITORY, env=_environment(), check=True)


def _environment() -> dict[str, str]:
    """A worker's own: nothing of what was set for this process."""
    return {"DJANGO_SETTINGS_MODULE": "diagnostics.settings.test", "PATH": "/usr/bin:/bin"}


if __name__ == "__main__":
    main()
