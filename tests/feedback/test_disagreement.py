"""Who disagrees on what, in words."""

from feedback.disagreement import SignedWord, Word, disagreements

ANNA_CONFIRMS = SignedWord("Anna", (Word("confirmed", "effusion", "effusion"),))


def test_whoever_confirms_disagrees_with_nobody() -> None:
    assert disagreements([ANNA_CONFIRMS], model_labels=["effusion"]) == []


def test_a_reader_and_the_model_disagree_by_rejecting_correcting_and_adding() -> None:
    words = (Word("rejected", "mass", "mass"), Word("corrected", "nodule", "effusion"), Word("added", "bone_loss"))
    sentences = disagreements([SignedWord("Ben", words)], model_labels=["effusion", "mass"])
    assert sentences == ["Ben and the model: rejected mass, corrected effusion to nodule, added bone loss"]


def test_a_moved_box_is_a_disagreement_on_its_label() -> None:
    moved = SignedWord("Ben", (Word("corrected", "mass", "mass"),))
    assert disagreements([moved], model_labels=["mass"]) == ["Ben and the model: corrected mass"]


def test_two_readers_disagree_where_one_says_yes_and_the_other_no() -> None:
    ben = SignedWord("Ben", (Word("rejected", "effusion", "effusion"),))
    assert disagreements([ANNA_CONFIRMS, ben], model_labels=["effusion"])[-1] == "Anna and Ben: effusion"


def test_a_finding_that_only_one_reader_added_is_missing_from_the_other() -> None:
    added = SignedWord("Ben", (Word("confirmed", "effusion", "effusion"), Word("added", "caries")))
    assert disagreements([ANNA_CONFIRMS, added], model_labels=["effusion"])[-1] == "Anna and Ben: caries"


def test_what_a_reader_left_alone_is_no_word_of_theirs() -> None:
    silent = SignedWord("Ben", ())
    assert disagreements([ANNA_CONFIRMS, silent], model_labels=["effusion"]) == []
