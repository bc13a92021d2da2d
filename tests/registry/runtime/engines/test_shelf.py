import hashlib
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage

from registry.runtime.engines import machine
from registry.runtime.engines.shelf import ShelfRecord, graph_name, record_bytes, record_name, shelf_build
from registry.runtime.errors import GraphUnusable

VERSION, GRAPH = "a" * 64, b"a graph"
RECORD = ShelfRecord(
    engine="openvino_f32",
    graph=graph_name(VERSION, hashlib.sha256(GRAPH).hexdigest()),
    graph_sha256=hashlib.sha256(GRAPH).hexdigest(),
    library_version=machine.library_version("openvino"),
    machine=machine.machine_fingerprint(),
)


def shelf(record: ShelfRecord, *, graph: bytes | None = GRAPH) -> InMemoryStorage:
    storage = InMemoryStorage()
    storage.save(record_name(VERSION), ContentFile(record_bytes(record)))
    if graph is not None:
        storage.save(record.graph, ContentFile(graph))
    return storage


def test_the_graph_that_was_put_there_for_this_machine_serves():
    build = shelf_build(shelf(RECORD), VERSION)
    assert (build.engine, build.sha256, build.fetch()) == ("openvino_f32", RECORD.graph_sha256, GRAPH)


def test_an_empty_shelf_has_nothing():
    assert shelf_build(InMemoryStorage(), VERSION) is None


@pytest.mark.parametrize("change", [{"library_version": "1.0"}, {"machine": "another"}, {"engine": "abacus"}])
def test_what_was_measured_elsewhere_counts_for_nothing(change):
    assert shelf_build(shelf(replace(RECORD, **change)), VERSION) is None


def test_a_record_without_its_graph_is_said():
    with pytest.raises(GraphUnusable):
        shelf_build(shelf(RECORD, graph=None), VERSION).opened()


def test_a_damaged_record_is_said():
    storage = InMemoryStorage()
    storage.save(record_name(VERSION), ContentFile(b"{"))
    with pytest.raises(GraphUnusable):
        shelf_build(storage, VERSION)
