"""What stands in docs/screens."""

from tests.paths import REPOSITORY
from tests.screens import states
from tests.screens.pictures import BUDGET_BYTES, SYNTHETIC, films_of
from tests.screens.state import STATES

FOLDER = REPOSITORY / "docs" / "screens"
assert states


def test_every_picture_shows_synthetic_phantoms_and_says_so() -> None:
    assert {films_of(path) for path in FOLDER.glob("*.png")} <= {SYNTHETIC}


def test_the_pictures_are_those_of_the_states_and_no_heavier_than_agreed() -> None:
    pictures = list(FOLDER.glob("*.png"))
    assert {path.name for path in pictures} <= {one.file_name(size) for one in STATES for size in one.sizes}
    assert sum(path.stat().st_size for path in pictures) <= BUDGET_BYTES


def test_no_state_is_without_its_picture() -> None:
    missing = [one.name for one in STATES if not (FOLDER / one.file_name(one.sizes[0])).exists()]
    assert missing == []
