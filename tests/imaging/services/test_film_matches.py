"""A film of another claim that looks alike is found, with its distance; others are not; nothing is found without us."""

import numpy as np
import pytest

from accounts.audit.actions import Action
from accounts.errors import KeyUnavailable
from accounts.models import AuditEvent, OutboxEvent
from imaging.models import FilmFingerprint, FilmMatch, InsuranceClaim
from imaging.phantom import phantom_png
from imaging.services import film_matches, intake
from imaging.services.film_index import BAND_NAMES
from imaging.services.film_matches import ALIKE_BITS, film_matches_search, studies_to_search
from imaging.services.insurance_claims import study_claim_change
from imaging.services.intake import study_receive_bytes
from tests import films
from tests.imaging import jaw_phantoms as jaws

pytestmark = pytest.mark.django_db


@pytest.fixture
def receive(site, user_of):
    def go(grey, number="", **given):
        data = grey if isinstance(grey, bytes) else phantom_png(grey)
        values = {"site": site, "actor": user_of("technologist"), "file_name": "film.png", "claim_number": number}
        return study_receive_bytes(**{**values, "data": data, **given})

    return go


def kinds():
    return [(str(match.kind), match.distance) for match in FilmMatch.objects.order_by("created_at")]


def test_a_copy_under_another_claim_is_found_with_its_distance(receive):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    receive(jaws.saved_again(jaws.turned(film, degrees=2)), "CLAIM-0002")
    match = FilmMatch.objects.get()
    assert (match.kind, match.claim.claim_number, match.other_claim.claim_number) == (
        "alike",
        "CLAIM-0002",
        "CLAIM-0001",
    )
    assert 0 < match.distance <= ALIKE_BITS
    assert AuditEvent.objects.filter(action=Action.FILMS_MATCHED.value, object_id=match.id).exists()
    told = OutboxEvent.objects.filter(kind="claim.changed").values_list("object_id", flat=True)
    assert {match.claim_id, match.other_claim_id} <= set(told)


def test_a_mirror_image_is_found_as_one(receive):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    receive(np.ascontiguousarray(film[:, ::-1]), "CLAIM-0002")
    assert [kind for kind, _ in kinds()] == ["mirrored"]


def test_films_of_bones_must_be_nearer_than_those_of_teeth(receive):
    film = jaws.jaw_phantom(1)
    copy = jaws.saved_again(jaws.turned(jaws.cropped(film, left=0.05, top=0.04, right=0.0, bottom=0.02), degrees=3))
    receive(film, "CLAIM-0001")
    receive(copy, "CLAIM-0002", case_type="bone")
    assert kinds() == []
    receive(jaws.saved_again(film), "CLAIM-0003", case_type="bone")
    assert [kind for kind, _ in kinds()] == ["alike"]


def test_other_films_are_not_found(receive):
    for seed in range(6):
        receive(jaws.jaw_phantom(seed), f"CLAIM-{seed:04d}")
    assert kinds() == []


def test_films_of_one_claim_and_of_no_claim_are_not_compared(receive):
    film = jaws.jaw_phantom(1)
    receive(film)
    receive(jaws.saved_again(film), "CLAIM-0001")
    receive(jaws.brightened(film), "CLAIM-0001")
    assert kinds() == []


def test_the_same_file_under_two_claims_is_one_image_and_a_match(receive):
    film = jaws.jaw_phantom(1)
    first, second = receive(film, "CLAIM-0001"), receive(film, "CLAIM-0002")
    assert second.instance.id == first.instance.id and not second.created
    assert kinds() == [("same_file", 0)]
    receive(film, "CLAIM-0002")
    assert len(kinds()) == 1


def test_the_same_file_joins_a_claim_when_it_had_none(receive):
    film = jaws.jaw_phantom(1)
    receive(film)
    study = receive(film, "CLAIM-0001").study
    study.refresh_from_db()
    assert study.insurance_claim.claim_number == "CLAIM-0001" and kinds() == []


