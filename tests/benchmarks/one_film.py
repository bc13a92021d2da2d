"""One film from file to result, warm: decoding, guard, classifier, detector, explanation; on torch and on OpenVINO.

python -m tests.benchmarks.one_film [--case-type bone dental_panoramic] [--engine openvino_f32] [--runs 100]
                                    [--models DIR] [--artefact FILE ...] [--images DIR] [--threads N]

Films one at a time, as a doctor waits for one: each goes through torch and then through the other engine, so that
other work on the machine slows both alike; quote times from a quiet run only. Processor time, decode children included,
hardly depends on what else runs. Films of the train split; phantoms without the shared data, which the guard looks at
without a say: it would not let them be read.
"""

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from imaging import sandbox
from imaging.pipeline.decode import decode
from imaging.pipeline.parity import FILMS
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.run import run_pipeline
from imaging.pipeline.values import Frame, PipelineResult
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.engines.threads import threads_set
from registry.runtime.values import LoadedModel
from tests.benchmarks.engine_models import ENGINES, TORCH, on_engine, route_of
from tests.benchmarks.spent import cpu_seconds
from tests.benchmarks.train_films import samples_of

WARM = 5


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that looks at a film of one case type, on one engine; and the milliseconds that it took."""

    engine: str
    case_type: str
    guard: LoadedModel | None
    models: list[LoadedModel]
    spent: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)

    def read(self, data: bytes, *, guard_decides: bool) -> PipelineResult:
        """File to result."""
        cpu, started = cpu_seconds(), time.perf_counter()
        frame = decode(data)
        decoded = 1000 * (time.perf_counter() - started)
        guard = self.guard if guard_decides else None
        if self.guard is not None and not guard_decides:
            _look(frame, self.guard)
        [result] = run_pipeline([frame], models=self.models, guard=guard, case_type=self.case_type, decode_ms=[decoded])
        taken = 1000 * (time.perf_counter() - started)
        if not isinstance(result, PipelineResult):
            raise SystemExit(f"a film failed: {result}")
        if result.status == "analysed":
            self.spent.append(taken)
            self.cpu.append(1000 * (cpu_seconds() - cpu))
            self.stages.append(asdict(result.timings))
        return result


def _look(frame: Frame, guard: LoadedModel) -> None:
    """The guard's part without its verdict."""
    spec = guard.spec.input
    settings = PreprocessSettings.from_dict(spec.preprocess)
    guard.engine.classify(
        preprocess(frame, size=spec.size, settings=settings, mean=spec.mean, std=spec.std).array[None]
    )


def readers_of(case_type: str, options: argparse.Namespace) -> list[Reader]:
    """torch, then the other engine."""
    guards = route_of("intake", options)
    route = route_of(case_type, options)
    if not route:
        raise SystemExit(f"no version reads {case_type}")
    readers = []
    for engine in dict.fromkeys((TORCH, options.engine)):
        guard = on_engine(guards[0], engine) if guards else None
        readers.append(Reader(engine, case_type, guard, [on_engine(model, engine) for model in route]))
    return readers


def measure(case_type: str, options: argparse.Namespace) -> None:
    """Print the table of one case type."""
    readers = readers_of(case_type, options)
    samples = samples_of(case_type, options.films, folder=options.images)
    decides = samples.source == FILMS
    for data in samples.files[:WARM]:
        for reader in readers:
            reader.read(data, guard_decides=decides)
    for reader in readers:
        for kept in (reader.spent, reader.cpu, reader.stages):
            kept.clear()
    for number in range(options.runs):
        for reader in readers:
            reader.read(samples.files[number % len(samples.files)], guard_decides=decides)
    names = ", ".join(f"{model.spec.name} {model.spec.version}" for model in readers[0].models)
    print(f"\n{case_type}: {names}; {len(samples.files)} {samples.source}, {options.runs} runs, one film at a time")
    table(readers, options.runs)


def table(readers: Sequence[Reader], runs: int) -> None:
    """Milliseconds a film by engine, the stages' medians, and how many times as fast the last is as the first."""
    print(f"{'engine':<14}{'analysed':>9}{'p50':>8}{'p95':>8}{'max':>8}{'cpu p50':>9}  median of the stages, ms")
    for reader in readers:
        spent = np.array(reader.spent)
        p50, p95, most = (float(np.quantile(spent, share)) for share in (0.5, 0.95, 1.0))
        cpu = float(np.median(reader.cpu))
        stages = {name: float(np.median([entry[name] for entry in reader.stages])) for name in reader.stages[0]}
        said = " ".join(f"{name} {value:.0f}" for name, value in stages.items())
        print(f"{reader.engine:<14}{len(spent):>5}/{runs:<3}{p50:>8.0f}{p95:>8.0f}{most:>8.0f}{cpu:>9.0f}  {said}")
    if len(readers) > 1:
        first, last = readers[0], readers[-1]
        wall, cpu = (float(np.median(a) / np.median(b)) for a, b in ((first.spent, last.spent), (first.cpu, last.cpu)))
        print(f"{first.engine} takes {wall:.2f} times as long as {last.engine}, and {cpu:.2f} times its processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case-type", nargs="+", default=["bone", "dental_panoramic"])
    parser.add_argument("--engine", choices=ENGINES, default="openvino_f32")
    parser.add_argument("--runs", type=int, default=100, help="films a case type and engine")
    parser.add_argument("--films", type=int, default=100, help="different films among them")
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder like registry/starter_models")
    parser.add_argument("--artefact", type=Path, nargs="*", default=[], help="in place of the routed ones of its task")
    parser.add_argument("--images", type=Path, help="folder of films; default: the shared train split, else phantoms")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    threads_set(options.threads)
    print(f"{options.threads} threads; load average {os.getloadavg()[0]:.1f} at the start")
    for case_type in options.case_type:
        measure(case_type, options)
    print(f"load average {os.getloadavg()[0]:.1f} at the end")
    sandbox.shutdown()


if __name__ == "__main__":
    main()
