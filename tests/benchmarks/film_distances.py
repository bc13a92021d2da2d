"""How far apart films lie: copies of one film under what happens to films, against others; the threshold.

    OMP_NUM_THREADS=1 PYTHONPATH=. python tests/benchmarks/film_distances.py [--films 90]

Real films come from ../shared/data (nothing of them is kept but distances); phantoms are drawn (jaw_phantoms.py).
Different films: of different groups (the data sets group what may be one patient). Prints, for each set, the distances
of copies by distortion, those of different films, the area under the curve, and recall at thresholds.
"""

import argparse
import csv
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.dicom.thumbnail import thumbnail
from imaging.pipeline.film_hash import film_forms, film_spectrum, mirror, nearest_distance
from imaging.pipeline.film_key import FilmKey, form_distances, packed
from imaging.services.film_index import NEAR_BITS
from imaging.services.film_matches import ALIKE_BITS
from tests.imaging import jaw_phantoms as jaws
from tests.paths import SHARED_DATA

Grey = NDArray[np.float32]
Film = tuple[str, Grey]
SETS = ("dental_research", "dental_opg", "fracture_fracatlas", "chest_nih")
GROUPS = ("group_id", "group", "patient_id")
THRESHOLDS = (20, 24, 28, 30, 32, 34, 36, 38, 40, 44, 48)
KEY = FilmKey.derived(b"benchmark" * 4)


def distortions(rng: np.random.Generator) -> dict[str, Callable[[Grey], Grey]]:
    def crop(film: Grey, most: float) -> Grey:
        left, top, right, bottom = (float(share) for share in rng.uniform(0, most, 4))
        return jaws.cropped(film, left=left, top=top, right=right, bottom=bottom)

    def turn(film: Grey, least: float, most: float) -> Grey:
        return jaws.turned(film, degrees=float(rng.choice([-1, 1]) * rng.uniform(least, most)))

    def bright(film: Grey) -> Grey:
        return jaws.brightened(film, contrast=float(rng.uniform(0.7, 1.3)), by=float(rng.uniform(-0.1, 0.1)))

    def bordered(film: Grey) -> Grey:
        widths = [int(share * film.shape[0]) for share in rng.uniform(0, 0.05, 4)]
        return cv2.copyMakeBorder(film, *widths, cv2.BORDER_CONSTANT, value=0.0)

    def everything(film: Grey) -> Grey:
        return jaws.saved_again(jaws.resized(bright(turn(crop(film, 0.04), 0, 3)), factor=0.6), quality=50)

    return {
        "saved as JPEG 30": lambda film: jaws.saved_again(film, quality=30),
        "resized to 40 %": lambda film: jaws.resized(film, factor=0.4),
        "brightness, contrast": bright,
        "gamma 0.6 to 1.7": lambda film: film ** float(rng.choice([0.6, 0.75, 1.4, 1.7])),
        "cropped 0-3 % a side": lambda film: crop(film, 0.03),
        "cropped 0-6 % a side": lambda film: crop(film, 0.06),
        "turned 0-2 degrees": lambda film: turn(film, 0, 2),
        "turned 3-5 degrees": lambda film: turn(film, 3, 5),
        "black border 0-5 %": bordered,
        "mirrored, saved again": lambda film: jaws.saved_again(np.ascontiguousarray(film[:, ::-1])),
        "all of it, smaller": everything,
    }


def films_of(name: str, most: int) -> list[Film]:
    if name == "phantoms":
        return [(str(seed), jaws.jaw_phantom(seed)) for seed in range(most)]
    assert SHARED_DATA is not None
    table = next(path for path in (SHARED_DATA / name / file for file in ("index.csv", "labels.csv")) if path.exists())
    with table.open() as lines:
        rows = list(csv.DictReader(lines))[:most]
    group = next(name for name in GROUPS if name in rows[0])
    folder = SHARED_DATA / name / "images"
    return [(row[group], cv2.imread(str(folder / row["file"]), 0).astype(np.float32) / 255) for row in rows]


