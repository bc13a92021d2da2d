import hashlib
import json

import numpy as np
import pytest
from safetensors.numpy import save

from registry.runtime.artefacts import (
    artefact_open,
    artefact_pack,
    artefact_parse,
    artefact_write,
    rounded,
    starter_index,
)
from registry.runtime.errors import ArtefactDigestMismatch, ArtefactMalformed, ArtefactMissing
from registry.runtime.values import spec_to_json
from tests.registry.runtime.artefact_samples import make_spec, write_starter

TENSORS = {
    "conv.weight": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4),
    "norm.weight": np.array([1.00001, 2.0], dtype=np.float32),
    "norm.running_mean": np.array([0.12345678, 1e-9], dtype=np.float32),
    "norm.num_batches_tracked": np.array(3),
    "familiarity.mean": np.array([1.0000001, 70000.0], dtype=np.float32),
}


LARGE = {
    **TENSORS,
    "wide.weight": np.random.default_rng(1).normal(size=(8, 4, 16, 8)).astype(np.float32),
    "wide.bias": np.linspace(-1, 1, 5000, dtype=np.float32),
    "familiarity.whitener": np.random.default_rng(2).normal(size=(64, 64)).astype(np.float32),
}


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_written_artefact_opens_as_the_same_specification_and_tensors(tmp_path):
    path = tmp_path / "sample.safetensors"
    sha256 = artefact_write(path, make_spec(), TENSORS)
    spec, tensors = artefact_open(path, sha256=sha256)
    assert spec == make_spec()
    assert tensors.keys() == TENSORS.keys()
    assert tensors["norm.num_batches_tracked"].shape == ()


def test_weights_are_halved_and_batch_norm_and_familiarity_are_kept_in_full():
    data = artefact_pack(make_spec(), TENSORS)
    _, tensors = artefact_parse(data, sha256=digest(data))
    assert tensors["conv.weight"].dtype == np.float32
    np.testing.assert_array_equal(tensors["conv.weight"], TENSORS["conv.weight"].astype(np.float16))
    for name in ("norm.weight", "norm.running_mean", "familiarity.mean"):
        np.testing.assert_array_equal(tensors[name], TENSORS[name])


def test_in_eight_bits_large_weights_are_rounded_and_everything_else_is_as_without():
    data, halved = artefact_pack(make_spec(), LARGE, eight_bit=True), rounded(LARGE)
    spec, tensors = artefact_parse(data, sha256=digest(data))
    assert spec == make_spec()
    assert tensors.keys() == LARGE.keys()
    for name in LARGE.keys() - {"wide.weight"}:
        assert tensors[name].dtype == halved[name].dtype
        np.testing.assert_array_equal(tensors[name], halved[name])
    assert tensors["wide.weight"].dtype == np.float32
    step = np.abs(LARGE["wide.weight"]).reshape(8, -1).max(axis=1) / 127 * (1 + 2**-10)
    off = np.abs(tensors["wide.weight"] - LARGE["wide.weight"]).reshape(8, -1).max(axis=1)
    assert (off <= step / 2).all()
    assert (off > 0).all()


def test_weights_in_eight_bits_take_half_the_room_of_halved_ones():
    large = {"wide.weight": np.random.default_rng(1).normal(size=(64, 4096)).astype(np.float32)}
    full, eight = artefact_pack(make_spec(), large), artefact_pack(make_spec(), large, eight_bit=True)
    assert len(full) - len(eight) == pytest.approx(64 * 4096 - 2 * 4096, abs=200)


@pytest.mark.parametrize("eight_bit", [False, True])
def test_rounded_is_what_comes_back_from_a_file_and_rounds_no_further(eight_bit):
    data, once = artefact_pack(make_spec(), LARGE, eight_bit=eight_bit), rounded(LARGE, eight_bit=eight_bit)
    _, tensors = artefact_parse(data, sha256=digest(data))
    for given in (tensors, rounded(once, eight_bit=eight_bit)):
        assert given.keys() == once.keys()
        for name, tensor in once.items():
            assert given[name].dtype == tensor.dtype
            np.testing.assert_array_equal(given[name], tensor)


def test_a_file_with_eight_bits_and_no_scale_is_refused():
    data = save({"wide.weight": np.ones((2, 3), np.int8)}, metadata={"spec": spec_to_json(make_spec())})
    with pytest.raises(ArtefactMalformed):
        artefact_parse(data, sha256=digest(data))


def test_one_changed_byte_is_refused_before_anything_is_parsed(monkeypatch):
    data = artefact_pack(make_spec(), TENSORS)
    changed = data[:-1] + bytes([data[-1] ^ 1])
    monkeypatch.setattr("registry.runtime.artefacts.deserialize", lambda data: pytest.fail("parsed"))
    with pytest.raises(ArtefactDigestMismatch):
        artefact_parse(changed, sha256=digest(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04\x95",
        b"\xff" * 64,
        save({"weight": np.zeros(3, np.float32)}),
        save({"weight": np.zeros(3, np.float32)}, metadata={"spec": "{}"}),
    ],
)
def test_bytes_of_the_right_digest_that_are_no_artefact_are_refused(data):
    with pytest.raises(ArtefactMalformed):
        artefact_parse(data, sha256=digest(data))


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(ArtefactMissing):
        artefact_open(tmp_path / "none.safetensors", sha256="0" * 64)


def test_the_index_lists_versions_and_routes(tmp_path):
    write_starter(tmp_path, data=b"", spec=make_spec(), sha256="0" * 64, routes={"chest": ["sample"]})
    index = starter_index(tmp_path)
    assert index.model("sample").version == "1.0.0"
    assert index.routes == {"chest": ("sample",)}
    with pytest.raises(ArtefactMissing):
        index.model("another")


@pytest.mark.parametrize(("models", "routes"), [(2, {}), (1, {"chest": ["sample", "another"]})])
def test_an_index_that_names_a_model_twice_or_routes_another_is_refused(tmp_path, models, routes):
    write_starter(tmp_path, data=b"", spec=make_spec(), sha256="0" * 64, routes=routes)
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**index, "models": index["models"] * models}))
    with pytest.raises(ArtefactMalformed):
        starter_index(tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"models": 3}', '{"models": [{"name": "a"}], "routes": {}}'])
def test_an_index_that_is_not_valid_is_refused(tmp_path, text):
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(ArtefactMalformed):
        starter_index(tmp_path)
