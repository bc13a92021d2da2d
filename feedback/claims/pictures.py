"""The films of a sheet as they are printed: opened once each, as their file's own window shows them."""

from collections.abc import Sequence

from accounts.services.objects import object_read
from feedback.claims.sheet import MOST_FILMS, film_caption, marks_of
from feedback.claims.values import Dossier
from feedback.reports.images import LONGEST_SIDE
from feedback.reports.kit import KeyImage, Mark
from feedback.reports.shape import shape_of
from imaging import sandbox
from imaging.models import Instance


def film_images(dossier: Dossier, instances: Sequence[Instance]) -> list[KeyImage]:
    """The first MOST_FILMS submitted films with what was said of them. Raises RefusedFile, IntegrityBroken."""
    return [
        _image(instance, film_caption(film), marks_of(film, dossier.observations))
        for film, instance in zip(dossier.films[:MOST_FILMS], instances, strict=False)
    ]


def pair_images(dossier: Dossier, instances: Sequence[Instance]) -> list[KeyImage]:
    """For the likenesses that this user may see: the claim's film, then the other claim's."""
    known = {instance.id: instance for instance in instances}
    pairs: list[KeyImage] = []
    for one in [like for like in dossier.likenesses if like.other is not None][: MOST_FILMS // 2]:
        assert one.other is not None
        other = Instance.objects.select_related("stored_object", "series__study").get(pk=one.other.instance_id)
        ours = known.get(one.instance_id, other)
        pairs.append(_image(ours, f"Film {one.film} of this claim."))
        pairs.append(_image(other, f"Claim {one.other.number}, {one.other.site}, distance {one.distance}."))
    return pairs


def _image(instance: Instance, caption: str, marks: tuple[Mark, ...] = ()) -> KeyImage:
    png = sandbox.render_frame_png(object_read(instance.stored_object), 0, max_side=LONGEST_SIDE)
    shape = shape_of(instance.pixel_spacing)
    width, height = shape.size(instance.columns, instance.rows)
    return KeyImage(grey=png, columns=width, rows=height, caption=caption, marks=shape.marks(marks))
