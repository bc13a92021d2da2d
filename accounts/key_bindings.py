"""What a reader does by key: the acts, the key each has by default, and which keys may be given to them. Pure.

A key is written as the page reads it: a letter in lower case, a sign as it is typed ("?", "["), a name ("Enter",
"ArrowUp"), and "Shift+" before a digit, a letter or a name. Signs already say whether Shift was held.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class KeyAct:
    """One thing that a key does. needs: "review" where only readers may; words: what the list of keys says."""

    act: str
    key: str
    group: str
    words: str
    needs: str = ""


class KeysInvalid(InvalidInput):
    """The keys cannot be given out like this; details say which, and why."""

    code = "keys_invalid"
    message = "These keys cannot be given out like this."


_READ, _OVER, _LOOK, _FIND, _TOOL, _GO = "decide", "overlay", "look", "findings", "tools", "go"

KEY_ACTS: tuple[KeyAct, ...] = (
    KeyAct("confirm", "1", _READ, "confirm every positive finding as shown, sign, next study", "review"),
    KeyAct("correct", "2", _READ, "correct: open the panel of the chosen finding", "review"),
    KeyAct("second", "3", _READ, "skip, or ask for a second opinion", "review"),
    KeyAct("sign", "Shift+Enter", _READ, "sign what you corrected, next study", "review"),
    KeyAct("undo", "u", _READ, "undo your last act here; where there was none, your last signature", "review"),
    KeyAct("nextFinding", "Tab", _FIND, "next finding: its heatmap and box"),
    KeyAct("previousFinding", "Shift+Tab", _FIND, "previous finding"),
    KeyAct("accept", "Enter", _FIND, "accept the chosen finding", "review"),
    KeyAct("reject", "x", _FIND, "reject it, or remove a box of yours; again takes that back", "review"),
    KeyAct("relabel", "l", _FIND, "give it another label: type to narrow", "review"),
    KeyAct("rebox", "m", _FIND, "draw another box for it", "review"),
    KeyAct("draw", "r", _FIND, "draw a box that is missing, then choose its label", "review"),
    KeyAct("magnifier", "z", _TOOL, "magnifier"),
    KeyAct("length", "d", _TOOL, "measure a length"),
    KeyAct("angle", "a", _TOOL, "measure an angle"),
    KeyAct("rectangle", "q", _TOOL, "measure a rectangle: size, mean, spread"),
    KeyAct("demand", "h", _OVER, "show the map of a finding below its operating point"),
    KeyAct("heatmap", "g", _OVER, "heatmap on or off; below threshold: show the map"),
    KeyAct("boxes", "b", _OVER, "boxes on or off"),
    KeyAct("original", "o", _OVER, "original only, and back"),
    KeyAct("prior", "v", _OVER, "beside the prior of the same patient, and back"),
    KeyAct("layout", "y", _OVER, "next layout: beside its overlay, single, four"),
    KeyAct("fainter", "[", _OVER, "heatmap fainter"),
    KeyAct("stronger", "]", _OVER, "heatmap stronger"),
    KeyAct("next", "n", _GO, "next study, nothing decided"),
    KeyAct("previous", "p", _GO, "back to the study before"),
    KeyAct("worklist", "w", _GO, "back to the worklist"),
    KeyAct("previousFrame", "ArrowUp", _GO, "previous frame"),
    KeyAct("nextFrame", "ArrowDown", _GO, "next frame"),
    KeyAct("previousImage", "PageUp", _GO, "previous image of the study"),
    KeyAct("nextImage", "PageDown", _GO, "next image of the study"),
    KeyAct("cine", "k", _GO, "play or stop the frames"),
    KeyAct("controls", "c", _GO, "to the buttons and menus by Tab; Esc comes back"),
    KeyAct("keys", "?", _GO, "this list"),
    KeyAct("preset1", "Shift+1", _LOOK, "window preset 1"),
    KeyAct("preset2", "Shift+2", _LOOK, "window preset 2"),
    KeyAct("preset3", "Shift+3", _LOOK, "window preset 3"),
    KeyAct("preset4", "Shift+4", _LOOK, "window preset 4"),
    KeyAct("preset5", "Shift+5", _LOOK, "window preset 5"),
    KeyAct("narrower", ",", _LOOK, "window narrower: more contrast"),
    KeyAct("wider", ".", _LOOK, "window wider: less contrast"),
    KeyAct("darker", ";", _LOOK, "darker"),
    KeyAct("brighter", "'", _LOOK, "brighter"),
    KeyAct("invert", "i", _LOOK, "invert"),
    KeyAct("fit", "0", _LOOK, "fit, window as sent"),
    KeyAct("actual", "9", _LOOK, "one to one: a pixel of the film is a pixel of the screen"),
    KeyAct("closer", "+", _LOOK, "closer"),
    KeyAct("further", "-", _LOOK, "further"),
    KeyAct("turn", "t", _LOOK, "turn by a quarter"),
    KeyAct("flip", "f", _LOOK, "flip left and right"),
)
"""Esc is not among them: it always leaves what is open."""

DEFAULT_KEYS: Mapping[str, str] = {one.act: one.key for one in KEY_ACTS}

_NAMED = r"Tab|Enter|Home|End|Insert|Delete|PageUp|PageDown|ArrowUp|ArrowDown|ArrowLeft|ArrowRight"
_WRITTEN = re.compile(rf"(?:Shift\+(?:{_NAMED}|[a-z0-9])|{_NAMED}|[^\W_]|[!-/:-@\[-`{{-~])")
_LONGEST = 20


def keys_of(chosen: Mapping[str, str]) -> dict[str, str]:
    """Every act with its key: the chosen one, else the default; acts that are no longer known are left out."""
    return {act: chosen.get(act, key) for act, key in DEFAULT_KEYS.items()}


def keys_checked(chosen: Mapping[str, str]) -> dict[str, str]:
    """The deviations from the defaults among the chosen keys.

    Raises:
        KeysInvalid: an unknown act, a key that belongs to the browser, or one key for two acts.
    """
    unknown = sorted(set(chosen) - set(DEFAULT_KEYS))
    if unknown:
        raise KeysInvalid("There is no such act.", details={"unknown": unknown[:_LONGEST]})
    refused = sorted(act for act, key in chosen.items() if not key_is_free(key))
    if refused:
        raise KeysInvalid("This key belongs to the browser, or is no single key.", details={"refused": refused})
    twice = conflicts(keys_of(chosen))
    if twice:
        raise KeysInvalid("One key cannot do two things.", details={"conflicts": twice})
    return {act: key for act, key in chosen.items() if key != DEFAULT_KEYS[act]}


def key_is_free(key: str) -> bool:
    """Whether a key may be given to an act: no function key, no Escape, nothing with Ctrl, Alt or Meta, no space."""
    return len(key) <= _LONGEST and _WRITTEN.fullmatch(key) is not None and key == _lower(key)


def conflicts(keys: Mapping[str, str]) -> dict[str, list[str]]:
    """The keys that more than one act has, with the acts."""
    acts_of: dict[str, list[str]] = {}
    for act, key in keys.items():
        acts_of.setdefault(key, []).append(act)
    return {key: acts for key, acts in acts_of.items() if len(acts) > 1}


def _lower(key: str) -> str:
    return key.lower() if len(key) == 1 else key
