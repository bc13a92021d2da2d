"""The slot for CT and MR, end to end: an imported network, a series of slices, one study-level answer. No weights are
shipped for it; without a route the study is not analysed, and says why."""

from io import StringIO

import pytest
from django.core.management import call_command
from torchvision import models

from imaging.models import Finding, Instance
from imaging.services.intake import study_receive_bytes
from imaging.worker import work_once
from registry.models import ModelVersion
from registry.services.routes import route_set
from tests import films
from tests.paths import requires_shared_data, shared_data
from tests.registry.runtime.importing.checkpoints import saved, seeded

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A checkpoint of a client's own slice model; random, because none is shipped."""
    network = seeded(models.resnet18, num_classes=2)
    return saved(network.state_dict(), tmp_path_factory.mktemp("client") / "slices.pth")


@pytest.fixture
def routed(weights, organisation):
    """Imported on the command line, routed with a reason: nobody has measured where its maps point."""
    arguments = (
        f"import --architecture resnet18 --name ct-client --version 1.0.0 --case-type ct --size 64 --weights {weights}"
    )
    call_command("models", *arguments.split(), "--labels", "bleed,mass", stdout=StringIO())
    version = ModelVersion.objects.get(name="ct-client")
    route_set(case_type="ct", version_ids=[version.id], unmeasured_reason="A trial on synthetic slices.")
    return version


@pytest.fixture
def received(site, user_of):
    """received(files): the study that the files of one series became."""

    def receive(files):
        sender = user_of("technologist")
        outcomes = [
            study_receive_bytes(site=site, actor=sender, data=data, file_name=f"{n}.dcm")
            for n, data in enumerate(files)
        ]
        assert len({outcome.study.id for outcome in outcomes}) == 1
        return outcomes[0].study

    return receive


def synthetic(count):
    header = {"study_instance_uid": films.uid(), "series_instance_uid": films.uid(), "patient_id": "CT-1"}
    header |= {"modality": "CT", "body_part_examined": "HEAD", "study_description": ""}
    return [films.make_dicom(seed=n, **header, instance_number=count - n) for n in range(count)]


def analysed(study):
    while work_once():
        pass
    study.refresh_from_db()
    return study


def test_a_series_is_scored_as_one_study_by_an_imported_network(routed, received):
    study = analysed(received(synthetic(6)))
    assert (study.case_type, study.analysis_state) == ("ct", "analysed")
    assert set(study.study_scores) == {"bleed", "mass"}
    for score in study.study_scores.values():
        assert 0 <= score["probability"] <= 1 and score["model"] == "ct-client 1.0.0"
        numbers = [one["number"] for one in score["slices"]]
        assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_an_uncalibrated_network_calls_nothing_positive_and_sorts_nothing(routed, received):
    study = analysed(received(synthetic(3)))
    assert study.triage_class == "" and study.analysis_reason.startswith("unsorted: ")
    findings = Finding.objects.filter(study=study)
    assert findings.count() == 6 and not findings.filter(positive=True).exists()
    assert set(findings.values_list("operating_point", flat=True)) == {None}


def test_without_a_route_the_study_is_not_analysed_and_says_why(received, starter_models):
    study = analysed(received(synthetic(3)))
    assert (study.analysis_state, study.triage_class) == ("not_analysed", "")
    assert study.analysis_reason == "no_model: No model is routed for CT images at this site."


class TestRealSeries:
    pytestmark = requires_shared_data

    @pytest.fixture
    def files(self):
        return [path.read_bytes() for path in sorted((shared_data() / "ct_abdomen_series").glob("*.dcm"))]

    def test_a_real_abdominal_series_is_one_study_with_the_slices_that_carry_it(self, routed, received, files):
        study = analysed(received(files))
        assert (study.case_type, study.analysis_state, study.triage_class) == ("ct", "analysed", "")
        assert Instance.objects.filter(series__study=study).count() == len(files)
        slices = study.study_scores["bleed"]["slices"]
        assert len(slices) == 3 and len({one["instance"] for one in slices}) == 3

    def test_a_real_series_without_a_route_is_not_analysed(self, received, files):
        study = analysed(received(files[:3]))
        assert study.analysis_state == "not_analysed" and study.triage_class == ""
