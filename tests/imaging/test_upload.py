"""The streaming route: who may send, how much, in which form; and no clear byte of it on any disk."""

import asyncio
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.audit.actions import Action
from accounts.models import AuditEvent, StoredObject
from accounts.services.objects import ObjectWriter
from feedback.policy import PolicyValues
from feedback.services.policy import policy_set
from imaging import upload
from imaging.api import upload as upload_api
from imaging.models import Instance, Study
from tests import films
from tests.asgi import Answer, Sender, multipart, post
from tests.conftest import MODEL_BACKEND

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/studies/upload/"


@pytest.fixture
def application():
    return upload.UploadApplication()


@pytest.fixture
def signed_in(user_of):
    """signed_in(name): the headers of a browser where that user is signed in."""

    def headers(name):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(user_of(name), backend=MODEL_BACKEND)
        token = "a" * 32
        session = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        cookies = f"{django_settings.SESSION_COOKIE_NAME}={session}; {django_settings.CSRF_COOKIE_NAME}={token}"
        return {"cookie": cookies, "x-csrftoken": token, "origin": "http://testserver"}

    return headers


@pytest.fixture
def send(application, signed_in):
    """send(data, by="technologist", **headers): the answer."""

    def go(data, by="technologist", chunk=65536, **headers) -> Answer:
        given = {**(signed_in(by) if by else {}), **{name.replace("_", "-"): v for name, v in headers.items()}}
        return post(application, PATH, data, {name: v for name, v in given.items() if v is not None}, chunk=chunk)

    return go


def test_a_file_is_received(send, starter_models):
    answer = send(films.make_dicom(), content_type="application/dicom", x_file_name=quote("Thorax übersicht.dcm"))
    assert answer.status == 201
    body = answer.json()
    study = Study.objects.get()
    assert (body["study_id"], body["status"], body["case_type"], body["created"]) == (
        str(study.id),
        "received",
        "chest",
        True,
    )
    assert body["links"] == {"page": f"/studies/{study.id}/", "study": f"/api/studies/{study.id}/"}
    assert Instance.objects.get().file_name == "Thorax übersicht.dcm"
    assert AuditEvent.objects.get(action=Action.STUDY_RECEIVED.value).actor_label == "technologist"


def test_the_same_bytes_again_are_200_with_the_same_study(send):
    data = films.make_dicom()
    first, second = send(data), send(data)
    assert (first.status, second.status) == (201, 200)
    assert first.json()["study_id"] == second.json()["study_id"]
    assert second.json()["created"] is False


def test_a_film_that_is_sent_again_at_a_site_that_reads_blind_answers_no_more_than_its_study_does(send, site):
    data = films.make_dicom()
    send(data)
    policy_set(site=site, values=PolicyValues(blind_first=True), actor=None)
    reason = "wrong_body_part: the image looks like an okapi film (probability 0.64); send the right film"
    Study.objects.update(analysis_state="not_analysed", analysis_reason=reason)
    body, content_type = multipart([("file", "a.dcm", data), ("file", "b.gif", b"GIF89a")])
    alone, in_a_form = send(data).json(), send(body, content_type=content_type).json()[0]
    assert alone["analysis"] == in_a_form["analysis"] and "okapi" not in str([alone, in_a_form])
    assert alone["analysis"]["reason"].startswith("wrong_body_part: ")


def test_other_bytes_under_a_known_uid_are_409(send):
    uid = films.uid()
    send(films.make_dicom(seed=1, sop_instance_uid=uid))
    answer = send(films.make_dicom(seed=2, sop_instance_uid=uid))
    assert (answer.status, answer.json()["code"]) == (409, "sop_instance_conflict")


def test_twenty_identical_posts_at_once_are_one_study(application, signed_in, settings):
    data, headers = films.make_dicom(), signed_in("technologist")
    settings.UPLOADS_AT_ONCE = 20
    upload_api._slots = upload_api.threading.BoundedSemaphore(20)

    async def all_at_once():
        senders = [Sender(PATH, data, headers) for _ in range(20)]
        return await asyncio.gather(*(sender.run(application) for sender in senders))

    answers = asyncio.run(all_at_once())
    assert sorted(answer.status for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["instance_id"] for answer in answers}) == 1
    assert (Instance.objects.count(), StoredObject.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("by", "status", "code"),
    [
        ("reader", 201, None),
        ("compliance_officer", 403, "not_permitted"),
        ("model_manager", 403, "not_permitted"),
        (None, 401, "not_signed_in"),
    ],
)
def test_only_who_may_send_studies_in_is_let_in_and_before_any_byte_is_read(send, by, status, code):
    answer = send(films.make_dicom(), by=by)
    assert answer.status == status
    if code:
        assert answer.json()["code"] == code
        assert answer.bytes_read == 0
        assert StoredObject.objects.count() == 0


