"""Throughput of the pipeline on 50 chest images, each stage's share, and the ratio to the bare forward pass.

python -m tests.benchmarks.pipeline [--images DIR] [--case-type T]
Other work on the machine slows everything: quote the ratio and the shares, not the seconds.
"""

import argparse
import resource
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from imaging import sandbox
from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.decode import decode
from imaging.pipeline.predict import MOST_AT_ONCE
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.values import Frame, Timings
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.loader import load_starter_route
from registry.runtime.values import LoadedModel
from tests.paths import SHARED_DATA

IMAGES = 50


def image_bytes(folder: Path | None) -> tuple[list[bytes], str]:
    """50 files of the folder, of the shared chest films, or phantoms; and what they are."""
    folder = folder or (SHARED_DATA / "chest_nih" if SHARED_DATA else None)
    if folder is None:
        return [phantom_png(chest_phantom(seed, rows=544, columns=544)) for seed in range(IMAGES)], "synthetic phantoms"
    found = sorted(path for kind in ("*.jpg", "*.png", "*.dcm") for path in folder.rglob(kind))[:IMAGES]
    return [path.read_bytes() for path in found], str(folder)


def timed_decode(files: list[bytes]) -> tuple[list[Frame], list[float]]:
    """Frames, and milliseconds a frame."""
    frames, spent = [], []
    for data in files:
        started = time.perf_counter()
        frames.append(decode(data))
        spent.append(1000 * (time.perf_counter() - started))
    return frames, spent


def timed_batches(
    frames: list[Frame], decode_ms: list[float], models: tuple[LoadedModel, ...]
) -> tuple[list[Timings], list[float]]:
    """The timings of every frame that was analysed, and beside each batch the milliseconds of its bare forward pass."""
    results, bare = [], []
    for first in range(0, len(frames), MOST_AT_ONCE):
        batch = slice(first, first + MOST_AT_ONCE)
        results += run_pipeline(frames[batch], models=models, decode_ms=decode_ms[batch])
        bare.append(bare_forward_ms(frames[batch], models))
    failed = sum(isinstance(result, PipelineError) for result in results)
    analysed = [r for r in results if not isinstance(r, PipelineError) and r.status == "analysed"]
    print(f"{len(frames)} frames: {len(analysed)} analysed, {failed} failed, rest not analysed")
    return [result.timings for result in analysed], bare


def bare_forward_ms(frames: list[Frame], models: tuple[LoadedModel, ...]) -> float:
    """Milliseconds of the networks alone on a batch that is already preprocessed."""
    spent = 0.0
    for model in models:
        spec = model.spec.input
        settings = PreprocessSettings.from_dict(spec.preprocess)
        arrays = [preprocess(f, size=spec.size, settings=settings, mean=spec.mean, std=spec.std).array for f in frames]
        stacked = np.stack(arrays)
        started = time.perf_counter()
        (model.engine.classify if model.spec.task == "classifier" else model.engine.detect)(stacked)
        spent += 1000 * (time.perf_counter() - started)
    return spent


def report(timings: list[Timings], bare: list[float], frames: int) -> None:
    """Print the table."""
    totals = {name: sum(asdict(entry)[name] for entry in timings) for name in asdict(timings[0])}
    whole, bare_ms = sum(totals.values()), sum(bare) / frames
    print(f"{'stage':<12}{'ms a frame':>12}{'share':>9}")
    for name, spent in totals.items():
        print(f"{name:<12}{spent / len(timings):>12.1f}{spent / whole:>9.1%}")
    per_frame = whole / len(timings)
    print(f"{'all':<12}{per_frame:>12.1f}{1000 / per_frame:>9.1f} images a second")
    print(f"bare forward pass {bare_ms:.1f} ms a frame; the whole pipeline takes {per_frame / bare_ms:.2f} times that")
    print(f"largest memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="folder of images; default: the shared chest films, else phantoms")
    parser.add_argument("--case-type", default="chest")
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder like registry/starter_models")
    options = parser.parse_args()
    files, source = image_bytes(options.images)
    print(f"{len(files)} images: {source}")
    models = load_starter_route(options.case_type, folder=options.models)
    frames, decode_ms = timed_decode(files)
    run_pipeline(frames[:MOST_AT_ONCE], models=models)  # warm: the first batch pays for lazy initialisation
    timings, bare = timed_batches(frames, decode_ms, models)
    report(timings, bare, len(frames))
    sandbox.shutdown()


if __name__ == "__main__":
    main()
