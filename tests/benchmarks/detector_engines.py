"""Detectors on torch and on OpenVINO: milliseconds a film with all of its windows, and how near the boxes are.

python -m tests.benchmarks.detector_engines [--models DIR] [--artefact FILE ...] [--images DIR] [--films N] [--timed N]

Films of the train split, phantoms without the shared data. Engines take turns film by film, so that other work on the
machine slows all alike: quote the ratios. Processor time hardly depends on what else runs.
"""

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging import sandbox
from imaging.pipeline.box_parity import BoxParity, BoxParityCount
from imaging.pipeline.decode import decode
from imaging.pipeline.parity import refusal
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.tiles import cut, windows
from registry.runtime.artefacts import STARTER_MODELS, starter_index
from registry.runtime.engines.base import DetectorOutput, Engine
from registry.runtime.engines.openvino import has_bfloat16
from registry.runtime.engines.threads import threads_set
from registry.runtime.values import LoadedModel
from tests.benchmarks.engine_models import ENGINES, TORCH, artefact_model, on_engine
from tests.benchmarks.train_films import Samples, samples_of


@dataclass(slots=True)
class Contender:
    """One engine, and what it took: a wall and a processor time a film, in milliseconds."""

    name: str
    engine: Engine
    count: BoxParityCount
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def detect(self, batch: NDArray[np.float32], *, timed: bool) -> list[DetectorOutput]:
        """One film."""
        wall, cpu = time.perf_counter(), time.process_time()
        outputs = self.engine.detect(batch)
        if timed:
            self.wall.append(1000 * (time.perf_counter() - wall))
            self.cpu.append(1000 * (time.process_time() - cpu))
        return outputs


def detectors(options: argparse.Namespace) -> Iterator[LoadedModel]:
    """The shipped ones, and those that were named, on torch."""
    shipped = [options.models / entry.file for entry in starter_index(options.models).models]
    for path in options.artefact or shipped:
        model = artefact_model(path)
        if model.spec.task == "detector":
            yield model


def inputs_of(model: LoadedModel, data: bytes) -> NDArray[np.float32]:
    """float32 (n, 3, S, S): what the network is given of one film."""
    spec = model.spec.input
    settings = PreprocessSettings.from_dict(spec.preprocess)
    seen = preprocess(decode(data), size=spec.size, settings=settings, mean=spec.mean, std=spec.std)
    return np.stack([cut(seen.array, window) for window in windows(seen.source, spec.size, spec.tiles)])


def compare(model: LoadedModel, samples: Samples, timed: int) -> None:
    """Print the table of one version."""
    names = [name for name in ENGINES if not name.endswith("bf16") or has_bfloat16()]
    contenders = [Contender(name, on_engine(model, name).engine, BoxParityCount(model.spec)) for name in names]
    seen = []
    for number, data in enumerate(samples.files):
        batch = inputs_of(model, data)
        seen.append(len(batch))
        outputs = [contender.detect(batch, timed=0 < number <= timed) for contender in contenders]
        for contender, found in zip(contenders, outputs, strict=True):
            contender.count.add(outputs[0], found)
    spec = model.spec
    print(
        f"\n{spec.name} {spec.version}: {spec.architecture}, {spec.input.size} px, network "
        f"{spec.input.network_side} px, {np.mean(seen):.1f} windows a film; {len(samples.files)} {samples.source}"
    )
    for contender in contenders:
        wall, cpu = float(np.median(contender.wall)), float(np.median(contender.cpu))
        times = float(np.median(contenders[0].wall)) / wall
        print(f"{contender.name:<14}{wall:>8.0f} ms a film{cpu:>8.0f} ms of processor time{times:>7.2f} times as fast")
        if contender.name != TORCH:
            said(contender.name, contender.count.parity(source=samples.source))


def said(name: str, parity: BoxParity) -> None:
    """Print how near the boxes are, and the verdict."""
    print(
        f"{'':<14}{parity.within:.2%} of {parity.n_boxes} {parity.compared} within 1 px and .01 ({parity.n_mattering} "
        f"matter, {parity.unmatched} unmatched); box p99 {parity.box_p99} max {parity.box_max} px; probability p99 "
        f"{parity.probability_p99} max {parity.probability_max}; {parity.calls_changed} calls changed; "
        f"{refusal(name, parity) or 'may serve'}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder like registry/starter_models")
    parser.add_argument("--artefact", type=Path, nargs="*", default=[], help="these in place of the shipped ones")
    parser.add_argument("--images", type=Path, help="folder of films; default: the shared train split, else phantoms")
    parser.add_argument("--films", type=int, default=96, help="films to compare boxes on")
    parser.add_argument("--timed", type=int, default=24, help="films among them to be timed on")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    threads_set(options.threads)
    print(f"{options.threads} threads; load average {os.getloadavg()[0]:.1f}")
    for model in detectors(options):
        compare(model, samples_of(model.spec.case_types[0], options.films, folder=options.images), options.timed)
    sandbox.shutdown()


if __name__ == "__main__":
    main()
