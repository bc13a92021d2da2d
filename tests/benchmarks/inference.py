"""Images a second, file to result: what a user would write by hand, and our engines; in one run, on the same images.

python -m tests.benchmarks.inference [--models DIR] [--architecture NAME] [--images DIR] [--count N] [--threads N]

A result is decoded pixels, preprocessing, the network, an explanation and calibrated probabilities; no PNG is written.
By hand: PIL, eager fp32 torch at batch 1, the grad-cam package for the top class, as its own guide has it. Ours: the
decode child, the pipeline, the maps of every label. All use the same network, weights and number of threads.
Other work on the machine slows everything: quote the ratios. "a CPU second" counts the decode children, too.
"""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from pytorch_grad_cam import GradCAM
from torch import nn

from imaging import sandbox
from imaging.phantom import chest_phantom, phantom_png
from imaging.pipeline.ahead import one_ahead
from imaging.pipeline.calibrate import probability_of_logit
from imaging.pipeline.decode import decode
from imaging.pipeline.parity import FILMS, PHANTOMS, ParityCount, refusal
from imaging.pipeline.predict import MOST_AT_ONCE
from imaging.pipeline.preprocess import PreprocessSettings, preprocess
from imaging.pipeline.run import PipelineError, run_pipeline
from imaging.pipeline.values import Frame
from registry.runtime import architectures
from registry.runtime.artefacts import STARTER_MODELS
from registry.runtime.engines.base import Engine
from registry.runtime.engines.export import graph_export
from registry.runtime.engines.graph import PRECISIONS, ExportedGraph
from registry.runtime.engines.openvino import OpenVinoEngine, has_bfloat16, openvino
from registry.runtime.engines.threads import threads_set
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.loader import load_artefact
from registry.runtime.values import Calibration, InputSpec, LoadedModel, ModelSpec
from tests.benchmarks.spent import cpu_seconds
from tests.paths import SHARED_DATA

FOLDERS = {"chest": "chest_nih", "bone": "fracture_fracatlas", "dental_panoramic": "dental_opg"}
STAGED = {"width": 128, "kernel": 1, "direct": True, "triage": True, "context": 7}
OPTIONS = {"lite0_dense": {"width": 128, "sharpness": 4.0}}
BY_HAND, OURS = "by hand: torch + grad-cam", "ours: torch"
ONE_THREAD = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
LABELS = tuple(f"finding_{number}" for number in range(10))


@dataclass(slots=True)
class Spent:
    """Wall and processor seconds for so many images."""

    wall: float = 0.0
    cpu: float = 0.0
    images: int = 0


@dataclass(frozen=True, slots=True)
class Contender:
    """Files -> how many results."""

    name: str
    run: Callable[[Sequence[Path]], int] = field(repr=False)
    spent: Spent = field(default_factory=Spent)

    def go(self, files: Sequence[Path]) -> None:
        """One round."""
        wall, cpu = time.perf_counter(), cpu_seconds()
        self.spent.images += self.run(files)
        self.spent.cpu += cpu_seconds() - cpu
        self.spent.wall += time.perf_counter() - wall


