"""The names that other programs give the weights of an architecture -> ours. Pure: strings in, strings out.

Ours: body.<as torchvision or timm names it, without the classifier>, head.weight, head.bias.
"""

import re
from collections.abc import Callable, Iterable

from registry.runtime.importing.errors import ImportUnknown

MAPS = ("torchvision", "timm", "chexnet")
# The order of the outputs in the paper's reimplementations (Rajpurkar et al. 2017, ChestX-ray14's own order).
CHEXNET_LABELS = (
    "atelectasis",
    "cardiomegaly",
    "effusion",
    "infiltration",
    "mass",
    "nodule",
    "pneumonia",
    "pneumothorax",
    "consolidation",
    "edema",
    "emphysema",
    "fibrosis",
    "pleural_thickening",
    "hernia",
)
RESNET_CHILDREN = {"conv1": 0, "bn1": 1, "layer1": 4, "layer2": 5, "layer3": 6, "layer4": 7}
# DenseNet before torchvision 0.2: a dot in the middle of a module's name.
OLD_DENSE_NAME = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")
DEPTHWISE = {"conv_dw": "0.0", "bn1": "0.1", "se.conv_reduce": "1.fc1", "se.conv_expand": "1.fc2"}
DEPTHWISE |= {"conv_pw": "2.0", "bn2": "2.1"}
INVERTED = {"conv_pw": "0.0", "bn1": "0.1", "conv_dw": "1.0", "bn2": "1.1", "se.conv_reduce": "2.fc1"}
INVERTED |= {"se.conv_expand": "2.fc2", "conv_pwl": "3.0", "bn3": "3.1"}
TIMM_BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(.+)\.(\w+)$")
TIMM_ENDS = {"conv_stem": "0.0", "bn1": "0.1", "conv_head": "8.0", "bn2": "8.1"}
Rename = Callable[[str], str]


def our_names(names: Iterable[str], *, architecture: str, source: str) -> dict[str, str]:
    """{their name: our name}. A name that the map does not know keeps itself, and is then found unexpected.

    Raises:
        ImportUnknown: there is no such map for the architecture.
    """
    rename = _rename(architecture, source)
    listed = list(names)
    wrapped = all(name.startswith("module.") for name in listed)  # torch.nn.DataParallel
    return {name: rename(name.removeprefix("module.") if wrapped else name) for name in listed}


def _rename(architecture: str, source: str) -> Rename:
    table: dict[tuple[str, str], Rename] = {
        ("torchvision", "resnet18"): _resnet,
        ("torchvision", "resnet50"): _resnet,
        ("torchvision", "densenet121"): _densenet,
        ("torchvision", "efficientnet_b0"): _efficientnet,
        ("torchvision", "efficientnet_b7"): _efficientnet,
        ("timm", "resnet18"): _resnet,
        ("timm", "resnet50"): _resnet,
        ("timm", "densenet121"): _densenet,
        ("timm", "efficientnet_b0"): _timm_efficientnet,
        ("timm", "efficientnet_b7"): _timm_efficientnet,
        ("timm", "efficientnet_lite0"): _timm_lite0,
        ("chexnet", "densenet121"): _chexnet,
    }
    try:
        return table[source, architecture]
    except KeyError:
        known = ", ".join(f"{name} ({way})" for way, name in sorted(table))
        raise ImportUnknown(f"There is no map {source} for {architecture}. Known: {known}.") from None


def _resnet(name: str) -> str:
    first, _, rest = name.partition(".")
    if first == "fc":
        return f"head.{rest}"
    return f"body.{RESNET_CHILDREN[first]}.{rest}" if first in RESNET_CHILDREN else name


def _densenet(name: str) -> str:
    name = OLD_DENSE_NAME.sub(r"\1\2", name)
    if name.startswith("classifier."):
        return name.replace("classifier.", "head.", 1)
    return name.replace("features.", "body.0.", 1) if name.startswith("features.") else name


def _chexnet(name: str) -> str:
    plain = name.removeprefix("densenet121.")
    return _densenet(plain.replace("classifier.0.", "classifier.", 1))


def _efficientnet(name: str) -> str:
    if name.startswith("classifier.1."):
        return name.replace("classifier.1.", "head.", 1)
    return name.replace("features.", "body.", 1) if name.startswith("features.") else name


def _timm_efficientnet(name: str) -> str:
    """timm's stages and layers by name -> torchvision's by number."""
    if name.startswith("classifier."):
        return name.replace("classifier.", "head.", 1)
    if block := TIMM_BLOCK.match(name):
        stage, place, layer, kind = block.groups()
        known = DEPTHWISE if stage == "0" else INVERTED
        return f"body.{int(stage) + 1}.{place}.block.{known[layer]}.{kind}" if layer in known else name
    layer, _, kind = name.partition(".")
    return f"body.{TIMM_ENDS[layer]}.{kind}" if layer in TIMM_ENDS else name


def _timm_lite0(name: str) -> str:
    if name.startswith("classifier."):
        return name.replace("classifier.", "head.", 1)
    return f"body.{name}"