def copies(films: list[Film], rng: np.random.Generator) -> dict[str, list[tuple[int, bool]]]:
    """For each distortion and film: the measured distance, and whether the bands find the film at all."""
    found: dict[str, list[tuple[int, bool]]] = {}
    for how, change in distortions(rng).items():
        for _, film in films:
            copy, spectrum = thumbnail(change(film)), film_spectrum(thumbnail(film))
            seen = mirror(copy) if how.startswith("mirrored") else copy
            forms = film_forms(seen)
            near = int(np.count_nonzero((forms > 0) != (spectrum > 0), axis=-1).min())
            bands = KEY.bands(KEY.keyed(spectrum))
            banded = any(band in asked for band, asked in zip(bands, KEY.probes(KEY.keyed(forms)), strict=True))
            found.setdefault(how, []).append(
                (nearest_distance(seen, forms, spectrum > 0), banded and near <= NEAR_BITS)
            )
    return found


def strangers(films: list[Film], *, nearest: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Distances of different films at fixed forms, as they are and mirrored; and the measured ones of the nearest."""
    smalls = [thumbnail(film) for _, film in films]
    spectra = [film_spectrum(small) for small in smalls]
    stored = b"".join(packed(spectrum) for spectrum in spectra)
    views = (smalls, [mirror(small) for small in smalls])
    coarse = np.stack([[form_distances(film_forms(small), stored) for small in view] for view in views])
    groups = np.array([group for group, _ in films])
    different = np.broadcast_to(groups[:, None] != groups[None, :], coarse.shape)
    order = np.argsort(np.where(different, coarse, 999), axis=None)[:nearest]
    measured = []
    for view, one, other in zip(*np.unravel_index(order, coarse.shape), strict=True):
        small = views[view][one]
        measured.append(nearest_distance(small, film_forms(small), spectra[other] > 0))
    return coarse[different], np.sort(measured)


def per_million(measured: NDArray[np.intp], pairs: int, threshold: int) -> float:
    """Different films at or under a threshold in a million, from an exponential through the tail of what was measured.

    The tail: the nearest 200 pairs but the nearest 5, which may be one film after all.
    """
    tail = measured[5:200]
    counts = np.arange(6, 6 + len(tail))
    slope, start = np.polyfit(tail, np.log(counts), 1)
    return float(np.exp(start + slope * threshold) / pairs * 1e6)


def report(name: str, most: int) -> dict[str, object]:
    films = films_of(name, 10_000 if name != "phantoms" else most)
    coarse, measured = strangers(films, nearest=1500)
    found = copies(films[:: max(1, len(films) // most)][:most], np.random.default_rng(7))
    same = np.array([distance for pairs in found.values() for distance, _ in pairs])
    other = np.sort(np.concatenate([measured, np.sort(coarse)[len(measured) :]]))
    below = (np.searchsorted(other, same, "left") + np.searchsorted(other, same, "right")) / 2 / len(other)
    area = 1.0 - float(below.mean())
    print(f"\n{name}: {len(films)} films, {coarse.size} pairs of different films (as they are, and mirrored)")
    print(f"  nearest different, measured: {measured[:10].tolist()} ... median of all {np.median(coarse):.0f}")
    print(f"  area under the curve {area:.6f}")
    print(f"  {'copy':24s} median   95 %    max   found at {ALIKE_BITS} (bands and all)")
    for how, pairs in found.items():
        distances = np.array([distance for distance, _ in pairs])
        recall = np.mean([banded and distance <= ALIKE_BITS for distance, banded in pairs])
        middle, tail = np.percentile(distances, [50, 95])
        print(f"  {how:24s} {middle:6.0f} {tail:6.0f} {distances.max():6d}   {recall:.3f}")
    print("  threshold  copies at or under  different pairs  expected in a million different films")
    for threshold in THRESHOLDS:
        wrong = int((measured <= threshold).sum())
        expected = per_million(measured, coarse.size, threshold)
        print(f"  {threshold:9d}  {(same <= threshold).mean():18.4f}  {wrong:15d}  {expected:.3f}")
    return {"area": area, "same": same.tolist(), "nearest_other": measured[:50].tolist(), "pairs": int(coarse.size)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=90)
    parser.add_argument("--sets", nargs="+", metavar="SET", help="only these; phantoms is one")
    parser.add_argument("--out", type=Path, default=Path("var/claims/distances.json"))
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    names = asked.sets or [*(SETS if SHARED_DATA else ()), "phantoms"]
    found = {name: report(name, asked.films) for name in names}
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
