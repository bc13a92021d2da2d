"""Which preprocessing steps a model version asks for; frozen, and part of its artefact."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from accounts.errors import DomainError

DENOISE_STEPS = ("none", "median3", "bilateral", "nlm")
NORMALISE_STEPS = ("none", "percentile_window", "equalise_nonblack", "clahe")


class UnknownSetting(DomainError):
    """A model version asks for a preprocessing step that this program does not have."""

    code = "unknown_preprocess_setting"
    status = 500
    message = "The model version asks for a preprocessing step that is not known here."


@dataclass(frozen=True, slots=True)
class InversionRule:
    """A fitted linear rule: the frame is a negative when weights . photometric_statistics(frame) > threshold.

    Attributes:
        weights: one per statistic of `photometric_statistics`; fitted on train images shown both ways.
        threshold: chosen from upright train images, so that an upright film is hardly ever inverted.
    """

    weights: tuple[float, ...]
    threshold: float


@dataclass(frozen=True, slots=True)
class CollimationRule:
    """Edge rows and columns that hold one grey value are collimation or export borders, not anatomy.

    Attributes:
        flatness: largest spread between the 2nd and 98th percentile of such a row, in grey values of [0, 1].
        largest_share: at most this share of the side is taken from each edge.
    """

    flatness: float = 0.04
    largest_share: float = 0.3


@dataclass(frozen=True, slots=True)
class PreprocessSettings:
    """Which steps run, and how. None or "none" switches a step off.

    Attributes:
        invert: None leaves the photometric interpretation alone.
        collimation_crop: None keeps the whole frame.
        denoise: "none", "median3", "bilateral" or "nlm" (non-local means).
        normalise: "none", "percentile_window", "equalise_nonblack" or "clahe" (after a percentile window).
        low_percentile, high_percentile: of the kept pixels, for the window.
        black_level: grey values at or below it count as black for "equalise_nonblack".
        clahe_clip: contrast limit of CLAHE.
    """

    invert: InversionRule | None = None
    collimation_crop: CollimationRule | None = None
    denoise: str = "none"
    normalise: str = "percentile_window"
    low_percentile: float = 1.0
    high_percentile: float = 99.0
    black_level: float = 0.02
    clahe_clip: float = 2.0

    def __post_init__(self) -> None:
        if self.denoise not in DENOISE_STEPS or self.normalise not in NORMALISE_STEPS:
            raise UnknownSetting

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "PreprocessSettings":
        """The inverse of `to_dict`.

        Raises:
            UnknownSetting: a key or a value that this program does not know.
        """
        known = dict(values)
        invert, crop = known.pop("invert", None), known.pop("collimation_crop", None)
        try:
            return PreprocessSettings(
                invert=invert and InversionRule(tuple(map(float, invert["weights"])), float(invert["threshold"])),
                collimation_crop=None if crop is None else CollimationRule(**crop),
                **known,
            )
        except (TypeError, KeyError, ValueError) as error:
            raise UnknownSetting from error

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready values of every setting."""
        values = asdict(self)
        if self.invert is not None:
            values["invert"]["weights"] = list(self.invert.weights)
        return values
