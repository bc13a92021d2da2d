"""The chains that are compared: the full one, one step less, or one step done otherwise."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from time import process_time

import cv2
import numpy as np
from numpy.typing import NDArray

from feedback.learning.backbone import MEAN, STD
from imaging.pipeline.preprocess import CollimationRule, InversionRule, PreprocessSettings
from imaging.pipeline.preprocess_settings import DENOISE_STEPS, NORMALISE_STEPS
from imaging.pipeline.steps.collimation import cropped
from imaging.pipeline.steps.denoise import denoised
from imaging.pipeline.steps.histogram import normalised
from imaging.pipeline.steps.inversion import upright
from imaging.pipeline.steps.resize import content_slices, squared
from imaging.pipeline.steps.standardise import Standardised, standardised

Grey = NDArray[np.float32]
UNITS = Standardised(np.float32(MEAN), np.float32(STD))
FULL, RAW = "full chain", "no step at all"
FULL_DENOISE = "median3"
STEPS = ("inversion", "collimation crop", "denoise", "histogram", "aspect")


@dataclass(frozen=True, slots=True)
class Chain:
    """One row of the table.

    Attributes:
        step: the step that differs from the full chain's; of STEPS, or "" for the full chain and for none at all.
        keeps_aspect: False stretches the film to the square, in place of padding.
        crops_first: the inversion rule looks at the film inside its borders.
    """

    name: str
    step: str
    settings: PreprocessSettings
    keeps_aspect: bool = True
    crops_first: bool = False


def chains_of(histogram: str, rule: InversionRule) -> tuple[Chain, ...]:
    """The full chain first. It holds every step, with `histogram` as the histogram step and the median filter."""
    full = PreprocessSettings(rule, CollimationRule(), denoise=FULL_DENOISE, normalise=histogram)
    found = [
        Chain(FULL, "", full),
        Chain("without inversion", "inversion", replace(full, invert=None)),
        Chain("without collimation crop", "collimation crop", replace(full, collimation_crop=None)),
        Chain("inversion after the crop", "inversion", full, crops_first=True),
        Chain("without aspect: stretched", "aspect", full, keeps_aspect=False),
    ]
    others = ((name, "denoise", replace(full, denoise=name)) for name in DENOISE_STEPS if name != full.denoise)
    found += [Chain(_called(name, step), step, settings) for name, step, settings in others]
    others = ((name, "histogram", replace(full, normalise=name)) for name in NORMALISE_STEPS if name != histogram)
    found += [Chain(_called(name, step), step, settings) for name, step, settings in others]
    return (*found, Chain(RAW, "", PreprocessSettings(normalise="none"), keeps_aspect=False))


def _called(name: str, step: str) -> str:
    return f"without {step}" if name == "none" else f"{step}: {name}"


def shipped_of(chains: tuple[Chain, ...]) -> Chain:
    """The chain as the recipes have it: everything but the denoising."""
    return next(chain for chain in chains if chain.step == "denoise" and chain.settings.denoise == "none")


def cost_ms(chain: Chain, greys: Sequence[Grey], *, size: int) -> float:
    """Processor time of a chain, milliseconds a film, the film already decoded."""
    seen([chain], greys[0], size=size)
    started = process_time()
    for grey in greys:
        seen([chain], grey, size=size)
    return 1000 * (process_time() - started) / len(greys)


@dataclass(frozen=True, slots=True)
class _Square:
    """A film at the network's size before any grey value changes, and where in it the film is."""

    grey: Grey
    content: tuple[slice, slice]


def seen(chains: Sequence[Chain], grey: Grey, *, size: int) -> list[NDArray[np.float32]]:
    """float32 (3, size, size) by chain: what the network sees of a film. Chains of one geometry share that work."""
    squares: dict[Hashable, _Square] = {}
    found = []
    for chain in chains:
        settings = chain.settings
        geometry = (settings.invert, settings.collimation_crop, chain.keeps_aspect, chain.crops_first)
        if geometry not in squares:
            squares[geometry] = _square(chain, grey, size=size)
        square, content = squares[geometry].grey.copy(), squares[geometry].content
        clean = denoised(np.ascontiguousarray(square[content]), settings.denoise).grey
        square[content] = normalised(clean, settings).grey
        found.append(standardised(square, UNITS))
    return found


def _square(chain: Chain, grey: Grey, *, size: int) -> _Square:
    settings, whole = chain.settings, slice(0, size)
    if chain.crops_first:
        kept = upright(np.ascontiguousarray(cropped(grey, settings.collimation_crop).grey), settings.invert).grey
    else:
        kept = cropped(upright(grey, settings.invert).grey, settings.collimation_crop).grey
    if chain.keeps_aspect:
        square = squared(kept, size=size)
        return _Square(square.grey, content_slices(square.inverse, size=size))
    by = cv2.INTER_AREA if min(kept.shape) > size else cv2.INTER_LINEAR
    return _Square(np.asarray(cv2.resize(kept, (size, size), interpolation=by), dtype=np.float32), (whole, whole))