def test_the_same_pixels_in_another_file_are_found(receive):
    receive(films.make_dicom(seed=3, patient_id="1"), "CLAIM-0001", file_name="a.dcm")
    receive(films.make_dicom(seed=3, patient_id="2"), "CLAIM-0002", file_name="b.dcm")
    assert kinds() == [("same_pixels", 0)]


def test_the_same_file_at_another_site_of_the_organisation_is_found(receive, other_site):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    receive(film, "CLAIM-0001", site=other_site)
    assert kinds() == [("same_file", 0)] and InsuranceClaim.objects.count() == 2


def test_another_organisation_is_never_looked_at(receive, foreign_site, user_of):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    receive(film, "CLAIM-0002", site=foreign_site, actor=user_of("technologist_abroad"))
    one, two = FilmFingerprint.objects.order_by("created_at")
    assert kinds() == [] and bytes(one.bits) != bytes(two.bits) and one.pixel_index != two.pixel_index


def test_films_are_found_when_the_claim_is_named_later(receive, user_of):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    study = receive(jaws.saved_again(film)).study
    study_claim_change(study=study, number="CLAIM-0002", actor=user_of("technologist"))
    assert list(studies_to_search()) == [study]
    study.refresh_from_db()
    assert len(film_matches_search(study)) == 1 and not studies_to_search()
    assert film_matches_search(study) == []


def test_a_study_that_leaves_its_claim_takes_its_matches_along(receive, user_of):
    film = jaws.jaw_phantom(1)
    receive(film, "CLAIM-0001")
    study = receive(jaws.saved_again(film), "CLAIM-0002").study
    study_claim_change(study=study, number="", actor=user_of("technologist"))
    assert kinds() == []


def test_slices_and_empty_films_have_no_perceptual_hash(receive):
    receive(np.full((80, 80), 0.5, np.float32))
    receive(films.make_dicom(modality="CT"), file_name="slice.dcm")
    rows = list(FilmFingerprint.objects.all())
    assert all(row.bits is None and row.thumbnail == "" and row.band_0 is None for row in rows)
    assert all(row.pixel_index for row in rows)


def test_the_database_holds_no_hash_that_an_outsider_could_compute(receive):
    from imaging.dicom.thumbnail import thumbnail, thumbnail_text
    from imaging.pipeline.film_hash import film_spectrum
    from imaging.pipeline.film_key import packed

    film = jaws.jaw_phantom(1)
    receive(film)
    row = FilmFingerprint.objects.get()
    small = thumbnail(np.rint(film * 255).astype(np.uint8).astype(np.float32) / 255)
    assert thumbnail_text(small) == row.thumbnail
    plain = packed(film_spectrum(small))
    assert bytes(row.bits) != plain and sorted(bytes(row.bits)) != sorted(plain)
    assert row.__dict__["thumbnail"].stored.find(small.tobytes()[:64]) == -1
    assert all(getattr(row, name) is not None for name in BAND_NAMES)


def test_a_study_is_in_even_when_its_films_cannot_be_looked_for(receive, monkeypatch, caplog):
    def fails(study):
        raise KeyUnavailable

    monkeypatch.setattr(film_matches, "film_matches_search", fails)
    study = receive(jaws.jaw_phantom(1), "CLAIM-0001").study
    assert list(studies_to_search()) == [study] and f"{study.id} were not looked for: KeyUnavailable" in caplog.text


def test_a_study_that_moves_on_while_its_films_are_looked_for_keeps_no_match(receive, user_of, monkeypatch):
    film, plain = jaws.jaw_phantom(1), film_matches._found
    receive(film, "CLAIM-0001")
    monkeypatch.setattr(intake, "film_matches_look", lambda study: None)
    study = receive(jaws.saved_again(film), "CLAIM-0002").study

    def found(row, claim):
        seen = list(plain(row, claim))
        study_claim_change(study=study, number="CLAIM-0003", actor=user_of("technologist"))
        return seen

    monkeypatch.setattr(film_matches, "_found", found)
    assert film_matches_search(study) == [] and kinds() == []
    assert list(studies_to_search()) == [study]
