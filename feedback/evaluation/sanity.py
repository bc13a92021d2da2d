"""Do the maps come from what was learned? The same films through the same network with random weights."""

from collections.abc import Sequence

import numpy as np

from feedback.evaluation.labelled_folder import Film
from feedback.evaluation.numbers import Json, finite
from feedback.evaluation.pointing import PointedFilms
from feedback.evaluation.readings import Reader
from feedback.evaluation.values import FilmReading
from registry.metrics.localization import pointing_game
from registry.runtime.values import LoadedModel

MOST_FILMS = 40


def sanity_metrics(
    untrained: LoadedModel, films: Sequence[Film], readings: Sequence[FilmReading], *, case_type: str
) -> Json | None:
    """Hit rates of the trained and of the random network on the same boxed findings; None where nothing is boxed.

    A map that points as well with random weights shows the picture, not what the network learned of it.
    """
    pointed = PointedFilms(untrained.spec, films, readings)
    boxed = sorted({row for rows in pointed.rows.values() for row in rows})[:MOST_FILMS]
    if not boxed:
        return None
    chosen = [films[row] for row in boxed]
    read = Reader((untrained,), case_type).read(chosen, advance=lambda done: None)
    rival = PointedFilms(untrained.spec, chosen, read.readings[0])
    own = PointedFilms(untrained.spec, chosen, [readings[row] for row in boxed])
    pairs = [(row, label) for label, rows in own.rows.items() for row in rows if row in rival.rows[label]]
    if not pairs:
        return None
    trained, random = (
        pointing_game([side.finding(row, label) for row, label in pairs]).hit_rate for side in (own, rival)
    )
    sentence = (
        f"On {len(pairs)} boxed findings of {len(boxed)} films the maps point into {trained:.2f} of the boxes; with "
        f"random weights into {random:.2f}. "
        + ("The maps depend on what was learned." if trained > random else "The maps show no more than a random net's.")
    )
    return {
        "n": len(pairs),
        "hit_rate": finite(trained),
        "hit_rate_with_random_weights": finite(random),
        "passed": bool(np.greater(trained, random)),
        "sentence": sentence,
    }
