"""Small models with random weights for the pictures: chosen by what they say of a drawn chest, which means nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from registry.runtime.artefacts import artefact_pack
from registry.runtime.values import InputSpec, ModelSpec
from tests.registry.runtime.artefact_samples import POINT, make_artefact, make_spec
from tests.registry.runtime.engines.detector_samples import ONE_STAGE, OPTIONS, SIDE, random_detector
from tests.starters import MODELS, SMALL_NETWORK, folder_of

BOXES_SEED, BOXES_THRESHOLD = 3, 0.1
CHESTS: dict[str, tuple[int, float]] = {"flagged": (10, 0.5), "urgent": (11, 0.5), "normal": (7, 0.9)}
"""What a chest's triage is to be -> seed of the classifier, and the operating point of its labels."""
LABELS_OF_BOXES = {"chest": ("effusion", "pneumothorax"), "dental": ("caries", "calculus")}
DENTAL = ("dental_bitewing", "dental_periapical", "dental_panoramic")


def demo_models_write(folder: Path) -> Path:
    """Artefacts, cards and index; the routes are those of flagged chests, of bones and of teeth."""
    made = [_classifier(f"chest-{triage}", "chest-small", *how) for triage, how in CHESTS.items()]
    made += [_classifier("bone-demo", "bone-small", 0, 0.5)]
    made += [_boxes("chest-boxes", "chest", ("chest",)), _boxes("tooth-boxes", "dental", DENTAL)]
    routes = {"chest": ["chest-flagged", "chest-boxes"], "bone": ["bone-demo"]}
    return folder_of(folder, made, {**routes, **{kind: ["tooth-boxes"] for kind in DENTAL}})


def _classifier(name: str, like: str, seed: int, threshold: float) -> tuple[ModelSpec, bytes]:
    given: dict[str, Any] = {**SMALL_NETWORK, **MODELS[like], "name": name}
    given["operating_points"] = dict.fromkeys(given["labels"], replace(POINT, threshold=threshold))
    spec = make_spec(**given)
    return spec, make_artefact(spec, seed=seed)


def _boxes(name: str, kind: str, case_types: tuple[str, ...]) -> tuple[ModelSpec, bytes]:
    labels = LABELS_OF_BOXES[kind]
    spec = make_spec(
        name=name,
        task="detector",
        labels=labels,
        case_types=case_types,
        triage=None,
        architecture=ONE_STAGE,
        architecture_options=OPTIONS[ONE_STAGE],
        input=InputSpec(size=SIDE, mean=0.5, std=0.25, tiles=None),
        operating_points=dict.fromkeys(labels, replace(POINT, threshold=BOXES_THRESHOLD)),
    )
    network = random_detector(ONE_STAGE, seed=BOXES_SEED)
    return spec, artefact_pack(spec, {name: tensor.numpy() for name, tensor in network.state_dict().items()})
