"""What another site does to a film, one thing at a time and strongly; drawn per film from its own seed."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from feedback.learning.film_marks import jpeg_coded, with_markers

Grey = NDArray[np.float32]
Shift = Callable[[Grey, np.random.Generator], Grey]


def gamma(grey: Grey, generator: np.random.Generator) -> Grey:
    """Another display curve: exponent 1.4 to 2.2, or one over that."""
    exponent = float(np.exp(generator.uniform(0.35, 0.8) * generator.choice([-1, 1])))
    return grey ** np.float32(exponent)


def clipping(grey: Grey, generator: np.random.Generator) -> Grey:
    """A window set too narrow: 5 to 25 % of the pixels become black and as many white."""
    low, high = np.percentile(grey, [generator.uniform(5, 25), generator.uniform(75, 95)])
    return np.clip((grey - np.float32(low)) / np.float32(max(high - low, 1e-3)), 0.0, 1.0)


def noise(grey: Grey, generator: np.random.Generator) -> Grey:
    """Gaussian, a standard deviation of .04 to .10 at the stored resolution."""
    deviation = np.float32(generator.uniform(0.04, 0.10))
    return np.clip(grey + deviation * generator.standard_normal(grey.shape, dtype=np.float32), 0.0, 1.0)


def jpeg(grey: Grey, generator: np.random.Generator) -> Grey:
    """Quality 5 to 20."""
    return jpeg_coded(grey, quality=int(generator.integers(5, 21)))


def inversion(grey: Grey, generator: np.random.Generator) -> Grey:
    """Every film a negative."""
    return np.float32(1.0) - grey


def collimation(grey: Grey, generator: np.random.Generator) -> Grey:
    """A flat border of 4 to 20 % at every edge: nearly black, or white once in five films."""
    rows, columns = grey.shape
    edges = (generator.uniform(0.04, 0.20, 4) * (rows, rows, columns, columns)).astype(int)
    level = 1.0 if generator.random() < 0.2 else float(generator.uniform(0.0, 0.1))
    framed = cv2.copyMakeBorder(grey, *map(int, edges), cv2.BORDER_CONSTANT, value=level)
    return np.asarray(framed, dtype=np.float32)


def markers(grey: Grey, generator: np.random.Generator) -> Grey:
    """One to three burned-in words."""
    return with_markers(grey, seed=int(generator.integers(2**31)))


def resolution(grey: Grey, generator: np.random.Generator) -> Grey:
    """Stored at 12 to 30 % of the pixels a side, and enlarged again."""
    rows, columns = grey.shape
    share = float(generator.uniform(0.12, 0.30))
    small = cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return np.clip(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR), 0.0, 1.0)


SHIFTS: dict[str, Shift] = {
    "gamma": gamma,
    "clipping": clipping,
    "noise": noise,
    "JPEG": jpeg,
    "inversion": inversion,
    "collimation": collimation,
    "markers": markers,
    "resolution": resolution,
}


def shifted(grey: Grey, name: str, *, row: int) -> Grey:
    """A film as that site would have stored it; `row` is the film's, and with the name seeds the draw."""
    generator = np.random.default_rng((list(SHIFTS).index(name), row))
    return np.ascontiguousarray(SHIFTS[name](grey, generator), dtype=np.float32)
