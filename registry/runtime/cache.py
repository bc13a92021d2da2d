"""One warm model per version per process."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from registry.runtime.values import LoadedModel

Key = tuple[str, str, str, str]

# Every route of the shipped models and their challengers together; a retired version leaves when newer ones come.
CAPACITY = 12

_models: OrderedDict[Key, LoadedModel] = OrderedDict()
_lock = threading.Lock()


def warm_model(
    *,
    name: str,
    version: str,
    sha256: str,
    fetch: Callable[[], bytes],
    load: Callable[..., LoadedModel],
    engine: str = "torch",
) -> LoadedModel:
    """The model of that name, version, digest and engine; fetched and loaded (load(data, sha256=...)) when it is not
    warm yet. `engine` tells builds of one version apart; the newest takes the place of the others.

    Loading happens under the lock: two threads that want the same version load it once. What fetch or load raises is
    raised, and nothing is kept.
    """
    key = (name, version, sha256.lower(), engine)
    with _lock:
        if key in _models:
            _models.move_to_end(key)
            return _models[key]
        model = load(fetch(), sha256=sha256)
        for other in [known for known in _models if known[:3] == key[:3]]:
            del _models[other]
        _models[key] = model
        while len(_models) > CAPACITY:
            _models.popitem(last=False)
        return model


def clear() -> None:
    """Forget every warm model."""
    with _lock:
        _models.clear()
