"""Evidence about models is added, and that is all."""

import pytest
from django.utils import timezone

from registry.models import EngineBuild, Evaluation

pytestmark = pytest.mark.django_db


@pytest.fixture
def evaluation(starter_models):
    return Evaluation.objects.create(
        model_version=starter_models[0],
        case_type="chest",
        dataset="phantoms",
        dataset_digest="0" * 64,
        n_images=3,
        sha256="1" * 64,
        measured_at=timezone.now(),
    )


@pytest.fixture
def engine_build(starter_models):
    return EngineBuild.objects.create(
        model_version=starter_models[0],
        engine="openvino_f32",
        library_version="2026.4.1",
        machine_fingerprint="here",
        parity={"source": "phantoms", "probability_p99": 0.001},
        accepted=True,
    )


@pytest.mark.parametrize("row", ["evaluation", "engine_build"])
def test_a_row_is_neither_changed_nor_deleted(row, request):
    kept = request.getfixturevalue(row)
    rows = type(kept).objects.filter(pk=kept.pk)
    for attempt in (kept.save, kept.delete, rows.delete, lambda: rows.update(created_at=timezone.now())):
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(TypeError):
        rows.bulk_update([kept], ["created_at"])
    assert rows.count() == 1


@pytest.mark.parametrize("page", ["registry/evaluation/", "registry/enginebuild/"])
@pytest.mark.parametrize(("role", "status"), [("model_manager", 200), ("compliance_officer", 200), ("reader", 403)])
def test_the_administration_shows_evidence_to_those_who_see_models(api, evaluation, engine_build, page, role, status):
    client = api(role)
    response = client.get(f"/admin/{page}")
    assert (response.status_code == 200) == (status == 200)
    if status == 200:
        assert b"chest-small" in response.content
        assert client.get(f"/admin/{page}add/").status_code == 403
