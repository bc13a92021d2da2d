"""The two-stage detector: what its losses count, and what becomes of proposals."""

import torch

from registry.runtime.architectures.context_faster_rcnn import box_loss, classification_loss
from tests.registry.runtime.architectures.detector_samples import detector, film, target

LOGITS = torch.tensor([[1.0, 0.5, 2.0], [0.2, 0.1, 3.0]])


def test_with_every_label_known_the_loss_is_plain_cross_entropy() -> None:
    labels, known = torch.tensor([0, 2]), torch.ones(2, 2, dtype=torch.bool)
    expected = torch.nn.functional.cross_entropy(LOGITS, labels)
    torch.testing.assert_close(classification_loss(LOGITS, labels, known), expected)


def test_background_shares_its_probability_with_labels_that_nobody_looked_for() -> None:
    known = torch.tensor([[True, False]])
    loss = classification_loss(LOGITS[:1], torch.tensor([0]), known)
    p = LOGITS[0].softmax(0)
    torch.testing.assert_close(loss, -torch.log(p[0] + p[2]))


def test_a_found_label_is_told_apart_from_all_others_whatever_is_known() -> None:
    known = torch.tensor([[True, False]])
    loss = classification_loss(LOGITS[:1], torch.tensor([1]), known)
    torch.testing.assert_close(loss, -torch.log(LOGITS[0].softmax(0)[1]))


def test_edges_of_background_cost_nothing() -> None:
    edges, aims = torch.ones(2, 12), torch.zeros(2, 4)
    assert box_loss(edges, torch.tensor([0, 0]), aims) == 0
    assert box_loss(edges, torch.tensor([0, 2]), aims) > 0


def test_drawn_boxes_are_among_the_proposals_that_the_head_is_trained_on() -> None:
    network = detector("context_faster_rcnn").train()
    drawn = target((10, 10, 40, 50), label=2)
    sampled = network._sampled([torch.tensor([[60.0, 60.0, 90.0, 90.0]])], [drawn])
    assert sampled.labels.tolist() == [0, 2]
    torch.testing.assert_close(sampled.proposals[0][1], drawn["boxes"][0])
    torch.testing.assert_close(sampled.edges[1], torch.zeros(4))


def test_a_proposal_in_an_ignored_region_is_no_background() -> None:
    network = detector("context_faster_rcnn").train()
    ignored = target((10, 10, 40, 50), ignored=torch.tensor([[55.0, 55.0, 95.0, 95.0]]))
    sampled = network._sampled([torch.tensor([[60.0, 60.0, 90.0, 90.0]])], [ignored])
    assert sampled.labels.tolist() == [1]


def test_candidates_have_a_box_a_label() -> None:
    network = detector("context_faster_rcnn").eval()
    with torch.inference_mode():
        ((boxes, scores),) = network.candidates(film((10, 10, 40, 50))[None])
    assert boxes.shape == (len(scores), 2, 4) and scores.shape[1] == 2 and len(scores) <= 50
