"""Hashes of films behind a key: distances stay, what they say of a film does not.

Under one key the 256 frequencies are taken in a secret order and half of their signs, secretly chosen, are reversed.
Two films of one key differ in as many bits as before; who lacks the key cannot make the bits of a film they hold, nor
compare an organisation's bits with another's. What this does not hide is said in docs/security.md.
Bands: twelve runs of 21 of those bits, each behind a keyed mark, for finding near neighbours by index.
Source: Indyk and Motwani, "Approximate nearest neighbors" (STOC 1998); asking also for the likeliest errors:
Lv et al., "Multi-Probe LSH" (VLDB 2007).
"""

from dataclasses import dataclass
from hashlib import shake_256
from typing import Self

import numpy as np
from numpy.typing import NDArray

from imaging.pipeline.film_hash import BITS, Bits, Spectrum

BANDS, BAND_BITS = 12, 21
LIKELY_ERRORS = 3
_MARK_BITS = 63 - BAND_BITS
_POWERS = (1 << np.arange(BAND_BITS, dtype=np.int64))[::-1]


@dataclass(frozen=True, slots=True, repr=False)
class FilmKey:
    """order: int (256,), a permutation; signs: float32 (256,), 1 or -1; marks: int64 (12,), one for each band."""

    order: NDArray[np.intp]
    signs: NDArray[np.float32]
    marks: NDArray[np.int64]

    @classmethod
    def derived(cls, secret: bytes) -> Self:
        """From at least 32 secret bytes; the same key every time."""
        stream = shake_256(b"second-reader film key 1|" + secret)
        words = np.frombuffer(stream.digest(8 * (BITS + 64)), np.uint64)
        flips = np.unpackbits(words[BITS : BITS + BITS // 64].view(np.uint8))[:BITS]
        marks = (words[BITS + 8 : BITS + 8 + BANDS] >> np.uint64(64 - _MARK_BITS)).astype(np.int64) << BAND_BITS
        return cls(np.argsort(words[:BITS], kind="stable"), np.where(flips, -1, 1).astype(np.float32), marks)

    def __repr__(self) -> str:
        return "FilmKey(masked)"

    def keyed(self, spectra: Spectrum) -> Spectrum:
        """Spectra in the key's order and signs: float32 (..., 256)."""
        return spectra[..., self.order] * self.signs

    def opened(self, keyed_bits: Bits) -> Bits:
        """The hash that was stored under this key: bool (256,)."""
        bits = np.empty(BITS, dtype=np.bool_)
        bits[self.order] = keyed_bits ^ (self.signs < 0)
        return bits

    def bands(self, keyed: Spectrum) -> list[int]:
        """What a film is found by: twelve numbers below 2**63, from its keyed spectrum (256,)."""
        return [int(number) for number in self._numbers(_banded(keyed) > 0)]

    def probes(self, keyed: Spectrum) -> list[list[int]]:
        """For each band, the numbers to ask for: of every form (forms, 256), as it is and with its likeliest errors.

        The signs nearest to zero are the likeliest to be wrong: none of them, each of the LIKELY_ERRORS nearest, and
        the two nearest at once.
        """
        values = _banded(keyed)
        numbers = self._numbers(values > 0)
        nearest = np.argpartition(np.abs(values), LIKELY_ERRORS, axis=-1)[..., :LIKELY_ERRORS]
        order = np.take_along_axis(np.abs(values), nearest, -1).argsort(axis=-1)
        flips = _POWERS[np.take_along_axis(nearest, order, -1)]
        asked = [numbers, *(numbers ^ flips[..., k] for k in range(LIKELY_ERRORS))]
        asked.append(numbers ^ flips[..., 0] ^ flips[..., 1])
        together = np.stack(asked, axis=-1)
        return [np.unique(together[:, band]).tolist() for band in range(BANDS)]

    def _numbers(self, bits: Bits) -> NDArray[np.int64]:
        return bits @ _POWERS | self.marks


def packed(keyed: Spectrum) -> bytes:
    """The signs of a keyed spectrum (256,) as 32 bytes, as they are stored."""
    return np.packbits(keyed > 0).tobytes()


def unpacked(stored: bytes) -> Bits:
    """bool (256,)."""
    return np.unpackbits(np.frombuffer(stored, np.uint8)).astype(np.bool_)


def form_distances(keyed_forms: Spectrum, stored: bytes) -> NDArray[np.intp]:
    """Differing bits of each of n stored hashes (n * 32 bytes) to the nearest form: int (n,)."""
    forms = np.ascontiguousarray(np.packbits(keyed_forms > 0, axis=-1)).view(np.uint64)
    others = np.frombuffer(stored, np.uint8).reshape(-1, BITS // 8).view(np.uint64)
    best = np.full(len(others), BITS, dtype=np.intp)
    for form in forms:
        np.minimum(best, np.bitwise_count(others ^ form).sum(axis=-1, dtype=np.intp), out=best)
    return best


def _banded(keyed: Spectrum) -> Spectrum:
    """The bits of the bands: (..., 12, 21); the last four belong to none."""
    return keyed[..., : BANDS * BAND_BITS].reshape(*keyed.shape[:-1], BANDS, BAND_BITS)
