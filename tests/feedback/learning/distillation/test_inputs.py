"""Views of stored films: seeded, standardised, never larger than the film."""

import numpy as np
import torch

from feedback.learning.backbone import MEAN, STD
from feedback.learning.distillation.inputs import ViewRule, draw_views

PLAIN = ViewRule(zoom=(1.0, 1.0), rotation_degrees=0.0, gamma=(1.0, 1.0), contrast=(1.0, 1.0), noise=0.0)


def films(n: int = 3, side: int = 64) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, side, side), dtype=np.uint8)


def test_the_same_generator_draws_the_same_views() -> None:
    first, second = (
        draw_views(films(), size=32, rule=ViewRule(), generator=np.random.default_rng(1)) for _ in range(2)
    )
    assert torch.equal(first, second) and first.shape == (3, 3, 32, 32)
    other = draw_views(films(), size=32, rule=ViewRule(), generator=np.random.default_rng(2))
    assert not torch.equal(first, other)


def test_a_view_of_the_whole_film_without_changes_is_the_film_or_its_mirror_image() -> None:
    stored = films()
    seen = draw_views(stored, size=64, rule=PLAIN, generator=np.random.default_rng(3))[:, 0] * STD + MEAN
    wanted = torch.from_numpy(stored / 255.0).float()
    for view, film in zip(seen, wanted, strict=True):
        assert min(float((view - film).abs().max()), float((view - film.flip(1)).abs().max())) < 1e-4


def test_a_crop_keeps_the_film_s_pixels() -> None:
    even = np.full((2, 64, 64), 200, np.uint8)
    seen = draw_views(even, size=16, rule=PLAIN, generator=np.random.default_rng(4)) * STD + MEAN
    torch.testing.assert_close(seen, torch.full_like(seen, 200 / 255))
