"""Does a fracture's probability hang on the metal? The metal is painted over, and the answer asked for again."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Grey = NDArray[np.float32]
REFERENCE_SIDE = 454  # px of the long side that the lengths below are given for
WIDEST = 14  # px: plates, nails and screws are narrower than this; so are thin bones, which are painted over with them
CONTRAST = 0.26  # of the film's own range, above what an opening leaves: what is brightest for its width
SMALLEST = 40  # px of area: smaller specks are noise or writing
MARGIN = 3  # px painted over about the metal, where its edge is blurred
EVERY_NEIGHBOUR = np.ones((3, 3), bool)


def hardware_mask(grey: Grey) -> NDArray[np.bool_]:
    """Where a film, float32 (rows, columns) in [0, 1], shows narrow structures far brighter than their surroundings."""
    scale = max(grey.shape) / REFERENCE_SIDE
    low, high = np.percentile(grey, (1.0, 99.0))
    opened = ndimage.grey_opening(grey, footprint=_disc(WIDEST / 2 * scale))
    pieces, count = ndimage.label(grey - opened > CONTRAST * max(float(high - low), 1e-6), EVERY_NEIGHBOUR)
    areas = np.bincount(pieces.ravel(), minlength=count + 1)
    large = np.flatnonzero(areas >= SMALLEST * scale**2)
    found = np.isin(pieces, large[large > 0])
    return np.asarray(ndimage.binary_dilation(found, _disc(MARGIN * scale)), dtype=bool)


def painted_over(grey: Grey, mask: NDArray[np.bool_]) -> Grey:
    """The same film with the masked places filled from the nearest ones beside them, and the seams smoothed."""
    if not mask.any() or mask.all():
        return grey
    nearest = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    filled = ndimage.gaussian_filter(grey[tuple(nearest)], sigma=MARGIN * max(grey.shape) / REFERENCE_SIDE)
    return np.where(mask, filled, grey).astype(np.float32)


def _disc(radius: float) -> NDArray[np.bool_]:
    reach = max(1, round(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(x**2 + y**2 <= reach**2 + reach * 0.5, dtype=bool)
