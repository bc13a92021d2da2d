"""Window centre and width -> grey in [0, 1]. Source: DICOM PS3.3 C.11.2.1.2 and C.11.2.1.3."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """A window in modality values.

    Attributes:
        function: LINEAR, LINEAR_EXACT or SIGMOID.
    """

    centre: float
    width: float
    function: str = "LINEAR"

    @property
    def is_usable(self) -> bool:
        """LINEAR needs a width of at least 1, the others above 0."""
        if not isfinite(self.centre) or not isfinite(self.width):
            return False
        return self.width >= 1 if self.function == "LINEAR" else self.width > 0

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Modality values -> [0, 1]."""
        if self.function == "SIGMOID":
            exponent = np.clip(-4 * (values - self.centre) / self.width, -700, 700)
            return 1 / (1 + np.exp(exponent))
        if self.function == "LINEAR_EXACT":
            return np.clip((values - self.centre) / self.width + 0.5, 0, 1)
        return self._linear(values)

    def _linear(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        centre, span = self.centre - 0.5, self.width - 1
        if span == 0:
            return (values > centre).astype(np.float64)
        return np.clip((values - centre) / span + 0.5, 0, 1)
