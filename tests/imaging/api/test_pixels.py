"""Pixels and maps over REST: the right bytes, audited first, in no cache."""

import io
import json
import uuid
import zlib

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from accounts.audit.actions import Action
from accounts.models import AuditEvent
from accounts.services.objects import object_read
from imaging.models import Finding, Instance
from imaging.rendering import MODEL_COLOUR
from tests import factories, films

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def paths(analysed_study):
    """Every route to bytes of one study, and what it is audited as."""
    instance, finding = Instance.objects.get(), Finding.objects.filter(heatmap__isnull=False).first()
    return {
        f"/api/instances/{instance.id}/frames/0/": Action.FRAME_VIEWED,
        f"/api/instances/{instance.id}/frames/0/samples/": Action.FRAME_VIEWED,
        f"/api/instances/{instance.id}/original/": Action.ORIGINAL_EXPORTED,
        f"/api/findings/{finding.id}/heatmap/": Action.HEATMAP_VIEWED,
        f"/api/findings/{finding.id}/heatmap.npy": Action.HEATMAP_VIEWED,
    }


@pytest.mark.parametrize(
    ("role", "status"), [("reader", 200), ("reader_elsewhere", 404), ("site_admin", 404), ("anonymous", 401)]
)
def test_only_who_sees_the_study_gets_bytes(api, paths, role, status):
    client = api(role)
    assert {client.get(path).status_code for path in paths} == {status}


def test_every_byte_is_audited_and_stays_in_no_cache(api, paths, user_of):
    client = api("reader")
    for path, action in paths.items():
        response = client.get(path)
        event = AuditEvent.objects.order_by("sequence").last()
        assert (event.action, event.actor_id) == (action.value, user_of("reader").id)
        assert response["Cache-Control"] == "no-store"


def test_without_an_audit_row_no_byte_leaves(api, paths, monkeypatch):
    from accounts.errors import AuditUnavailable

    def unavailable(*args, **facts):
        raise AuditUnavailable

    client = api("reader")
    monkeypatch.setattr("imaging.api.audited.record_access", unavailable)
    for path in paths:
        response = client.get(path)
        assert (response.status_code, response["Content-Type"]) == (503, "application/json")


def test_a_frame_is_a_png_as_displayed(api, study):
    instance = Instance.objects.get()
    content = api("reader").get(f"/api/instances/{instance.id}/frames/0/").content
    assert content.startswith(PNG)


def test_a_window_changes_the_picture(api, study):
    path = f"/api/instances/{Instance.objects.get().id}/frames/0/"
    client = api("reader")
    assert client.get(f"{path}?window=3000,500").content != client.get(path).content


def test_samples_are_the_stored_values_and_say_what_they_are(api, study):
    instance = Instance.objects.get()
    path = f"/api/instances/{instance.id}/frames/0/samples/"
    response = api("reader").get(path)
    about = json.loads(response["X-Samples"])
    assert (about["rows"], about["columns"], about["type"], about["packing"]) == (
        instance.rows, instance.columns, "u2", "none",
    )  # fmt: skip
    assert about["pixel_aspect"] == 1.0
    stored = dcmread(io.BytesIO(object_read(instance.stored_object))).pixel_array
    np.testing.assert_array_equal(np.frombuffer(response.content, "<u2").reshape(stored.shape), stored)


def test_packed_samples_are_the_same_and_fewer_bytes(api, study):
    path = f"/api/instances/{Instance.objects.get().id}/frames/0/samples/"
    plain, packed = api("reader").get(path), api("reader").get(f"{path}?packed=1")
    about = json.loads(packed["X-Samples"])
    assert (packed["Content-Encoding"], about["packing"]) == ("deflate", "planes")
    low, high = np.frombuffer(zlib.decompress(packed.content), np.uint8).reshape(2, about["rows"], about["columns"])
    samples = np.cumsum(low.astype(np.uint16) + 256 * high.astype(np.uint16), axis=1, dtype=np.uint16)
    assert samples.tobytes() == plain.content
    assert len(packed.content) < 0.8 * len(plain.content)