def test_a_site_where_the_sender_has_no_part_does_not_exist(send, other_site):
    answer = send(films.make_dicom(), x_site=str(other_site.id))
    assert (answer.status, answer.bytes_read) == (404, 0)


def test_a_site_is_named_by_its_code_too(send, site):
    assert send(films.make_dicom(), x_site=site.code).status == 201


def test_without_the_csrf_token_nothing_is_read(send):
    answer = send(films.make_dicom(), x_csrftoken=None)
    assert (answer.status, answer.json()["code"], answer.bytes_read) == (403, "csrf_failed", 0)


def test_another_origin_is_refused_before_any_byte_is_read(send):
    answer = send(films.make_dicom(), origin="http://elsewhere.invalid")
    assert (answer.status, answer.bytes_read) == (403, 0)


def test_an_idle_session_is_signed_out(send, settings):
    settings.SESSION_IDLE_SECONDS = 0
    answer = send(films.make_dicom())
    assert (answer.status, answer.bytes_read) == (401, 0)


def test_a_service_account_sends_with_its_token_and_without_csrf(application, user_of):
    from accounts.services.tokens import token_create

    _, token = token_create(user=user_of("service"), name="t", scopes=["upload_study"], days=1)
    answer = post(application, PATH, films.make_dicom(), {"authorization": f"Bearer {token}"})
    assert answer.status == 201


def test_a_token_without_the_scope_is_refused(application, user_of):
    from accounts.services.tokens import token_create

    _, token = token_create(user=user_of("service"), name="t", scopes=["view_study"], days=1)
    answer = post(application, PATH, films.make_dicom(), {"authorization": f"Bearer {token}"})
    assert (answer.status, answer.bytes_read) == (403, 0)


def test_a_compressed_body_is_415_unread(send):
    answer = send(b"x", content_encoding="gzip")
    assert (answer.status, answer.json()["code"], answer.bytes_read) == (415, "content_encoding", 0)


def test_a_declared_size_above_the_limit_is_413_unread(send, settings):
    settings.UPLOAD_LIMIT_BYTES = 1000
    answer = send(b"x" * 1001)
    assert (answer.status, answer.json()["code"], answer.bytes_read) == (413, "file_too_large", 0)


def test_a_size_that_was_not_declared_is_counted(send, settings):
    settings.UPLOAD_LIMIT_BYTES = 100_000
    answer = send(b"x" * 300_000, transfer_encoding="chunked", chunk=10_000)
    assert answer.status == 413
    assert answer.bytes_read > 100_000
    assert StoredObject.objects.count() == 0
    assert AuditEvent.objects.filter(action=Action.UPLOAD_REFUSED.value).count() == 1


def test_a_full_disk_is_507_unread_with_retry_after(send, settings):
    settings.STORAGE_FREE_BYTES_AT_LEAST = 2**60
    answer = send(films.make_dicom())
    assert (answer.status, answer.json()["code"], answer.bytes_read) == (507, "storage_full", 0)
    assert "retry-after" in answer.headers


def test_too_many_at_once_are_503_unread_with_retry_after(send, monkeypatch):
    monkeypatch.setattr(upload_api, "_slots", upload_api.threading.BoundedSemaphore(1))
    with upload_api._slots:
        answer = send(films.make_dicom())
    assert (answer.status, answer.json()["code"], answer.bytes_read) == (503, "too_many_uploads", 0)
    assert "retry-after" in answer.headers
    assert send(films.make_dicom()).status == 201


def test_a_refused_file_answers_with_code_and_remedy(send):
    answer = send(b"GIF89a nobody reads this")
    assert (answer.status, answer.json()["code"]) == (422, "unsupported_container")
    assert answer.json()["remedy"]


def test_a_sender_who_goes_away_leaves_nothing(application, signed_in):
    sender = Sender(PATH, b"\x00" * 500_000, signed_in("technologist"), chunk=50_000, disconnect_after=200_000)
    before = stored_files()
    asyncio.run(sender.run(application))
    assert StoredObject.objects.count() == 0
    assert stored_files() == before