class _LogitsOnly(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        return self.network(batch)["logits"]


def by_hand(model: LoadedModel, files: Sequence[Path]) -> int:
    """What a competent user would write without us."""
    spec, network = model.spec, model.engine.network
    explained = network.neck if hasattr(network, "neck") else network.body
    with GradCAM(model=_LogitsOnly(network), target_layers=[explained]) as explainer:
        for file in files:
            image = Image.open(file).convert("L").resize((spec.input.size, spec.input.size), Image.Resampling.BILINEAR)
            grey = (np.asarray(image, np.float32) / 255.0 - spec.input.mean) / spec.input.std
            batch = torch.from_numpy(grey).expand(1, 3, -1, -1).contiguous()
            heatmap = explainer(input_tensor=batch, targets=None)[0]
            logits = explainer.outputs.detach().numpy()[0]
            result = {
                label: probability_of_logit(float(logit), spec.calibration[label])
                for label, logit in zip(spec.labels, logits, strict=True)
            }
            assert heatmap.shape == (spec.input.size, spec.input.size) and len(result) == len(spec.labels)
    return len(files)


def ours(model: LoadedModel, files: Sequence[Path]) -> int:
    """The pipeline as the worker runs it: the next chunk is decoded while the network reads this one."""
    chunks = [files[first : first + MOST_AT_ONCE] for first in range(0, len(files), MOST_AT_ONCE)]
    jobs = (partial(decoded, chunk) for chunk in chunks)
    results = [result for frames in one_ahead(jobs) for result in run_pipeline(frames, models=[model])]
    assert not any(isinstance(result, PipelineError) for result in results)
    return len(results)


def decoded(files: Sequence[Path]) -> list[Frame]:
    """Through the decode child."""
    return [decode(file.read_bytes()) for file in files]


def models_of(options: argparse.Namespace) -> Iterator[LoadedModel]:
    """The classifiers of the folder, on torch; and the architectures that were asked for, with random weights."""
    for path in sorted(options.models.rglob("*.safetensors")):
        data = path.read_bytes()
        model = load_artefact(data, sha256=hashlib.sha256(data).hexdigest())
        if model.spec.task == "classifier" and (options.only is None or model.spec.name in options.only):
            yield model
    for name in options.architecture:
        yield random_model(name, size=options.size)


def random_model(architecture: str, *, size: int) -> LoadedModel:
    """Speed does not depend on the weights."""
    torch.manual_seed(0)
    triage = {} if architecture == "lite0_dense" else {"triage": True}
    choices = STAGED if architecture.endswith("_s16s32_head") else OPTIONS.get(architecture, triage)
    spec = ModelSpec(
        name=f"{architecture} (random weights)",
        version="0",
        task="classifier",
        architecture=architecture,
        architecture_options=choices,
        case_types=("chest",),
        labels=LABELS,
        input=InputSpec(size=size, mean=0.5, std=0.25, preprocess=PreprocessSettings().to_dict()),
        calibration={label: Calibration(temperature=1.0) for label in LABELS},
        operating_points={},
    )
    network = architectures.build(architecture, spec.architecture_options, spec.labels)
    return LoadedModel(spec=spec, sha256="0" * 64, engine=TorchEngine(network))


def plain_copy(model: LoadedModel) -> LoadedModel:
    """The same network as a user has it: usual memory layout, gradients not switched off."""
    network = architectures.build(model.spec.architecture, model.spec.architecture_options, model.spec.labels)
    network.load_state_dict(model.engine.network.state_dict())
    engine = TorchEngine(network)
    engine.network.requires_grad_(True).to(memory_format=torch.contiguous_format)
    return LoadedModel(spec=model.spec, sha256=model.sha256, engine=engine)


def with_engine(model: LoadedModel, engine: Engine) -> LoadedModel:
    """The same version on another engine."""
    return LoadedModel(spec=model.spec, sha256=model.sha256, engine=engine, familiarity=model.familiarity)


def films(options: argparse.Namespace, case_type: str, folder: Path) -> tuple[list[Path], str]:
    """Films of the case type; phantoms where there are none."""
    wanted = max(options.count, options.parity)
    root = options.images or (SHARED_DATA / FOLDERS[case_type] if SHARED_DATA and case_type in FOLDERS else None)
    if root is not None:
        found = sorted(path for kind in ("*.jpg", "*.png") for path in root.rglob(kind))
        step = max(1, len(found) // wanted)
        return found[::step][:wanted], FILMS
    paths = [folder / f"{seed}.png" for seed in range(wanted)]
    for seed, path in enumerate(paths):
        path.write_bytes(phantom_png(chest_phantom(seed, rows=544, columns=544)))
    return paths, PHANTOMS


def compare(model: LoadedModel, files: list[Path], source: str, options: argparse.Namespace) -> None:
    """Print the table of one version."""
    spec = model.spec
    print(
        f"\n{spec.name} {spec.version}: {spec.architecture}, {spec.input.size} px, {len(spec.labels)} labels, {source}"
    )
    graph = graph_export(model.engine, size=spec.input.size)
    fast = {name: OpenVinoEngine(graph, precision=precision) for name, precision in engines_here().items()}
    contenders = [Contender(BY_HAND, partial(by_hand, plain_copy(model))), Contender(OURS, partial(ours, model))]
    contenders += [Contender(f"ours: {name}", partial(ours, with_engine(model, e))) for name, e in fast.items()]
    timed = files[: options.count]
    for contender in contenders:
        contender.run(timed[:MOST_AT_ONCE])  # lazy initialisation is paid here
    for _ in range(options.rounds):
        for contender in contenders:
            contender.go(timed)
    speed_table(contenders)
    batches = [inputs_of(model, file) for file in files[: options.parity]]
    for name, engine in fast.items():
        parity_line(model, name, engine, batches, source)
    explanation_line(model, graph, np.concatenate(batches[: options.count]))


def engines_here() -> dict[str, str]:
    """What OpenVINO can run on this processor."""
    return {name: kind for name, kind in PRECISIONS.items() if kind != "bf16" or has_bfloat16()}


def inputs_of(model: LoadedModel, file: Path) -> np.ndarray:
    """float32 (1, 3, S, S)."""
    spec = model.spec.input
    settings = PreprocessSettings.from_dict(spec.preprocess)
    return preprocess(decode(file.read_bytes()), size=spec.size, settings=settings, mean=spec.mean, std=spec.std).array[
        None
    ]


def speed_table(contenders: Sequence[Contender]) -> None:
    """Rates, and how many times the first line's they are."""
    first = contenders[0].spent
    print(f"{'':<28}{'images a second':>17}{'times':>8}{'a CPU second':>15}{'times':>8}")
    for contender in contenders:
        spent = contender.spent
        wall, cpu = spent.images / spent.wall, spent.images / spent.cpu
        by_wall, by_cpu = wall * first.wall / first.images, cpu * first.cpu / first.images
        print(f"{contender.name:<28}{wall:>17.2f}{by_wall:>8.2f}{cpu:>15.2f}{by_cpu:>8.2f}")


def parity_line(model: LoadedModel, name: str, engine: Engine, batches: Sequence[np.ndarray], source: str) -> None:
    """Differences from fp32 torch, and whether the engine would serve."""
    count = ParityCount(model.spec)
    for batch in batches:
        count.add(model.engine.classify(batch), engine.classify(batch))
    found = count.parity(source=source)
    verdict = refusal(name, found) or "may serve"
    print(
        f"{name} against fp32 torch on {found.n_images} {source}: probability p50 {found.probability_p50:.6f} "
        f"p99 {found.probability_p99:.6f} max {found.probability_max:.6f}; heatmap p99 {found.heatmap_p99:.6f} "
        f"max {found.heatmap_max:.6f} of its peak; {found.calls_changed} calls changed; {verdict}"
    )


def explanation_line(model: LoadedModel, graph: ExportedGraph, batch: np.ndarray) -> None:
    """Processor time of the maps of every label, over a forward pass that puts out logits alone."""
    library = openvino()
    core = library.Core()
    whole = core.read_model(graph.xml.encode(), library.Tensor(graph.weights))
    kept = [output.get_node() for output in whole.outputs if output.get_names() & {"logits", "triage_logits"}]
    bare = library.Model(kept, whole.get_parameters(), "bare")
    compiled = [core.compile_model(entry, "CPU", ONE_THREAD) for entry in (bare, whole)]
    spent: list[list[float]] = [[], []]
    for image in [batch[:1], *np.split(batch, len(batch))]:
        for place, network in enumerate(compiled):
            started = time.process_time()
            network([image])
            spent[place].append(1000 * (time.process_time() - started))
    without, with_maps = (float(np.median(entry[1:])) for entry in spent)
    share = f"{with_maps / without - 1:+.1%}"
    print(f"explanation of {len(model.spec.labels)} labels: {without:.1f} ms without, {with_maps:.1f} ms with, {share}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=STARTER_MODELS, help="folder of artefacts")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="only versions of these names")
    parser.add_argument("--architecture", nargs="*", default=[], metavar="NAME", help="also these, with random weights")
    parser.add_argument("--size", type=int, default=448, help="input side of --architecture, pixels")
    parser.add_argument("--images", type=Path, help="folder of images; default: shared films, else phantoms")
    parser.add_argument("--count", type=int, default=24, help="images to be timed on, each round")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--parity", type=int, default=96, help="images to compare engines on")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    threads_set(options.threads)
    print(f"{options.threads} threads; torch {torch.__version__}; OpenVINO {openvino().__version__}")
    with tempfile.TemporaryDirectory() as folder:
        for model in models_of(options):
            files, source = films(options, model.spec.case_types[0], Path(folder))
            compare(model, files, source, options)
    sandbox.shutdown()


if __name__ == "__main__":
    main()
