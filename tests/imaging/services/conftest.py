"""Received studies with queued runs, and a batch in a worker's hands."""

import pytest

from imaging.services.inference import inference_claim
from tests import factories, films


@pytest.fixture
def sender(user_of):
    return user_of("technologist")


@pytest.fixture
def chests(site, sender, starter_models):
    """chests(n): the runs of n received chest phantoms, oldest first."""

    def make(count=1, **header):
        outcomes = [factories.make_study(site, sender, data=films.make_dicom(seed=n, **header)) for n in range(count)]
        return [outcome.instance.runs.get() for outcome in outcomes]

    return make


@pytest.fixture
def claim():
    """claim(): the runs of the next batch as the worker holds them."""

    def go(worker="a-worker", size=None):
        batch = inference_claim(worker=worker, batch_size=size)
        return list(batch.runs) if batch else []

    return go
