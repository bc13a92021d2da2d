"""Graphs that no build needs any more are swept; never one that a machine's newest build or record still names."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command

from imaging.services.engine_sweep import graphs_sweep
from registry.models import EngineBuild
from registry.runtime.engines.machine import machine_fingerprint
from registry.runtime.engines.shelf import ShelfRecord, graph_name, graphs_by_version, record_bytes

pytestmark = pytest.mark.django_db
AT_ONCE = timedelta(seconds=-5)


@pytest.fixture
def version(organisation, starter_models):
    return starter_models[0]


@pytest.fixture(autouse=True)
def _empty_shelf():
    for names in graphs_by_version(storages["artefacts"]).values():
        for name in names:
            storages["artefacts"].delete(name)


def put(version, digest):
    name = graph_name(version.sha256, digest * 64)
    storages["artefacts"].delete(name)
    return storages["artefacts"].save(name, ContentFile(b"a graph"))


def build(version, name, *, machine="", engine="openvino_f32", library="2026.1"):
    return EngineBuild.objects.create(
        model_version=version,
        engine=engine,
        artefact=name,
        sha256="a" * 64 if name else "",
        library_version=library,
        machine_fingerprint=machine or machine_fingerprint(),
        accepted=bool(name),
    )


def record(version, name, *, machine):
    said = ShelfRecord("openvino_f32", name, "a" * 64, "2026.1", machine)
    place = f"engines/{version.sha256}-{machine}.json"
    storages["artefacts"].delete(place)
    storages["artefacts"].save(place, ContentFile(record_bytes(said)))
    return place


def exists(*names):
    return [storages["artefacts"].exists(name) for name in names]


def test_a_graph_without_a_row_goes_and_one_that_serves_stays(version):
    left, serving = put(version, "a"), put(version, "b")
    build(version, serving)
    assert graphs_sweep(older_than=AT_ONCE) == 1
    assert exists(left, serving) == [False, True]


def test_a_graph_of_an_older_export_goes_once_every_engine_has_a_newer_build(version):
    older, newer = put(version, "a"), put(version, "b")
    for name in (older, newer):
        build(version, name)
    build(version, older, engine="openvino_bf16")
    assert graphs_sweep(older_than=AT_ONCE) == 0
    build(version, newer, engine="openvino_bf16")
    assert graphs_sweep(older_than=AT_ONCE) == 1
    assert exists(older, newer) == [False, True]


def test_a_graph_that_another_machine_serves_with_stays(version):
    theirs, ours = put(version, "a"), put(version, "b")
    build(version, theirs, machine="another machine")
    build(version, theirs)
    build(version, ours)
    assert graphs_sweep(older_than=AT_ONCE) == 0
    assert exists(theirs, ours) == [True, True]


def test_a_graph_that_a_record_names_stays_even_without_a_row(version):
    name = put(version, "a")
    place = record(version, name, machine="another machine")
    assert graphs_sweep(older_than=AT_ONCE) == 0
    storages["artefacts"].delete(place)
    assert graphs_sweep(older_than=AT_ONCE) == 1


def test_where_a_record_cannot_be_read_everything_stays(version, caplog):
    put(version, "a")
    place = record(version, "", machine="another machine")
    storages["artefacts"].delete(place)
    storages["artefacts"].save(place, ContentFile(b"{"))
    assert graphs_sweep(older_than=AT_ONCE) == 0 and "cannot be read" in caplog.text
    storages["artefacts"].delete(place)


def test_a_young_graph_stays_its_rows_may_be_on_their_way(version):
    put(version, "a")
    assert graphs_sweep() == 0


def test_the_command_says_how_many_it_removed(version, capsys):
    put(version, "a")
    call_command("sweep_orphans", "--hours", "-1")
    assert "1 exported graphs were removed" in capsys.readouterr().out
