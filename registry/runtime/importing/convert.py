"""Weights from elsewhere -> an artefact of ours: names mapped, every shape checked, the specification honest."""

import re

import numpy as np
from numpy.typing import NDArray

from registry.runtime import architectures
from registry.runtime.importing.checkpoint import Weights, checkpoint_read
from registry.runtime.importing.errors import LabelsDoNotFit, WeightsDoNotFit
from registry.runtime.importing.names import CHEXNET_LABELS, our_names
from registry.runtime.importing.request import WeightsRequest
from registry.runtime.values import Calibration, InputSpec, ModelSpec

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZES = {"efficientnet_b7": 600}
USUAL_SIZE = 224
TIMM_NORM_EPSILON = 1e-5
COUNTER = re.compile(r"\.num_batches_tracked$")
MOST_NAMED = 6


def weights_convert(request: WeightsRequest) -> tuple[ModelSpec, Weights]:
    """Specification and tensors of the artefact.

    The version is uncalibrated: temperature 1, no operating point, no triage, so nothing is ever positive by it.

    Raises:
        WeightsUnreadable, WeightsTooLarge, WeightsUnsafe, ImportUnknown, WeightsDoNotFit, LabelsDoNotFit,
        ArtefactMalformed.
    """
    theirs = checkpoint_read(request.path)
    names = our_names(theirs, architecture=request.architecture, source=request.source)
    renamed = {names[name]: array for name, array in theirs.items()}
    labels, rows = _rows(request, renamed.get("head.weight"))
    spec = _spec(request, labels)
    expected = _expected(spec)
    for name in ("head.weight", "head.bias"):
        if name in renamed and renamed[name].ndim and max(rows) < len(renamed[name]):
            renamed[name] = renamed[name][list(rows)]
    _check(renamed, expected, theirs={ours: name for name, ours in names.items()})
    return spec, {name: renamed.get(name, fresh) for name, fresh in expected.items()}


def _expected(spec: ModelSpec) -> Weights:
    network = architectures.build(spec.architecture, spec.architecture_options, spec.labels)
    return {name: tensor.numpy() for name, tensor in network.state_dict().items()}


def _check(found: Weights, expected: Weights, *, theirs: dict[str, str]) -> None:
    """Every weight is there, in its shape, finite, and nothing else is. Counters of training steps may be missing."""
    missing = sorted(name for name in expected if name not in found and not COUNTER.search(name))
    unexpected = sorted(theirs[name] for name in found if name not in expected)
    shapes = sorted(
        f"{theirs[name]}: {_shape(array)} instead of {_shape(expected[name])}"
        for name, array in found.items()
        if name in expected and array.shape != expected[name].shape
    )
    broken = sorted(theirs[name] for name, array in found.items() if name in expected and not _finite(array))
    details = {"missing": missing, "unexpected": unexpected, "other_shape": shapes, "not_finite": broken}
    wrong = {kind: names for kind, names in details.items() if names}
    if wrong:
        raise WeightsDoNotFit(_sentence(wrong), details=wrong)


def _sentence(wrong: dict[str, list[str]]) -> str:
    words = {"missing": "missing", "unexpected": "not known", "other_shape": "of another shape"}
    parts = []
    for kind, names in wrong.items():
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        parts.append(f"{len(names)} {words.get(kind, 'not finite')}: {', '.join(names[:MOST_NAMED])}{more}")
    return f"The weights are not those of the architecture. {'. '.join(parts)}."


def _shape(array: NDArray[np.generic]) -> str:
    return "x".join(map(str, array.shape)) or "one value"


def _finite(array: NDArray[np.generic]) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _rows(request: WeightsRequest, head: NDArray[np.generic] | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The labels, and the row of the checkpoint's last layer that each of them is."""
    brought = CHEXNET_LABELS if request.source == "chexnet" else ()
    labels = request.labels or brought
    if not labels:
        raise LabelsDoNotFit("The checkpoint does not say what its outputs mean: name the labels.")
    if len(set(labels)) != len(labels):
        raise LabelsDoNotFit("A label is named twice.")
    if request.rows:
        rows = request.rows
    elif brought:
        if unknown := [label for label in labels if label not in brought]:
            raise LabelsDoNotFit(
                f"The checkpoint has no output for {', '.join(unknown)}. It has: {', '.join(brought)}."
            )
        rows = tuple(brought.index(label) for label in labels)
    else:
        rows = tuple(range(len(labels)))
    _rows_check(request, labels, rows, head)
    return labels, rows


def _rows_check(
    request: WeightsRequest, labels: tuple[str, ...], rows: tuple[int, ...], head: NDArray[np.generic] | None
) -> None:
    if len(rows) != len(labels):
        raise LabelsDoNotFit(f"{len(labels)} labels and {len(rows)} rows are named.")
    if head is None or head.ndim != 2:
        return  # missing or of another shape: said with all other names
    chosen = bool(request.rows) or request.source == "chexnet"
    if (not chosen and len(head) != len(labels)) or not all(0 <= row < len(head) for row in rows):
        raise LabelsDoNotFit(f"The last layer of the checkpoint has {len(head)} rows; {len(labels)} labels are named.")


def _spec(request: WeightsRequest, labels: tuple[str, ...]) -> ModelSpec:
    mean, std, options = _standard(request.mean or IMAGENET_MEAN, request.std or IMAGENET_STD)
    if request.source == "timm" and request.architecture.startswith("efficientnet_b"):
        options["norm_epsilon"] = TIMM_NORM_EPSILON
    size = request.size if request.size is not None else SIZES.get(request.architecture, USUAL_SIZE)
    return ModelSpec(
        name=request.name,
        version=request.version,
        task="classifier",
        architecture=request.architecture,
        architecture_options=options,
        case_types=request.case_types,
        labels=labels,
        input=InputSpec(size=size, mean=mean, std=std),
        calibration={label: Calibration(temperature=1.0) for label in labels},
        operating_points={},
        training={"imported": {**request.origin, "map": request.source}, "calibration": "not calibrated here"},
    )


def _standard(mean: tuple[float, ...], std: tuple[float, ...]) -> tuple[float, float, dict[str, object]]:
    """Mean and standard deviation of the input; three of them go into the network, which gets the input as it is."""
    if len(mean) == len(std) == 1:
        return mean[0], std[0], {}
    return 0.0, 1.0, {"channel_mean": list(mean), "channel_std": list(std)}