def test_a_frame_too_large_for_a_browser_is_refused_before_it_is_opened(api, study, monkeypatch):
    monkeypatch.setattr("imaging.api.pixels.SAMPLES_PIXELS", 100)
    client = api("reader")
    events = AuditEvent.objects.count()
    response = client.get(f"/api/instances/{Instance.objects.get().id}/frames/0/samples/")
    assert (response.status_code, response.json()["code"]) == (413, "frame_too_large")
    assert AuditEvent.objects.count() == events


@pytest.mark.parametrize("query", ["window=1", "window=a,b", "window=1,-5", "max_side=3"])
def test_a_window_that_is_none_is_refused(api, study, query):
    response = api("reader").get(f"/api/instances/{Instance.objects.get().id}/frames/0/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")


def test_a_frame_that_the_image_does_not_have_is_not_found(api, study):
    assert api("reader").get(f"/api/instances/{Instance.objects.get().id}/frames/1/").status_code == 404


def test_the_original_is_what_was_sent_as_a_download(api, site, user_of):
    data = films.make_dicom()
    instance = factories.make_study(site, user_of("technologist"), data=data).instance
    response = api("reader").get(f"/api/instances/{instance.id}/original/")
    assert response.content == data
    assert response["Content-Disposition"] == f'attachment; filename="{instance.id}.dcm"'
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_heatmap_array_is_signed_and_covers_the_frame(api, paths):
    response = api("reader").get(next(path for path in paths if path.endswith(".npy")))
    array = np.load(io.BytesIO(response.content))
    assert (array.dtype, array.shape) == (np.float16, (96, 80))
    assert np.isfinite(array).all()


def test_ids_that_do_not_exist_look_like_hidden_ones(api, study):
    client = api("reader")
    for path in ("studies/{}/", "instances/{}/frames/0/", "instances/{}/original/", "findings/{}/heatmap/"):
        response = client.get("/api/" + path.format(uuid.uuid4()))
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("positive", "query", "drawn", "scaled"),
    [
        (True, "", "contributions", True),
        (False, "", "below-threshold", False),
        (False, "?below=show", "below-threshold", True),
    ],
)
def test_below_the_operating_point_a_map_is_an_outline_unless_it_is_asked_for(
    api, paths, positive, query, drawn, scaled
):
    Finding.objects.filter(heatmap__isnull=False).update(positive=positive)
    response = api("reader").get(next(path for path in paths if path.endswith("/heatmap/")) + query)
    assert (response["X-Map"], "X-Scale-Top" in response) == (drawn, scaled)
    assert response.content.startswith(PNG)


def test_the_map_of_a_joined_finding_is_its_label_s_whatever_the_box_says(api, paths):
    Finding.objects.filter(heatmap__isnull=False).update(positive=True, second_positive=False)
    response = api("reader").get(next(path for path in paths if path.endswith("/heatmap/")))
    assert (response["X-Map"], "X-Scale-Top" in response) == ("below-threshold", False)


def test_the_outline_of_a_positive_label_stands_in_place_of_a_box(api, paths):
    Finding.objects.filter(heatmap__isnull=False).update(positive=True)
    response = api("reader").get(next(path for path in paths if path.endswith("/heatmap/")) + "?shape=outline")
    assert (response["X-Map"], "X-Scale-Top" in response) == ("contributions", False)
    shown = np.asarray(Image.open(io.BytesIO(response.content), formats=["PNG"]))
    assert {tuple(colour) for colour in shown[shown[..., 3] > 0][:, :3]} <= {MODEL_COLOUR}


def test_how_to_draw_a_map_is_one_of_two_words(api, paths):
    path = next(path for path in paths if path.endswith("/heatmap/"))
    assert api("reader").get(f"{path}?below=glow").status_code == 400
