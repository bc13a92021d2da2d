"""Which keys do what, and which keys may be given out."""

import pytest

from accounts.key_bindings import DEFAULT_KEYS, KeysInvalid, conflicts, key_is_free, keys_checked, keys_of


def test_the_defaults_are_themselves_allowed() -> None:
    assert conflicts(DEFAULT_KEYS) == {}
    assert [act for act, key in DEFAULT_KEYS.items() if not key_is_free(key)] == []
    assert keys_checked(DEFAULT_KEYS) == {}


def test_the_keys_of_the_issue_are_the_defaults() -> None:
    wanted = {"confirm": "1", "correct": "2", "second": "3", "undo": "u", "next": "n", "previous": "p", "heatmap": "g"}
    wanted |= {"boxes": "b", "original": "o", "fainter": "[", "stronger": "]", "nextFinding": "Tab", "accept": "Enter"}
    wanted |= {"reject": "x", "draw": "r", "relabel": "l", "prior": "v", "keys": "?", "sign": "Shift+Enter"}
    wanted |= {f"preset{number}": f"Shift+{number}" for number in range(1, 6)}
    assert wanted.items() <= DEFAULT_KEYS.items()


def test_only_deviations_are_kept_and_the_rest_follows_the_defaults() -> None:
    chosen = keys_checked({"confirm": "j", "boxes": "b"})
    assert chosen == {"confirm": "j"}
    assert keys_of({**chosen, "of_an_older_version": "s"}) == {**DEFAULT_KEYS, "confirm": "j"}


def test_two_acts_on_one_key_are_refused_with_their_names() -> None:
    with pytest.raises(KeysInvalid) as refused:
        keys_checked({"confirm": "u"})
    assert refused.value.details == {"conflicts": {"u": ["confirm", "undo"]}}


def test_two_acts_may_change_places() -> None:
    assert keys_checked({"confirm": "2", "correct": "1"}) == {"confirm": "2", "correct": "1"}


@pytest.mark.parametrize("key", ["F5", "Escape", "Ctrl+w", "Meta+q", "Alt+ArrowLeft", " ", "", "G", "Shift+?", "ab"])
def test_keys_of_the_browser_and_what_is_no_key_are_refused(key: str) -> None:
    with pytest.raises(KeysInvalid) as refused:
        keys_checked({"boxes": key})
    assert refused.value.details == {"refused": ["boxes"]}


@pytest.mark.parametrize("key", ["é", "ñ", "/", "`", "~", "Shift+g", "Shift+7", "Insert", "ArrowLeft"])
def test_other_keys_may_be_given_out(key: str) -> None:
    assert keys_checked({"boxes": key}) == {"boxes": key}


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(KeysInvalid):
        keys_checked({"launch": "s"})
