"""Frames that no model here was made for: said before a network guesses, never reported as free of findings.

Every limit is the point at which the measurement itself stops meaning anything; none is tuned to a data set. The
nearest among 750 radiographs of five sources had 118 grey values, .37 of the pixels exposed, 224 px, an aspect of
1.25.
Measured with chest-lite0 1.0.0 on 70 hold-out films, AUC of urgent against normal, .92 untouched: reduced to 16 grey
values .97, to 8 .95, to 4 .87, to 2 .75; reduced to 128 px .91, to 64 px .84, to 32 px .77. What passes here and is
still unlike the training images is left to the version's fitted region: it caught all 70 at 8 grey values or 64 px,
and noise.
"""

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.values import Frame
from registry.runtime.values import Familiarity

# Two cells of the coarsest feature map (stride 32) of every architecture here: with fewer, "where" has no meaning.
SMALLEST_SIDE = 64
# The same two cells after the long side has been shrunk to a 448 px input.
LARGEST_ASPECT = 448 / SMALLEST_SIDE
# 4 bits. Digital X-ray stores no fewer than 6 (DICOM PS3.3 C.8.11.3); a window on display may take two of them away.
FEWEST_GREY_VALUES = 16
# A collimation crop keeps at least .4 of each side, so a radiograph fills at least .4 * .4 of its frame.
SMALLEST_EXPOSED_SHARE = 0.16
# Within one step of 8 bits of black or white a pixel is clipped.
CLIPPED = 1.0 / 255.0
# Statistics of a large detector are those of a grid of this many pixels at most.
SAMPLED_PIXELS = 4_000_000


def unusable_reason(frame: Frame) -> str | None:
    """A stable code, ": " and a sentence when the frame must not be analysed; None when it may."""
    if frame.is_colour:
        return "colour: the image is in colour, so it is a photograph or a screenshot; send the film itself"
    return _shape_reason(frame.rows, frame.columns) or _grey_reason(_sampled(frame.grey))


def familiarity_distance(features: NDArray[np.float32], familiarity: Familiarity) -> float:
    """Squared Mahalanobis distance of one image's features from the images the version was trained on.

    Args:
        features: float32 (C, h, w), mean pooled over (h, w) here; or float32 (C,), pooled already.
    """
    pooled = features.reshape(len(features), -1).mean(axis=1, dtype=np.float64)
    # einsum for the reason that explain.contributions gives.
    whitened = np.einsum("c,cr->r", pooled - familiarity.mean, familiarity.whitener, dtype=np.float64)
    return float(np.square(whitened).sum())


def unfamiliar_reason(features: NDArray[np.float32], familiarity: Familiarity | None) -> str | None:
    """The reason not to report on an image unlike those the version was trained on; None when it is like them."""
    if familiarity is None:
        return None
    distance = familiarity_distance(features, familiarity)
    if distance <= familiarity.threshold:
        return None
    return (
        f"unfamiliar: the image is unlike those the model was trained on (distance {distance:.0f}, "
        f"{familiarity.quantile:.1%} of its training images are within {familiarity.threshold:.0f}); "
        f"a person must read it"
    )


def _shape_reason(rows: int, columns: int) -> str | None:
    short, long = sorted((rows, columns))
    if short < SMALLEST_SIDE:
        return f"too_small: the shorter side has {short} pixels, fewer than {SMALLEST_SIDE}; send the film in full size"
    if long > LARGEST_ASPECT * short:
        ratio = long / short
        limit = f"more than {LARGEST_ASPECT:.0f}"
        return f"extreme_aspect: the longer side is {ratio:.1f} times the shorter, {limit}; send the whole film"
    return None


def _grey_reason(grey: NDArray[np.float32]) -> str | None:
    if not np.isfinite(grey).all():
        return "not_finite: the frame holds grey values that are not numbers"
    counts = np.bincount((np.clip(grey, 0.0, 1.0) * 65535.0).astype(np.uint16).ravel(), minlength=2)
    distinct = int(np.count_nonzero(counts))
    if distinct == 1:
        return "blank: the frame holds one grey value; expose or export it again"
    if distinct < FEWEST_GREY_VALUES:
        limit = f"fewer than {FEWEST_GREY_VALUES}"
        return f"few_grey_values: the frame holds {distinct} grey values, {limit}; export it without reducing them"
    black, white = float((grey <= CLIPPED).mean()), float((grey >= 1.0 - CLIPPED).mean())
    if 1.0 - black - white >= SMALLEST_EXPOSED_SHARE:
        return None
    code, share, word = ("underexposed", black, "black") if black >= white else ("overexposed", white, "white")
    return f"{code}: {share:.0%} of the pixels are {word}, so too little of the frame shows anything; expose it again"


def _sampled(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    step = max(1, int(np.ceil(np.sqrt(grey.size / SAMPLED_PIXELS))))
    return grey[::step, ::step]
