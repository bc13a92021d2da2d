"""Images that are older than the resubmission check are filled in, and found."""

import io

import pytest
from django.core.management import call_command

from imaging.models import FilmFingerprint, FilmMatch
from imaging.phantom import phantom_png
from imaging.services.intake import study_receive_bytes
from tests.imaging import jaw_phantoms as jaws

pytestmark = pytest.mark.django_db


def films(action):
    out, err = io.StringIO(), io.StringIO()
    call_command("films", action, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_older_images_get_a_fingerprint_and_their_films_are_looked_for(site, user_of):
    film = jaws.jaw_phantom(1)
    for number, grey in enumerate((film, jaws.saved_again(film))):
        values = {"site": site, "actor": user_of("technologist"), "file_name": "film.png"}
        study_receive_bytes(data=phantom_png(grey), claim_number=f"CLAIM-{number:04d}", **values)
    kept = {row.instance_id: bytes(row.bits) for row in FilmFingerprint.objects.all()}
    FilmMatch.objects.all().delete()
    FilmFingerprint.objects.all().delete()
    assert films("list")[0].startswith("2 images without")
    said, wrong = films("fill")
    assert "1 likenesses" in said and "0 images without a fingerprint, 0 studies" in said and not wrong
    assert {row.instance_id: bytes(row.bits) for row in FilmFingerprint.objects.all()} == kept


def test_an_image_that_cannot_be_read_is_said_and_left(site, user_of, monkeypatch):
    values = {"site": site, "actor": user_of("technologist"), "file_name": "film.png"}
    study_receive_bytes(data=phantom_png(jaws.jaw_phantom(1)), **values)
    FilmFingerprint.objects.all().delete()
    from accounts.errors import IntegrityBroken
    from imaging.services import fingerprints

    def broken(stored):
        raise IntegrityBroken

    monkeypatch.setattr(fingerprints, "object_read", broken)
    said, wrong = films("fill")
    assert "integrity" in wrong and "1 images without" in said
