"""Pooled features of a frozen EfficientNet-Lite0 for every film, chain and test; computed once, kept under var/."""

import hashlib
import json
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openvino
import timm
import torch
from numpy.typing import NDArray

from feedback.learning.augment import view_grey
from feedback.learning.backbone import load_imagenet_lite0
from feedback.learning.floor import STAGES
from feedback.learning.folds import grouped_folds
from feedback.learning.progress import Progress
from tests.benchmarks.ablation.chains import Chain, seen
from tests.benchmarks.ablation.films import Films
from tests.benchmarks.ablation.site_shifts import shifted
from tests.benchmarks.ablation.training_views import view_of

Grey = NDArray[np.float32]
Features = NDArray[np.float16]
CLEAN, CHANNELS = "clean", 864
PROBE = np.random.default_rng(7).random((90, 70), dtype=np.float32) * np.linspace(0, 1, 70, dtype=np.float32)


class _Pooled(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=STAGES
        ).eval()
        load_imagenet_lite0(self.body)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        parts = (part for stage in self.body(images) for part in (stage.mean(dim=(2, 3)), stage.amax(dim=(2, 3))))
        return torch.cat(list(parts), dim=1)


class PooledFeatures:
    """Mean and maximum of every channel at strides 16 and 32, on one thread: float32 (3, S, S) -> float16 (864,)."""

    def __init__(self, size: int) -> None:
        self.size = size
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            graph = openvino.convert_model(
                _Pooled(), example_input=torch.zeros(1, 3, size, size), input=[1, 3, size, size]
            )
        options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self._request = openvino.Core().compile_model(graph, "CPU", options).create_infer_request()

    def __call__(self, array: Grey) -> Features:
        return np.asarray(next(iter(self._request.infer({0: array[None]}).values()))[0], dtype=np.float16)


@dataclass(frozen=True, slots=True)
class FeatureCache:
    """Features below `folder`. A key says the films, the size, and what chain and change make of a probe film, so that
    neither other films nor another program find old features.
    """

    folder: Path
    network: PooledFeatures
    shifted_quarters: int = 4
    viewed_quarters: int = 4

    def tested(self, films: Films, chains: Sequence[Chain], test: str) -> dict[str, Features]:
        """Features (n, 864) by chain of every film as it is, or as `test` (a site shift) would have stored it.

        A site shift is put on `shifted_quarters` quarters of the patients, drawn anew for every shift; rows of the
        others are NaN.
        """
        if test == CLEAN:
            rows = range(len(films.images))
            return self._features(films, chains, films.grey, PROBE, rows=rows, label=_label(films, test), parts=[test])

        def film(row: int) -> Grey:
            return shifted(films.grey(row), test, row=row)

        quarters = quarters_of(films, test)[: self.shifted_quarters]
        return self._joined(films, chains, film, shifted(PROBE, test, row=0), quarters, label=test, parts=[test])

    def trained(self, films: Films, chain: Chain, variant: str, *, views: int, longest_side: int) -> list[Features]:
        """Features (n, 864) of every augmented view of every film, reduced before it is augmented.

        Only films of `viewed_quarters` quarters of the patients, the same for all variants, are viewed; rows of the
        others are NaN.
        """
        found = []
        for number in range(views):

            def film(row: int, number: int = number) -> Grey:
                view = view_of(variant, number=number, row=row)
                return view_grey(films.grey(row, longest_side=longest_side), view)

            change = np.stack([view_grey(PROBE, view_of(variant, number=number, row=row)) for row in range(4)])
            label, parts = f"{variant}, view {number + 1}", [variant, number, longest_side]
            quarters = quarters_of(films, "views")[: self.viewed_quarters]
            found.append(self._joined(films, [chain], film, change, quarters, label=label, parts=parts)[chain.name])
        return found

    def _joined(
        self,
        films: Films,
        chains: Sequence[Chain],
        film: Callable[[int], Grey],
        change: Grey,
        quarters: Sequence[NDArray[np.int64]],
        *,
        label: str,
        parts: list[object],
    ) -> dict[str, Features]:
        """Quarter by quarter, each kept by itself: a later run may add one."""
        found: dict[str, Features] = {}
        for number, rows in enumerate(quarters):
            named = _label(films, f"{label}, quarter {number + 1}")
            made = self._features(films, chains, film, change, rows=rows, label=named, parts=[*parts, number])
            found = {name: np.where(np.isnan(made[name]), found.get(name, made[name]), made[name]) for name in made}
        return found

    def _features(
        self,
        films: Films,
        chains: Sequence[Chain],
        film: Callable[[int], Grey],
        change: Grey,
        *,
        rows: Sequence[int],
        label: str,
        parts: list[object],
    ) -> dict[str, Features]:
        targets = {chain.name: self._target(films, chain, change, parts) for chain in chains}
        missing = [chain for chain in chains if not targets[chain.name].exists()]
        if missing:
            self._extract(len(films.images), rows, missing, film, targets, label=label)
        return {name: np.load(path) for name, path in targets.items()}

    def _extract(
        self,
        count: int,
        rows: Sequence[int],
        chains: Sequence[Chain],
        film: Callable[[int], Grey],
        targets: dict[str, Path],
        *,
        label: str,
    ) -> None:
        progress = Progress(label, len(rows))
        found = {chain.name: np.full((count, CHANNELS), np.nan, np.float16) for chain in chains}
        for done, row in enumerate(rows, start=1):
            known: dict[bytes, Features] = {}
            for chain, array in zip(chains, seen(chains, film(row), size=self.network.size), strict=True):
                key = hashlib.sha256(array[0].tobytes()).digest()
                if key not in known:  # chains that make the same input of a film share the forward pass
                    known[key] = self.network(array)
                found[chain.name][row] = known[key]
            progress.show(done)
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, features in found.items():
            partial = targets[name].with_suffix(".partial.npy")
            np.save(partial, features)
            partial.replace(targets[name])

    def _target(self, films: Films, chain: Chain, change: Grey, parts: list[object]) -> Path:
        probed = seen([chain], PROBE, size=self.network.size)[0]
        key = json.dumps(
            {
                "films": films.digest,
                "size": self.network.size,
                "settings": chain.settings.to_dict(),
                "chain": [chain.keeps_aspect, chain.crops_first],
                "probe": hashlib.sha256(probed.tobytes()).hexdigest(),
                "change": hashlib.sha256(np.ascontiguousarray(change).tobytes()).hexdigest(),
                "parts": parts,
            },
            sort_keys=True,
        )
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.npy"


def quarters_of(films: Films, test: str) -> list[NDArray[np.int64]]:
    """Rows of four quarters of the patients, drawn anew for every test, positives and negatives spread evenly."""
    seed = int.from_bytes(hashlib.sha256(test.encode()).digest()[:4])
    return [rows for _, rows in grouped_folds(films.groups, films.present.tolist(), folds=4, seed=seed)]


def _label(films: Films, what: str) -> str:
    return f"{films.anatomy.name}, {what}"


def single_threaded() -> None:
    """Whatever else runs on the machine goes first."""
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
