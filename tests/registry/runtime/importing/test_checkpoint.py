"""A checkpoint is data: whatever would run is refused before anything is built from it."""

import argparse
import os
import subprocess
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from registry.runtime.importing import pickles
from registry.runtime.importing.checkpoint import checkpoint_read
from registry.runtime.importing.errors import WeightsTooLarge, WeightsUnreadable, WeightsUnsafe
from tests.registry.runtime.importing.checkpoints import Exploit, hostile_pickle, saved

STATE = OrderedDict(weight=torch.arange(6.0).reshape(2, 3), steps=torch.tensor(7))


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model"])
def test_tensors_are_read_from_both_formats_and_from_under_customary_names(tmp_path, legacy, wrapper):
    content = STATE if wrapper is None else {wrapper: STATE, "epoch": 3, "optimizer": {"lr": 0.1, "betas": [0.9]}}
    read = checkpoint_read(saved(content, tmp_path / "x.pth", legacy=legacy))
    assert set(read) == {"weight", "steps"}
    np.testing.assert_array_equal(read["weight"], STATE["weight"].numpy())


def test_parameters_halves_and_views_become_plain_float32(tmp_path):
    state = {"a": torch.nn.Parameter(torch.ones(2)), "b": torch.ones(2, dtype=torch.bfloat16), "c": STATE["weight"].T}
    read = checkpoint_read(saved(state, tmp_path / "x.pth"))
    assert {array.dtype for array in read.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(read["c"], STATE["weight"].numpy().T)


def test_safetensors_are_read_whatever_the_file_is_called(tmp_path):
    save_file({"weight": STATE["weight"]}, tmp_path / "x.pth")
    np.testing.assert_array_equal(checkpoint_read(tmp_path / "x.pth")["weight"], STATE["weight"].numpy())


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
@pytest.mark.parametrize(
    "call", [os.mkdir, os.system, eval, subprocess.Popen, torch.load], ids=lambda call: call.__name__
)
def test_a_payload_is_refused_and_never_runs(tmp_path, zipped, protocol, call):
    target = tmp_path / "owned"
    argument = target if call is os.mkdir else f"mkdir {target}"
    path = hostile_pickle(tmp_path / "x.pth", Exploit(argument, call), protocol=protocol, zipped=zipped)
    with pytest.raises(WeightsUnsafe):
        checkpoint_read(path)
    assert not target.exists()


def test_the_payload_of_these_tests_would_have_run(tmp_path):
    """Against a test that proves nothing: the same file does its deed when it is opened in full."""
    path = hostile_pickle(tmp_path / "x.pkl", Exploit(tmp_path / "owned", os.mkdir), protocol=2, zipped=False)
    import pickle

    pickle.loads(path.read_bytes())  # noqa: S301
    assert (tmp_path / "owned").is_dir()


def test_a_payload_behind_the_object_of_the_old_format_is_refused(tmp_path):
    """The old format is five pickles one after the other: a payload in the last counts too."""
    whole = saved(STATE, tmp_path / "x.pth", legacy=True).read_bytes()
    with (tmp_path / "x.pth").open("rb") as file:
        for _ in range(pickles.LEGACY_PICKLES - 1):
            pickles._check_pickle(file)
        keys_at = file.tell()
    tail = hostile_pickle(tmp_path / "tail", Exploit(tmp_path / "owned", os.mkdir), protocol=2, zipped=False)
    (tmp_path / "x.pth").write_bytes(whole[:keys_at] + tail.read_bytes())
    with pytest.raises(WeightsUnsafe):
        checkpoint_read(tmp_path / "x.pth")
    assert not (tmp_path / "owned").exists()


def test_our_list_is_shorter_than_pytorch_s(tmp_path, monkeypatch):
    """Each of the two checks refuses by itself."""
    path = hostile_pickle(tmp_path / "x.pth", Exploit(tmp_path / "owned", os.mkdir), protocol=2, zipped=True)
    monkeypatch.setattr("registry.runtime.importing.checkpoint.checkpoint_check", lambda path: None)
    with pytest.raises((WeightsUnsafe, WeightsUnreadable)):
        checkpoint_read(path)
    assert not (tmp_path / "owned").exists()


def test_a_whole_module_or_settings_object_is_refused(tmp_path):
    for content in (torch.nn.Linear(2, 2), {"state_dict": STATE, "args": argparse.Namespace(lr=0.1)}):
        with pytest.raises(WeightsUnsafe):
            checkpoint_read(saved(content, tmp_path / "x.pth"))


@pytest.mark.parametrize(
    "data", [b"", b"x", b"PK\x03\x04", b"\x80\x02.", b"\x00" * 64, b"\x08" + b"\0" * 7 + b"{notjson"]
)
def test_a_file_of_something_else_is_refused(tmp_path, data):
    (tmp_path / "x.pth").write_bytes(data)
    with pytest.raises(WeightsUnreadable):
        checkpoint_read(tmp_path / "x.pth")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(WeightsUnreadable):
        checkpoint_read(tmp_path / "none.pth")


def test_a_file_that_is_cut_is_refused(tmp_path):
    path = saved(STATE, tmp_path / "x.pth")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(WeightsUnreadable):
        checkpoint_read(path)


def test_a_list_or_an_empty_dictionary_holds_no_weights(tmp_path):
    for content in ([STATE["weight"]], {}, {"epoch": 3}):
        with pytest.raises(WeightsUnreadable):
            checkpoint_read(saved(content, tmp_path / "x.pth"))


def test_what_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    path = saved(STATE, tmp_path / "x.pth")
    monkeypatch.setattr(pickles, "SIZE_LIMIT_BYTES", 100)
    with pytest.raises(WeightsTooLarge):
        checkpoint_read(path)


def test_a_view_that_claims_more_than_the_file_holds_is_refused(tmp_path):
    path = saved({"weight": torch.zeros(1).expand(2**30, 4)}, tmp_path / "x.pth")
    assert path.stat().st_size < 10_000
    with pytest.raises(WeightsTooLarge):
        checkpoint_read(path)


def test_compressed_entries_are_refused(tmp_path):
    saved(STATE, tmp_path / "x.pth")
    with zipfile.ZipFile(tmp_path / "x.pth") as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    with pytest.raises(WeightsUnreadable):
        checkpoint_read(Path(tmp_path / "bomb.pth"))
