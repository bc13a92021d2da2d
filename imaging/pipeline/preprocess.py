"""Frame -> ModelInput: the same pure steps in training and in serving, and the exact map back to the stored frame.

Order: photometric inversion, collimation crop, aspect-preserving pad and resize, denoise, histogram normalisation,
standardisation. The resize comes before the two intensity steps so that "3 pixels" and "the histogram" mean the same
for a 544 px export and a 12-megapixel detector, and so that the cost does not grow with the detector.
Every step is a module of `steps` with its own inverse map and can be switched off by its setting; the settings travel
inside the model version's artefact. What each step is worth: docs/preprocessing.md.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from accounts.errors import DomainError
from imaging.pipeline.preprocess_settings import CollimationRule, InversionRule, PreprocessSettings, UnknownSetting
from imaging.pipeline.steps.collimation import cropped
from imaging.pipeline.steps.denoise import denoised
from imaging.pipeline.steps.histogram import normalised
from imaging.pipeline.steps.inversion import photometric_statistics, upright
from imaging.pipeline.steps.maps import UNCHANGED, Grey, IntensityMap, composed
from imaging.pipeline.steps.resize import content_slices, square_map, squared
from imaging.pipeline.steps.standardise import Standardised, standardised
from imaging.pipeline.values import Frame, ModelInput

__all__ = [
    "CollimationRule",
    "InversionRule",
    "PreprocessSettings",
    "Prepared",
    "UnknownSetting",
    "UnusableFrame",
    "photometric_statistics",
    "prepared",
    "preprocess",
    "square_map",
]


class UnusableFrame(DomainError):
    """The frame has no pixels, or grey values that are not numbers."""

    code = "unusable_frame"
    status = 422
    message = "The frame has no usable grey values."


@dataclass(frozen=True, slots=True)
class Prepared:
    """A model input and how each step is undone.

    Attributes:
        seen: what the network sees; `seen.source` undoes all geometry at once.
        intensity: of photometric inversion, denoising, histogram normalisation and standardisation, in that order.
        content: rows and columns of the input that show the frame.
    """

    seen: ModelInput
    intensity: tuple[IntensityMap, IntensityMap, IntensityMap, IntensityMap]
    content: tuple[slice, slice] = field(repr=False)

    def recovered(self) -> Grey:
        """The stored frame's grey values, at the input's pixels, as far as the input still says them.

        Returns:
            float32 (rows, columns) of the content; what is not given back is what each map says is lost.
        """
        grey = self.seen.array[0][self.content]
        for step in reversed(self.intensity):
            grey = step.recovered(grey)
        return grey


def preprocess(frame: Frame, *, size: int, settings: PreprocessSettings, mean: float, std: float) -> ModelInput:
    """What the network sees of a frame; see `prepared`."""
    return prepared(frame, size=size, settings=settings, mean=mean, std=std).seen


def prepared(frame: Frame, *, size: int, settings: PreprocessSettings, mean: float, std: float) -> Prepared:
    """What the network sees of a frame, and the way back.

    Args:
        frame: as displayed, float32 (rows, columns) in [0, 1].
        size: side of the square input in pixels.
        mean, std: applied to the [0, 1] array; the three channels are identical.
    Returns:
        array float32 (3, size, size), the exact map back to the stored frame, and the map back of every step.
    Raises:
        UnusableFrame: no pixels, or values that are not finite.
    """
    turned = upright(checked(frame.grey), settings.invert)
    kept = cropped(turned.grey, settings.collimation_crop)
    square = squared(kept.grey, size=size)
    source = composed(kept.inverse, square.inverse)
    film = np.asarray(cv2.convertScaleAbs(square.grey, alpha=255.0), dtype=np.uint8)
    content = content_slices(source, size=size)
    clean = denoised(np.ascontiguousarray(square.grey[content]), settings.denoise)
    even = normalised(clean.grey, settings)
    square.grey[content] = even.grey
    units = Standardised(np.float32(mean), np.float32(std))
    inverted = turned.inverse is not UNCHANGED
    seen = ModelInput(array=standardised(square.grey, units), source=source, inverted=inverted, film=film)
    return Prepared(seen, (turned.inverse, clean.inverse, even.inverse, units), content)


def checked(grey: Grey) -> Grey:
    """The same array as contiguous float32.

    Raises:
        UnusableFrame: not two-dimensional, empty, or holding values that are not finite.
    """
    if grey.ndim != 2 or grey.size == 0 or not np.isfinite(grey).all():
        raise UnusableFrame
    return np.ascontiguousarray(grey, dtype=np.float32)
