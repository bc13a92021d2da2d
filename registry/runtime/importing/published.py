"""Which ImageNet weights torchvision publishes for our architectures, and where: its own table says."""

from torchvision.models import get_model_weights

from registry.runtime.importing.errors import ImportUnknown

NAMES = ("resnet18", "resnet50", "densenet121", "efficientnet_b0", "efficientnet_b7")


def published_url(name: str) -> str:
    """The address of torchvision's default weights. Raises ImportUnknown."""
    if name not in NAMES:
        raise ImportUnknown(f"torchvision publishes no weights of {name} for us. Known: {', '.join(NAMES)}.")
    return str(get_model_weights(name).DEFAULT.url)