def test_a_form_with_one_file_is_answered_like_a_file(send, site, starter_models):
    body, content_type = multipart(
        [
            ("case_type", None, b"bone"),
            ("site", None, str(site.id).encode()),
            ("file", "hand.png", films.make_png()),
        ]
    )
    answer = send(body, content_type=content_type)
    assert (answer.status, answer.json()["case_type"]) == (201, "bone")
    assert Instance.objects.get().file_name == "hand.png"


@pytest.mark.parametrize("chunk", [1, 7, 4096, 10**7])
def test_a_form_may_be_cut_anywhere(send, chunk):
    data = films.make_png(rows=24, columns=20)
    body, content_type = multipart([("file", "a.png", data)])
    answer = send(body, content_type=content_type, chunk=chunk)
    assert answer.status == 201
    assert Instance.objects.get().size_bytes == len(data)


def test_several_files_have_a_verdict_each(send):
    files = [
        ("file", "a.png", films.make_png(seed=1)),
        ("file", "b.gif", b"GIF89a"),
        ("file", "c.png", films.make_png(seed=2)),
    ]
    body, content_type = multipart(files)
    answer = send(body, content_type=content_type)
    assert answer.status == 207
    assert [(entry["file_name"], entry["http_status"]) for entry in answer.json()] == [
        ("a.png", 201),
        ("b.gif", 422),
        ("c.png", 201),
    ]
    assert Study.objects.count() == 2


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nab']
)
def test_a_damaged_form_is_refused_and_leaves_nothing(send, body):
    answer = send(body, content_type="multipart/form-data; boundary=b")
    assert (answer.status, answer.json()["code"]) == (400, "upload_malformed")
    assert StoredObject.objects.count() == 0


def test_a_form_names_no_site_where_the_sender_has_no_part(send, other_site):
    body, content_type = multipart([("site", None, other_site.code.encode()), ("file", "a.png", films.make_png())])
    assert send(body, content_type=content_type).status == 404
    assert StoredObject.objects.count() == 0


def test_an_ordinary_request_never_reaches_the_file(api):
    answer = api("technologist").post(PATH, data=b"x", content_type="application/octet-stream")
    assert answer.status_code in {400, 415}


def test_no_clear_byte_touches_a_disk_during_20_megabytes(application, signed_in, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    marker = b"CANARY-" + os.urandom(12).hex().encode()
    data = b"\x89PNG\r\n\x1a\n" + (marker + os.urandom(1024)) * (20 * 1024 * 1024 // 1055)
    seen: list[str] = []

    def look(sent):
        if sent % (2 * 1024 * 1024) < 65536:
            seen.extend(clear_files(marker, tmp_path, Path(django_settings.DATA_DIR)))

    sender = Sender(PATH, data, signed_in("technologist"), on_chunk=look)
    answer = asyncio.run(sender.run(application))
    assert answer.status == 422
    assert answer.bytes_read == len(data) > 20_000_000
    assert seen == []
    assert clear_files(marker, tmp_path, Path(django_settings.DATA_DIR)) == []


def test_a_slow_disk_holds_the_sender_back_instead_of_filling_memory(application, signed_in, monkeypatch):
    import threading

    gate, first = threading.Event(), threading.Event()
    write = ObjectWriter.write

    def slow(self, data):
        first.set()
        gate.wait(10)
        write(self, data)

    monkeypatch.setattr(ObjectWriter, "write", slow)
    sender = Sender(PATH, b"\x01" * 8_000_000, signed_in("technologist"), chunk=65536)

    async def watched():
        task = asyncio.create_task(sender.run(application))
        await asyncio.to_thread(first.wait, 10)
        await asyncio.sleep(0.3)
        held_back_at = sender.sent
        gate.set()
        return held_back_at, await task

    held_back_at, answer = asyncio.run(watched())
    assert held_back_at <= 65536 * (upload.CHUNKS_IN_FLIGHT + 2)
    assert answer.bytes_read == 8_000_000


def clear_files(marker: bytes, *folders: Path) -> list[str]:
    """Files that hold the marker in clear."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        try:
            found += [str(path)] if marker in path.read_bytes() else []
        except FileNotFoundError:
            continue
    return found


def stored_files() -> set[Path]:
    folder = Path(django_settings.STORAGES["images"]["OPTIONS"]["location"])
    return {path for path in folder.rglob("*") if path.is_file()}
