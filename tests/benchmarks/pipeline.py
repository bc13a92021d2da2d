"""What the whole pipeline takes over the bare forward passes of its engine, and each stage's share.

python -m tests.benchmarks.pipeline [--images DIR] [--case-type T] [--engine torch|openvino_f32|openvino_bf16]

File to result on 50 films, 8 at a time, the next ones decoded meanwhile as in the worker; no PNG is written. Bare: the
same engine on the same inputs, preprocessed before. Other work on the machine slows everything: quote the ratios; that
of processor time counts the decode children and hardly depends on what else runs.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from imaging import sandbox
from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.ahead import one_ahead
from imaging.pipeline.decode import decode
from imaging.pipeline.predict import MOST_AT_ONCE
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.tiles import cut, windows
from imaging.pipeline.values import Frame, PipelineResult
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.engines.threads import threads_set
from registry.runtime.loader import load_starter_route
from registry.runtime.values import LoadedModel
from tests.benchmarks.engine_models import ENGINES, artefact_model, on_engine
from tests.benchmarks.spent import cpu_seconds
from tests.paths import SHARED_DATA

IMAGES, BATCH = 50, 8


def image_bytes(folder: Path | None) -> tuple[list[bytes], str]:
    """50 files of the folder, of the shared chest films, or phantoms; and what they are."""
    folder = folder or (SHARED_DATA / "chest_nih" if SHARED_DATA else None)
    if folder is None:
        return [phantom_png(chest_phantom(seed, rows=544, columns=544)) for seed in range(IMAGES)], "synthetic phantoms"
    found = sorted(path for kind in ("*.jpg", "*.png", "*.dcm") for path in folder.rglob(kind))[:IMAGES]
    return [path.read_bytes() for path in found], str(folder)


def models_of(options: argparse.Namespace) -> tuple[LoadedModel, ...]:
    """The routed versions of the case type, or the one artefact that was named."""
    if options.artefact is None:
        return load_starter_route(options.case_type, folder=options.models)
    return (artefact_model(options.artefact),)


def timed_decode(files: Sequence[bytes]) -> tuple[list[Frame], list[float]]:
    """Frames, and milliseconds a frame."""
    frames, spent = [], []
    for data in files:
        started = time.perf_counter()
        frames.append(decode(data))
        spent.append(1000 * (time.perf_counter() - started))
    return frames, spent


def whole(files: Sequence[bytes], models: tuple[LoadedModel, ...]) -> list[PipelineResult]:
    """Files to results, as the worker goes through them."""
    batches = [files[first : first + BATCH] for first in range(0, len(files), BATCH)]
    jobs = (partial(timed_decode, batch) for batch in batches)
    results: list[PipelineResult] = []
    for frames, decode_ms in one_ahead(jobs):
        found = run_pipeline(frames, models=models, decode_ms=decode_ms)
        results += [result for result in found if not isinstance(result, PipelineError)]
    return results


def inputs_of(files: Sequence[bytes], model: LoadedModel) -> list[np.ndarray]:
    """float32 (n, 3, S, S) each: a film, or its windows."""
    spec = model.spec.input
    settings = PreprocessSettings.from_dict(spec.preprocess)
    kept = {"size": spec.size, "settings": settings, "mean": spec.mean, "std": spec.std}
    seen = [preprocess(decode(data), **kept) for data in files]
    each = [[cut(one.array, window) for window in windows(one.source, spec.size, spec.tiles)] for one in seen]
    return [np.stack(parts) for parts in each]


def bare(batches: Sequence[np.ndarray], model: LoadedModel) -> None:
    """The network alone."""
    forward = model.engine.detect if model.spec.task == "detector" else model.engine.classify
    for batch in batches:
        forward(batch)


def spent_on(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return time.perf_counter() - wall, cpu_seconds() - cpu


def stages(results: Sequence[PipelineResult]) -> None:
    """Print the table of the analysed frames' stages."""
    timings = [asdict(result.timings) for result in results if result.status == "analysed"]
    totals = {name: sum(entry[name] for entry in timings) for name in timings[0]}
    print(f"{len(results)} results, {len(timings)} analysed\n{'stage':<12}{'ms a frame':>12}{'share':>9}")
    for name, spent in totals.items():
        print(f"{name:<12}{spent / len(timings):>12.1f}{spent / sum(totals.values()):>9.1%}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="folder of images; default: the shared chest films, else phantoms")
    parser.add_argument("--case-type", default="chest")
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder like registry/starter_models")
    parser.add_argument("--artefact", type=Path, help="one version's file, in place of the route")
    parser.add_argument("--engine", choices=ENGINES, default="openvino_f32")
    parser.add_argument("--count", type=int, default=IMAGES)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    threads_set(options.threads)
    files, source = image_bytes(options.images)
    files = files[: options.count]
    print(f"{len(files)} images: {source}; {options.engine}, {options.threads} threads")
    models = tuple(on_engine(model, options.engine) for model in models_of(options))
    whole(files[:MOST_AT_ONCE], models)  # warm: the first batch pays for lazy initialisation
    results: list[PipelineResult] = []
    wall, cpu = spent_on(lambda: results.extend(whole(files, models)))
    bare_wall = bare_cpu = 0.0
    for model in models:
        inputs = inputs_of(files, model)
        batches = [np.concatenate(inputs[first : first + BATCH]) for first in range(0, len(inputs), BATCH)]
        spent = spent_on(partial(bare, batches, model))
        bare_wall, bare_cpu = bare_wall + spent[0], bare_cpu + spent[1]
    stages(results)
    count = len(files)
    print(
        f"whole pipeline {1000 * wall / count:.1f} ms a frame, {count / wall:.1f} images a second; bare forward passes"
    )
    print(
        f"{1000 * bare_wall / count:.1f} ms; the whole takes {wall / bare_wall:.2f} times the bare; in processor time"
    )
    print(f"{1000 * cpu / count:.1f} ms and {1000 * bare_cpu / count:.1f} ms: {cpu / bare_cpu:.2f} times")
    print(f"largest memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    sandbox.shutdown()


if __name__ == "__main__":
    main()
