"""A version's network before it learned anything: what its maps are compared with in the randomised-weights test."""

from dataclasses import replace

import torch

from registry.runtime import architectures
from registry.runtime.engines.torch import TorchEngine
from registry.runtime.values import LoadedModel


def untrained_model(model: LoadedModel, *, seed: int = 0) -> LoadedModel:
    """The same architecture with seeded random weights, and without a region of familiar images.

    Source: Adebayo et al. 2018, the model parameter randomisation test.
    """
    torch.manual_seed(seed)
    network = architectures.build(model.spec.architecture, model.spec.architecture_options, model.spec.labels)
    return replace(model, engine=TorchEngine(network), familiarity=None)
