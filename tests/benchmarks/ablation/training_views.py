"""The augmentations that are compared: all kinds together, all but one, and none."""

from dataclasses import replace

from feedback.learning.augment import Augmentation, View, draw_view

ALL, NONE = "all augmentation", "no augmentation"
AUGMENTATION = Augmentation(mirror=True, markers=0.5, jpeg=(25, 90))
KINDS = ("rotation", "flip", "contrast", "brightness", "noise", "JPEG", "markers")


def without(view: View, kind: str) -> View:
    """The same view with one kind of change taken out; everything else is as it was drawn."""
    neutral = View()
    fields = {
        "rotation": ("rotation",),
        "flip": ("mirrored",),
        "contrast": ("gamma", "contrast"),
        "brightness": ("brightness",),
        "noise": ("noise",),
        "JPEG": ("jpeg_quality",),
        "markers": ("marker_seed",),
    }[kind]
    return replace(view, **{name: getattr(neutral, name) for name in fields})


def view_of(variant: str, *, number: int, row: int) -> View:
    """View `number` of a film, of ALL or of "without <kind>"."""
    drawn = draw_view(AUGMENTATION, seed=(number, row))
    return drawn if variant == ALL else without(drawn, variant.removeprefix("without "))


def variants() -> tuple[str, ...]:
    """ALL first, then one kind less each; NONE has no views."""
    return (ALL, *(f"without {kind}" for kind in KINDS), NONE)
