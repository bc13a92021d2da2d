"""Throughput of the pipeline on 50 chest images, each stage's share, and the ratio to the bare forward pass.

python -m tests.benchmarks.pipeline [--images DIR] [--case-type T]
Other work on the machine slows everything: quote the ratio and the shares, not the seconds.
"""

import argparse
import resource
import statistics
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np

from imaging import sandbox
from imaging.pipeline.decode import decode
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.values import Frame, Timings
from imaging.screening import FRAMES_A_BATCH
from registry.runtime.loader import load_starter_route
from registry.runtime.values import LoadedModel
from tests.paths import SHARED_DATA
from tests.samples import chest_phantom_png

IMAGES = 50


def image_bytes(folder: Path | None) -> tuple[list[bytes], str]:
    """50 files of the folder, of the shared chest films, or phantoms; and what they are."""
    folder = folder or (SHARED_DATA / "chest_nih" if SHARED_DATA else None)
    if folder is None:
        return [chest_phantom_png(seed=seed) for seed in range(IMAGES)], "synthetic phantoms"
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


def timed_pipeline(frames: list[Frame], decode_ms: list[float], models: tuple[LoadedModel, ...]) -> list[Timings]:
    """The timings of every frame that was analysed."""
    results = []
    for first in range(0, len(frames), FRAMES_A_BATCH):
        batch = slice(first, first + FRAMES_A_BATCH)
        results += run_pipeline(frames[batch], models=models, decode_ms=decode_ms[batch])
    failed = sum(isinstance(result, PipelineError) for result in results)
    analysed = [r for r in results if not isinstance(r, PipelineError) and r.status == "analysed"]
    print(f"{len(frames)} frames: {len(analysed)} analysed, {failed} failed, rest not analysed")
    return [result.timings for result in analysed]


def bare_forward_ms(frames: list[Frame], model: LoadedModel) -> float:
    """Milliseconds a frame of the network alone, in the same batches: the median batch."""
    spec, rates = model.spec.input, []
    settings = PreprocessSettings.from_dict(spec.preprocess)
    for first in range(0, len(frames) - FRAMES_A_BATCH + 1, FRAMES_A_BATCH):
        batch = frames[first : first + FRAMES_A_BATCH]
        arrays = [preprocess(f, size=spec.size, settings=settings, mean=spec.mean, std=spec.std).array for f in batch]
        stacked = np.stack(arrays)
        started = time.perf_counter()
        model.engine.classify(stacked)
        rates.append(1000 * (time.perf_counter() - started) / len(batch))
    return statistics.median(rates)


def report(timings: list[Timings], bare_ms: float) -> None:
    """Print the table."""
    totals = {name: sum(asdict(entry)[name] for entry in timings) for name in asdict(timings[0])}
    whole = sum(totals.values())
    print(f"{'stage':<12}{'ms a frame':>12}{'share':>9}")
    for name, spent in totals.items():
        print(f"{name:<12}{spent / len(timings):>12.1f}{spent / whole:>9.1%}")
    per_frame = whole / len(timings)
    print(f"{'all':<12}{per_frame:>12.1f}{1000 / per_frame:>9.1f} images a second")
    print(
        f"bare forward pass of the classifier {bare_ms:.1f} ms; the pipeline takes {per_frame / bare_ms:.2f} times that"
    )
    print(f"largest memory of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=Path, help="folder of images; default: the shared chest films, else phantoms")
    parser.add_argument("--case-type", default="chest")
    options = parser.parse_args()
    files, source = image_bytes(options.images)
    print(f"{len(files)} images: {source}")
    models = load_starter_route(options.case_type)
    classifier = next(model for model in models if model.spec.task == "classifier")
    frames, decode_ms = timed_decode(files)
    run_pipeline(frames[:FRAMES_A_BATCH], models=models)  # warm: the first batch pays for lazy initialisation
    report(timed_pipeline(frames, decode_ms, models), bare_forward_ms(frames, classifier))
    sandbox.shutdown()


if __name__ == "__main__":
    main()
