import hashlib
from pathlib import Path

import pytest

from accounts.errors import InvalidInput
from imaging.models import InferenceRun, Study
from imaging.screening_lines import FrameIdentity, Line, not_analysed_line, refused_line
from imaging.screening_store import ScreeningStore, sender_at, site_named
from tests import factories
from tests.imaging.test_screen import write_png

pytestmark = pytest.mark.django_db(transaction=True)


def line_of(path: Path) -> Line:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    identity = FrameIdentity(file=str(path), sha256=sha256, width=200, height=160)
    return not_analysed_line(identity, "case_type_unknown: the file does not say")


@pytest.fixture
def store(site, user_of, starter_models) -> ScreeningStore:
    user_of("technologist")
    return ScreeningStore(site_code=None, username=None, case_type="chest")


def test_a_screened_file_is_taken_in_once_and_waits_for_the_worker(store, tmp_path):
    path = write_png(tmp_path / "film.png")
    assert [store.take(line_of(path)), store.take(line_of(path))] == [None, None]
    assert (Study.objects.count(), InferenceRun.objects.count()) == (1, 1)


def test_a_refused_file_is_not_stored(store, tmp_path):
    identity = FrameIdentity(file=str(write_png(tmp_path / "film.png")), sha256="0" * 64)
    assert store.take(refused_line(identity, InvalidInput())) is None
    assert Study.objects.count() == 0


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"other")])
def test_a_file_that_changed_since_it_was_screened_is_not_stored(store, tmp_path, change):
    path = write_png(tmp_path / "film.png")
    line = line_of(path)
    change(path)
    assert store.take(line) is not None
    assert Study.objects.count() == 0


def test_the_sender_is_a_technologist_before_anybody_else(site, user_of):
    user_of("reader"), user_of("technologist")
    assert sender_at(site, None).username == "technologist"
    assert sender_at(site, "reader").username == "reader"


@pytest.mark.parametrize("name", ["compliance_officer", "reader_elsewhere", "nobody"])
def test_who_may_not_send_studies_in_cannot_be_named(site, user_of, name):
    if name != "nobody":
        user_of(name)
    with pytest.raises(InvalidInput):
        sender_at(site, name)


def test_a_site_s_code_that_two_organisations_use_needs_the_organisation(site):
    twin = factories.make_site(factories.make_organisation("south-group"), "north")
    assert site_named("south-group/north") == twin
    for code in ("north", "nowhere"):
        with pytest.raises(InvalidInput):
            site_named(code)
