"""The flat figures of a document: what lists, gates and the first lines of report and card show."""

from collections.abc import Mapping, Sequence

from feedback.evaluation.box_figures import IMAGE_AUC
from feedback.evaluation.numbers import Json, plain
from feedback.evaluation.targets import ANY_FINDING, URGENT, URGENT_NORMAL

TRIAGE_TARGETS = (URGENT_NORMAL, ANY_FINDING)


def classifier_summary(sections: Json, labels: Sequence[str]) -> dict[str, Json]:
    """Triage first, then the labels, then the maps."""
    targets: Mapping[str, Json] = sections["targets"]
    found: dict[str, Json] = {}
    for name in TRIAGE_TARGETS:
        if name in targets:
            found[f"{name}_auc"] = targets[name]["auc"]
            found |= _like_pairs(name, targets[name])
    if URGENT in targets:
        found["triage_ece"] = targets[URGENT]["calibration"]["ece"]
    measured = [label for label in labels if label in targets]
    if len(measured) == 1:
        label = measured[0]
        found[f"{label}_auc"] = targets[label]["auc"]
        found |= _like_pairs(label, targets[label])
        if sections.get("without_hardware"):
            found[f"{label}_auc_without_hardware"] = sections["without_hardware"][label]
        found[f"{label}_ece"] = targets[label]["calibration"]["ece"]
    elif measured:
        name = "mean_finding_auc" if URGENT_NORMAL in targets else "mean_auc"
        found[name] = sections["mean_auc"]
        found |= {f"auc_{label}": targets[label]["auc"] for label in measured}
    if sections.get("pointing"):
        found["pointing_hit_rate"] = sections["pointing"]["all"]["hit_rate"]
    return {name: value for name, value in found.items() if value is not None}


def detector_summary(detection: Json) -> dict[str, Json]:
    """Over all labels first; then area under the step curve, boxes found and false boxes at the operating point, image
    AUC, a label each."""
    overall = detection.get("figures", {})
    found: dict[str, Json] = {name: value for name, value in overall.items() if name != IMAGE_AUC}
    for label, metrics in detection.get("labels", {}).items():
        for overlap in ("0.5", "0.3"):
            part = metrics.get(f"overlap_{overlap}", {})
            found |= {
                f"{label}_{name}_{overlap}": part[name]
                for name in ("average_precision", "boxes_found", "false_boxes_per_film")
                if name in part
            }
        for name in ("image_auc", "image_auc_without_hardware"):
            if metrics.get(name):
                found[f"{label}_{name}"] = metrics[name]
    return found


def _like_pairs(name: str, metrics: Json) -> dict[str, Json]:
    found = metrics["like_pairs"]
    if found is None:
        return {f"{name}_auc_like_pairs": plain(None)}
    return {f"{name}_auc_like_pairs": {part: found[part] for part in ("value", "low", "high")}}
