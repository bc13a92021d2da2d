"""docs/screens/README.md: what each picture shows."""

from collections.abc import Sequence
from pathlib import Path

from tests.screens.state import Size, State

HEAD = """# Screens

Every page and state of the portal, made by `make screens`: a portal of its own, synthetic phantoms, small models with
random weights (what they say of a phantom means nothing), a real Chromium. `REAL=1 make screens` makes the same of real
films into `var/screens/`, which is never committed. `make screens ONLY=study` makes those whose name begins so.
A state that cannot be reached, or whose page complains, fails the command.

| state | what it shows | other sizes |
| --- | --- | --- |
"""


def index_write(folder: Path, states: Sequence[State]) -> None:
    (folder / "README.md").write_text(HEAD + "".join(_row(state) for state in states))


def _row(state: State) -> str:
    others = ", ".join(_link(state, size) for size in state.sizes[1:])
    return f"| [{state.name}]({state.file_name(state.sizes[0])}) | {state.words} | {others} |\n"


def _link(state: State, size: Size) -> str:
    return f"[{size[0]} x {size[1]}]({state.file_name(size)})"
