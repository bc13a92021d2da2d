"""What is no radiograph, drawn here: pages, screens, scenes, objects, textures, gradients, noise.

"Scenes" are dead leaves: opaque shapes of every size over one another. Their statistics are close to those of
photographs (Ruderman 1997; Lee, Mumford, Huang 2001), of which none may be used here.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]
Canvas = NDArray[np.uint8]

FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_PLAIN, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyzaeiouetnrsABCDEFGH0123456789.,:"))


def negative(kind: str, rng: np.random.Generator) -> Grey:
    """float32 (rows, columns) in [0, 1] of one kind of NEGATIVES; every state of the generator is another picture."""
    rows, columns = (int(side) for side in rng.integers(240, 420, 2))
    drawn = np.clip(NEGATIVES[kind](rng, rows, columns), 0.0, 1.0).astype(np.float32)
    return np.float32(1.0) - drawn if rng.random() < 0.3 else drawn


def page(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """Lines of text on paper, some with a table or a figure, some lit from one side."""
    canvas: Canvas = np.full((rows, columns), int(rng.integers(200, 256)), np.uint8)
    size, shade = float(rng.uniform(0.25, 0.9)), int(rng.integers(0, 90))
    font, margin, step = int(rng.choice(FONTS)), int(rng.integers(4, 40)), int(rng.integers(9, 26))
    for line in range(margin + step, rows - margin, step):
        if rng.random() < 0.12:
            continue
        cv2.putText(canvas, _words(rng, int(rng.integers(5, 70))), (margin, line), font, size, shade, 1)
    if rng.random() < 0.3:
        _table(canvas, rng)
    light = _gradient(rng, rows, columns) * float(rng.uniform(0, 0.6))
    return np.asarray((canvas / 255) * (1 - light), dtype=np.float32)


def screen(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """A user interface: bars, windows, buttons, lists, charts."""
    canvas: Canvas = np.full((rows, columns), int(rng.integers(0, 256)), np.uint8)
    for _ in range(int(rng.integers(4, 14))):
        _panel(canvas, rng)
    cv2.rectangle(canvas, (0, 0), (columns, int(rng.integers(8, 30))), int(rng.integers(0, 256)), -1)
    for _ in range(int(rng.integers(5, 40))):
        place = (int(rng.integers(0, columns)), int(rng.integers(0, rows)))
        words = _words(rng, int(rng.integers(2, 20)))
        cv2.putText(canvas, words, place, int(rng.choice(FONTS)), float(rng.uniform(0.25, 0.7)), _shade(rng), 1)
    return (canvas / 255).astype(np.float32)


def scene(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """Opaque shapes of every size over one another, each with a texture or a shading of its own."""
    image = texture(rng, rows, columns)
    least, ramp = float(rng.uniform(2, 12)), _gradient(rng, rows, columns)
    for _ in range(int(rng.integers(30, 400))):
        radius = least / max(float(rng.random()), 0.01) ** float(rng.uniform(0.5, 1.0))
        image = _leaf(image, min(radius, max(rows, columns) / 2), ramp, rng)
    if rng.random() < 0.5:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 2.0)))
    grain = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(rng.uniform(0, 0.03))
    return np.asarray(image + grain, dtype=np.float32)


def texture(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """Noise with a power-law spectrum, some of it drawn out in one direction."""
    down, across = np.meshgrid(np.fft.fftfreq(rows), np.fft.rfftfreq(columns), indexing="ij")
    stretch, angle = float(np.exp(rng.uniform(-1.2, 1.2))), float(rng.uniform(0, np.pi))
    along, beside = down * np.cos(angle) + across * np.sin(angle), across * np.cos(angle) - down * np.sin(angle)
    radius = np.sqrt((along * stretch) ** 2 + (beside / stretch) ** 2)
    radius[0, 0] = 1.0
    phase = np.exp(2j * np.pi * rng.random(radius.shape))
    field = np.fft.irfft2(phase / radius ** float(rng.uniform(0.3, 2.0)), s=(rows, columns))
    low, high = np.percentile(field, (1, 99))
    return np.asarray(np.clip((field - low) / (high - low), 0, 1), dtype=np.float32)


def gradient(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """A shading, some with a bright spot or stripes."""
    image = _gradient(rng, rows, columns)
    if rng.random() < 0.5:
        y, x = np.mgrid[0:rows, 0:columns]
        centre = rng.uniform(0, 1, 2) * (rows, columns)
        spot = np.exp(-((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / (rng.uniform(0.05, 0.6) * rows) ** 2)
        image = image * 0.5 + spot * float(rng.uniform(0.2, 0.9))
    if rng.random() < 0.3:
        image = image + 0.3 * np.sin(np.arange(columns) * float(rng.uniform(0.05, 1.5)))[None]
    return np.asarray(image + rng.normal(0, 0.01, image.shape), dtype=np.float32)


def noise(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """Independent pixels, or blobs of them."""
    field = rng.random((rows, columns), dtype=np.float32)
    if rng.random() < 0.6:
        field = cv2.GaussianBlur(field, (0, 0), float(rng.uniform(0.5, 6)))
        field = (field - field.min()) / (field.max() - field.min() + 1e-6)
    return np.asarray(field, dtype=np.float32)


def objects(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    """A few shaded round things on a plain ground: coins, fruit, cells, letters on a wall."""
    ramp = _gradient(rng, rows, columns)
    image = ramp * np.float32(rng.uniform(0.05, 0.6)) + np.float32(rng.uniform(0, 0.4))
    for _ in range(int(rng.integers(1, 30))):
        image = _leaf(image, float(rng.uniform(8, rows / 4)), ramp, rng)
    return np.asarray(image + texture(rng, rows, columns) * float(rng.uniform(0, 0.15)), dtype=np.float32)


def desktop_with(film: Grey, rng: np.random.Generator) -> Grey:
    """A screen on which a film is open in a window of less than half of it."""
    rows, columns = (int(side) for side in rng.integers(260, 420, 2))
    image = screen(rng, rows, columns)
    share = float(rng.uniform(0.3, 0.62)) * min(rows / film.shape[0], columns / film.shape[1])
    small = cv2.resize(film, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    top = int(rng.integers(0, rows - small.shape[0] + 1))
    left = int(rng.integers(0, columns - small.shape[1] + 1))
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


NEGATIVES: dict[str, Callable[[np.random.Generator, int, int], Grey]] = {
    "page": page,
    "screen": screen,
    "scene": scene,
    "objects": objects,
    "texture": texture,
    "gradient": gradient,
    "noise": noise,
}


def _words(rng: np.random.Generator, letters: int) -> str:
    text = rng.choice(LETTERS, letters)
    text[rng.random(letters) < 0.16] = " "
    return "".join(text)


def _shade(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 256))


def _gradient(rng: np.random.Generator, rows: int, columns: int) -> Grey:
    y, x = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    angle = float(rng.uniform(0, 2 * np.pi))
    ramp = x * np.cos(angle) + y * np.sin(angle)
    ramp = (ramp - ramp.min()) / (ramp.max() - ramp.min())
    return np.asarray(ramp ** float(rng.uniform(0.5, 2)), dtype=np.float32)


def _table(canvas: Canvas, rng: np.random.Generator) -> None:
    rows, columns = canvas.shape
    top, height = int(rng.integers(0, rows // 2)), int(rng.integers(rows // 6, rows // 2))
    for line in np.linspace(top, top + height, int(rng.integers(3, 9))).astype(int):
        cv2.line(canvas, (10, int(line)), (columns - 10, int(line)), 60, 1)
    for line in np.linspace(10, columns - 10, int(rng.integers(2, 7))).astype(int):
        cv2.line(canvas, (int(line), top), (int(line), top + height), 60, 1)


def _panel(canvas: Canvas, rng: np.random.Generator) -> None:
    rows, columns = canvas.shape
    top, left = int(rng.integers(0, rows - 20)), int(rng.integers(0, columns - 20))
    bottom, right = int(rng.integers(top + 8, rows)), int(rng.integers(left + 8, columns))
    cv2.rectangle(canvas, (left, top), (right, bottom), _shade(rng), -1)
    cv2.rectangle(canvas, (left, top), (right, bottom), _shade(rng), 1)
    if rng.random() < 0.4:
        for line in range(top + 8, bottom, int(rng.integers(8, 20))):
            cv2.line(canvas, (left + 4, line), (max(left + 5, right - int(rng.integers(0, 40))), line), _shade(rng), 2)


def _leaf(image: Grey, radius: float, ramp: Grey, rng: np.random.Generator) -> Grey:
    rows, columns = image.shape
    mask: Canvas = np.zeros((rows, columns), np.uint8)
    centre = rng.uniform(0, 1, 2) * (columns, rows)
    corners = int(rng.integers(3, 9))
    if rng.random() < 0.5:
        axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.3, 1))))
        cv2.ellipse(mask, (int(centre[0]), int(centre[1])), axes, float(rng.uniform(0, 360)), 0, 360, 1, -1)
    else:
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        reach = radius * rng.uniform(0.4, 1.2, corners)
        points = centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * reach[:, None]
        cv2.fillPoly(mask, [points.astype(np.int32)], 1)
    inside = mask > 0
    slope = np.float32(rng.uniform(-0.4, 0.4))
    image[inside] = np.float32(rng.random()) + slope * (ramp[inside] - np.float32(0.5))
    return image
