"""Who disagrees on what: readers with the model, readers with each other."""

import pytest

from feedback.discordance_rules import Said, SignedRead, discordances_of, overlap

BOX = (10.0, 10.0, 30.0, 30.0)
BESIDE = (100.0, 100.0, 130.0, 130.0)


def model(
    verdict: str, label: str = "effusion", *, named: str = "effusion", finding: str = "f1", **more: object
) -> Said:
    return Said(verdict, label, named, finding=finding, **more)  # type: ignore[arg-type]


def added(label: str, **more: object) -> Said:
    return Said("added", label, **more)  # type: ignore[arg-type]


def sentences(*reads: SignedRead) -> list[str]:
    return [found.words for found in discordances_of(reads)]


def test_whoever_confirms_everything_disagrees_with_nobody() -> None:
    assert sentences(SignedRead("Ann", (model("confirmed"),)), SignedRead("Ben", (model("confirmed"),))) == []


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (model("rejected"), "the model sees effusion, Ann does not"),
        (model("corrected", "mass"), "Ann calls mass what the model calls effusion"),
        (model("corrected"), "Ann sees the model's effusion otherwise than the model says it"),
        (added("caries", tooth=36), "Ann sees caries at tooth 36, the model does not"),
    ],
)
def test_a_reader_and_the_model_in_words(said: Said, words: str) -> None:
    (found,) = discordances_of([SignedRead("Ann", (said,))])
    assert (found.kind, found.words, found.who) == ("reader_model", words, ("Ann",))


def test_one_confirms_what_the_other_rejects() -> None:
    found = discordances_of([SignedRead("Ann", (model("confirmed"),)), SignedRead("Ben", (model("rejected"),))])
    assert [(one.kind, one.label, one.who) for one in found] == [
        ("reader_model", "effusion", ("Ben",)),
        ("reader_reader", "effusion", ("Ann", "Ben")),
    ]


def test_what_a_reader_left_alone_of_the_models_is_no_word_of_theirs() -> None:
    assert sentences(SignedRead("Ann", (model("confirmed"),)), SignedRead("Ben", ())) == []


def test_what_only_one_reader_added_the_other_would_have_had_to_add() -> None:
    assert "Ann sees mass, Ben does not" in sentences(SignedRead("Ann", (added("mass"),)), SignedRead("Ben", ()))


def test_one_label_at_two_teeth_or_two_places_is_no_agreement() -> None:
    two_teeth = sentences(
        SignedRead("Ann", (added("caries", tooth=36),)), SignedRead("Ben", (added("caries", tooth=26),))
    )
    two_places = sentences(
        SignedRead("Ann", (added("mass", box=BOX),)), SignedRead("Ben", (added("mass", box=BESIDE),))
    )
    assert "Ann sees caries where Ben does not" in two_teeth
    assert "Ann sees mass where Ben does not" in two_places


def test_boxes_of_one_lesion_that_differ_in_size_agree() -> None:
    larger = (8.0, 8.0, 40.0, 40.0)
    found = discordances_of(
        [SignedRead("Ann", (added("mass", box=BOX),)), SignedRead("Ben", (added("mass", box=larger),))]
    )
    assert {one.kind for one in found} == {"reader_model"}


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(2 / 6)
    assert overlap((0, 0, 1, 1), (1, 0, 2, 1)) == 0.0
