"""register_architecture: name -> builder, one file a family. torch is imported when a network is built, not before."""

from registry.runtime.architectures.catalogue import build, register_architecture

__all__ = ["build", "register_architecture"]
