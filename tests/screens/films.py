"""The films of the pictures: synthetic phantoms, or real ones in their place under the same names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

import numpy as np

from imaging.phantom import Grey, chest_phantom
from imaging.raster import read_raster_frame
from tests import samples
from tests.paths import shared_data

NORTH, HARBOUR = "north", "harbour"
ROWS, COLUMNS = 1024, 896
BROKEN = b"this is no image at all" * 40


@dataclass(frozen=True)
class Film:
    """A file to send: name is the study's in the states, site its clinic's code.

    triage: what the models are to call a phantom. others: further files of the same study.
    """

    name: str
    data: Callable[[], bytes]
    case_type: str = ""
    site: str = NORTH
    claim: str = ""
    file_name: str = "film.dcm"
    triage: str = "flagged"
    others: tuple[Path, ...] = ()


URGENT, NORMAL = ("third", "merge"), ("next-one", "waiting-1")
CHESTS = ("reading", "next-one", "third", "to-correct", "to-draw", "signed", "second", "merge", "deleted", "waiting-1")
BLIND = ("blind", "blind-committed")
CLAIMED = (("claim-first", "CL-2026-0117"), ("claim-second", "CL-2026-0117"), ("claim-again", "CL-2026-0398"))


def phantoms() -> Iterator[Film]:
    """Chests, a bone, panoramic and bitewing films, a stack, a study with a prior; one that no model is for."""
    for number, name in enumerate(CHESTS, start=1):
        triage = "urgent" if name in URGENT else "normal" if name in NORMAL else "flagged"
        yield Film(name, _chest(number), triage=triage)
    for number, name in enumerate(BLIND, start=40):
        yield Film(name, _chest(number), site=HARBOUR)
    yield Film("prior", _chest(60, patient_id="PHANTOM-60", study_date="20250304"))
    yield Film("with-prior", _chest(61, patient_id="PHANTOM-60", study_date="20261120"))
    yield Film(
        "bone",
        lambda: _png(samples.bone_phantom(1, rows=1024, columns=768, fracture=True)),
        "bone",
        NORTH,
        "",
        "hand.png",
    )
    yield Film("stack", _stack)
    yield Film("tooth", lambda: _bitewing(2), "dental_bitewing", NORTH, "", "bitewing.png")
    for number, (name, claim) in enumerate(CLAIMED):
        yield Film(name, _claimed(number), "dental_bitewing", NORTH, claim, f"{name}.png")
    yield from _spoiled(chest_phantom(70, rows=ROWS, columns=COLUMNS))


def _spoiled(grey: Grey) -> Iterator[Film]:
    """A chest as no reader may judge it: a strip of it, hardly exposed, exported with a few greys."""
    middle = len(grey) // 2
    greys = {
        "strip": grey[middle : middle + grey.shape[1] // 9],
        "dark": np.clip(grey - np.quantile(grey, 0.93), 0, 1),
        "few-greys": np.round(grey * 7) / 7,
    }
    for number, (name, spoiled) in enumerate(greys.items(), start=70):
        yield Film(name, partial(_dicom, spoiled.astype(np.float32), f"SPOILED-{number}", "20261121"))


def new_phantom(seed: int) -> bytes:
    """A small chest that is not here yet."""
    return _dicom(chest_phantom(seed, rows=256, columns=224), f"PHANTOM-{seed}", "20261122")


def new_real_film(number: int) -> bytes:
    """A real chest under UIDs of its own; number 0 is the one that the shipped models call urgent."""
    return _as_dicom(_real_chests()[number], f"REAL-{900 + number}", "20261122")()


def _real_chests() -> list[Path]:
    return sorted((shared_data() / "chest_nih" / "images").iterdir())[::37]


def _chest(seed: int, *, patient_id: str = "", study_date: str = "20261121") -> Callable[[], bytes]:
    identity = patient_id or f"PHANTOM-{seed}"
    return lambda: _dicom(chest_phantom(seed, rows=ROWS, columns=COLUMNS), identity, study_date)


def _dicom(grey: Grey, patient_id: str, study_date: str) -> bytes:
    """A chest film from the front, 12 bits, under UIDs of its own."""
    return samples.make_dicom(
        samples.stored_values(grey),
        bits_stored=12,
        patient_id=patient_id,
        patient_name=f"Phantom^{patient_id.title()}",
        StudyDate=study_date,
        BodyPartExamined="CHEST",
        ViewPosition="PA",
        PixelSpacing=[0.4, 0.4],
        StudyInstanceUID=uid(),
        SeriesInstanceUID=uid(),
        SOPInstanceUID=uid(),
    )


def uid() -> str:
    """A UID that no other run gives either: a portal may be kept."""
    return f"2.25.{uuid4().int}"


def _png(grey: Grey) -> bytes:
    return samples.make_png(samples.stored_values(grey, bits=8))


def _bitewing(seed: int) -> bytes:
    return _png(samples.bitewing_phantom(seed, rows=768, columns=1024, caries=True))


def _claimed(number: int) -> Callable[[], bytes]:
    """The third comes again under another number, a little brighter and smaller: known by how it looks."""
    if number < 2:
        return lambda: _bitewing(10 + number)
    grey = samples.bitewing_phantom(10, rows=768, columns=1024, caries=True)
    return lambda: _png(np.clip(grey[::2, ::2] * 1.04, 0, 1).astype(np.float32))


def _stack() -> bytes:
    """Twenty-four slices of a drawn trunk, Hounsfield units, as one file of frames."""
    y, x = np.mgrid[0:256, 0:256] / 127.5 - 1.0
    frames = []
    for at in range(24):
        size = 0.62 + 0.22 * np.sin(np.pi * at / 23)
        body = np.hypot(x / (size + 0.2), y / size) < 1
        lung = (np.hypot((np.abs(x) - 0.38) / 0.2, y / 0.34) < 1) & (at < 14)
        organ = np.hypot((x + 0.25) / (0.1 + 0.012 * at), (y + 0.05) / 0.3) < 1
        spine = np.hypot(x / 0.09, (y - 0.45) / 0.11) < 1
        values = np.where(body, 40, -1000) + np.where(organ & body, 25, 0) + np.where(spine & body, 600, 0)
        noise = np.random.default_rng(at).normal(0, 12, x.shape)
        frames.append(np.where(lung & body, -800, values) + noise)
    pixels = np.clip(np.stack(frames), -1024, 1500).astype(np.int16)
    return samples.make_dicom(
        pixels,
        modality="CT",
        NumberOfFrames=len(frames),
        PatientID="PHANTOM-CT",
        RescaleSlope=1,
        RescaleIntercept=0,
        WindowCenter=40,
        WindowWidth=400,
        PixelSpacing=[1.4, 1.4],
        seed="stack",
    )


def real_films() -> Iterator[Film]:
    """Films of ../shared/data under the names of the phantoms."""
    data = shared_data()
    chests = _real_chests()
    for name, path in zip((*CHESTS, *BLIND), chests, strict=False):
        yield Film(name, path.read_bytes, "chest", HARBOUR if name in BLIND else NORTH, "", path.name)
    yield Film("prior", _as_dicom(chests[20], "REAL-60", "20250304"))
    yield Film("with-prior", _as_dicom(chests[21], "REAL-60", "20261120"))
    yield Film("bone", _first(data / "fracture_fracatlas" / "images"), "bone", NORTH, "", "bone.jpg")
    first, *others = sorted((data / "ct_abdomen_series").rglob("*.dcm"))
    yield Film("stack", first.read_bytes, file_name="slice.dcm", others=tuple(others))
    crops = sorted((data / "dental_research" / "images").iterdir())
    yield Film("tooth", crops[3].read_bytes, "dental_bitewing", NORTH, "", crops[3].name)
    for (name, claim), at in zip(CLAIMED, (5, 6, 7), strict=True):
        yield Film(name, crops[at].read_bytes, "dental_bitewing", NORTH, claim, crops[at].name)
    yield from _spoiled(read_raster_frame(chests[22].read_bytes(), 0).grey)


def _first(folder: Path) -> Callable[[], bytes]:
    return min(path for path in folder.iterdir() if path.is_file()).read_bytes


def _as_dicom(path: Path, patient_id: str, study_date: str) -> Callable[[], bytes]:
    """A PNG under a header that names its patient."""
    return lambda: _dicom(read_raster_frame(path.read_bytes(), 0).grey, patient_id, study_date)
