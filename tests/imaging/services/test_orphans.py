"""What a killed process leaves behind is swept; what is in use, or on its way in, is not."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import StoredObject
from accounts.services.objects import object_put
from imaging.services.orphans import orphans_sweep

pytestmark = pytest.mark.django_db
OLD = timedelta(hours=25)


def put(site, kind, *, age=OLD, patient_ref=None):
    stored = object_put(organisation_id=site.organisation_id, patient_ref=patient_ref, kind=kind, data=b"left behind")
    StoredObject.objects.filter(pk=stored.pk).update(created_at=timezone.now() - age)
    return stored


def test_what_belongs_to_nothing_goes(site, analysed_study):
    StoredObject.objects.update(created_at=timezone.now() - OLD)
    kept = set(StoredObject.objects.values_list("pk", flat=True))
    put(site, "original")
    put(site, "heatmap", patient_ref=analysed_study.patient_id)
    swept = orphans_sweep()
    assert (swept.uploads, swept.heatmaps) == (1, 1)
    assert set(StoredObject.objects.values_list("pk", flat=True)) == kept


def test_what_is_on_its_way_in_stays(site):
    young = put(site, "original", age=timedelta(minutes=5))
    assert orphans_sweep().uploads == 0
    assert StoredObject.objects.filter(pk=young.pk).exists()


def test_the_command_says_what_it_removed(site, capsys):
    put(site, "original")
    call_command("sweep_orphans")
    assert capsys.readouterr().out.startswith("1 uploads, 0 heatmaps, ")
