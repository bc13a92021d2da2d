"""Names of code, as people read them."""

import pytest

from registry.runtime.architectures import catalogue
from registry.wording import FAMILIES, family_of, family_title, figure_title, figure_words


@pytest.mark.parametrize(
    ("name", "words", "title"),
    [
        ("map_50", "mAP50", "mAP50"),
        ("map_50_95", "mAP50-95", "mAP50-95"),
        ("ap_50_impacted_tooth", "AP50 impacted tooth", "AP50 impacted tooth"),
        ("recall_at_1_fp", "recall at 1 FP", "recall at 1 false box a film"),
        ("recall_at_1_fp_loose", "recall at 1 FP loose", "recall at 1 false box a film, at overlap 0.3"),
        ("recall_at_1_fp_caries", "recall at 1 FP caries", "recall at 1 false box a film caries"),
        ("urgent_normal_auc_like_pairs", "urgent normal AUC like pairs", "urgent normal AUC like pairs"),
        ("heatmap_50", "heatmap 50", "heatmap 50"),
    ],
)
def test_figures_are_named_as_in_papers(name, words, title):
    assert (figure_words(name), figure_title(name)) == (words, title)


def test_every_architecture_is_of_a_family_with_a_title():
    known = {name: family_of(name) for name in catalogue.FAMILIES}
    assert set(known.values()) <= set(FAMILIES)
    assert (known["lite0_dense"], known["anchor_free_yolo"]) == ("lite0", "yolo")
    assert family_title("yolo") == "YOLO, anchor-free" and family_title("own_thing") == "own thing"
