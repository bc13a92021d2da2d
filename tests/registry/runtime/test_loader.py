import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from registry.runtime import cache
from registry.runtime.artefacts import artefact_pack
from registry.runtime.errors import ArchitectureUnknown, ArtefactDigestMismatch, ArtefactMalformed
from registry.runtime.loader import load_artefact, load_starter, load_starter_route
from registry.runtime.values import FamiliaritySpec
from tests.paths import REPOSITORY
from tests.registry.runtime.artefact_samples import make_artefact, make_spec, make_tensors, write_starter

FAMILIAR = FamiliaritySpec(threshold=5.0, quantile=0.995, n_images=10)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def artefact() -> bytes:
    return make_artefact()


@pytest.fixture(autouse=True)
def _cold():
    cache.clear()
    yield
    cache.clear()


def test_a_loaded_classifier_gives_logits_features_and_its_head(artefact):
    model = load_artefact(artefact, sha256=digest(artefact))
    output = model.engine.classify(np.zeros((2, 3, 128, 128), np.float32))
    assert output.logits.shape == (2, 2)
    assert output.triage_logits.shape == (2, 3)
    expected = output.features.mean(axis=(2, 3)) @ output.head_weight.T + output.head_bias
    np.testing.assert_allclose(output.logits, expected, rtol=1e-4, atol=1e-4)


def test_a_result_does_not_depend_on_its_batch(artefact):
    engine = load_artefact(artefact, sha256=digest(artefact)).engine
    batch = np.random.default_rng(0).normal(size=(3, 3, 128, 128)).astype(np.float32)
    together, alone = engine.classify(batch).logits[1], engine.classify(batch[1:2]).logits[0]
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-3)


def test_weights_that_do_not_fit_are_refused():
    spec = make_spec()
    tensors = make_tensors(spec)
    del tensors["head.bias"]
    data = artefact_pack(spec, tensors)
    with pytest.raises(ArtefactMalformed):
        load_artefact(data, sha256=digest(data))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"architecture": "unheard_of"}, ArchitectureUnknown),
        ({"architecture_options": {"layers": 3}}, ArtefactMalformed),
    ],
)
def test_an_architecture_that_cannot_be_built_is_refused(change, error):
    data = artefact_pack(make_spec(**change), {"w": np.zeros(1, np.float32)})
    with pytest.raises(error):
        load_artefact(data, sha256=digest(data))


def test_precision_and_whitener_say_the_same_of_familiarity():
    spec = make_spec(familiarity=FAMILIAR)
    root = np.random.default_rng(1).normal(size=(512, 512)).astype(np.float32) / 20
    mean = np.zeros(512, np.float32)
    loaded = []
    for name, tensor in (("precision", root @ root.T), ("whitener", root)):
        tensors = {**make_tensors(spec), "familiarity.mean": mean, f"familiarity.{name}": tensor}
        data = artefact_pack(spec, tensors)
        loaded.append(load_artefact(data, sha256=digest(data)).familiarity.whitener)
    np.testing.assert_allclose(loaded[0] @ loaded[0].T, loaded[1] @ loaded[1].T, atol=1e-3)


def test_familiarity_without_its_tensors_is_refused():
    data = make_artefact(make_spec(familiarity=FAMILIAR))
    with pytest.raises(ArtefactMalformed):
        load_artefact(data, sha256=digest(data))


def test_a_starter_is_loaded_once_and_stays_warm(tmp_path, artefact):
    write_starter(tmp_path, data=artefact, spec=make_spec(), sha256=digest(artefact), routes={"chest": ["sample"]})
    first = load_starter("sample", folder=tmp_path)
    assert load_starter_route("chest", folder=tmp_path) == (first,)
    assert load_starter_route("chest", folder=tmp_path)[0] is first
    assert load_starter_route("ct", folder=tmp_path) == ()


def test_a_starter_with_other_bytes_is_refused(tmp_path, artefact):
    write_starter(tmp_path, data=artefact, spec=make_spec(), sha256="0" * 64, routes={})
    with pytest.raises(ArtefactDigestMismatch):
        load_starter("sample", folder=tmp_path)


def test_a_starter_that_holds_another_model_is_refused(tmp_path, artefact):
    write_starter(tmp_path, data=artefact, spec=make_spec(), sha256=digest(artefact), routes={})
    index = json.loads((tmp_path / "index.json").read_text())
    index["models"][0]["name"] = "another"
    (tmp_path / "index.json").write_text(json.dumps(index))
    with pytest.raises(ArtefactMalformed):
        load_starter("another", folder=tmp_path)


def test_importing_the_loader_and_the_pipeline_loads_no_inference_library():
    code = (
        "import sys, registry.runtime.loader, registry.runtime.architectures, imaging.pipeline.run\n"
        "print(sorted({'torch', 'torchvision', 'timm', 'openvino', 'pytorch_grad_cam'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
