"""Security printing: what lies under the values and, faintly, over them."""

import math

import numpy as np
from PIL import Image, ImageDraw

from dossier_training.page import Colour, colour_of
from dossier_training.typeset import phrases, typefaces
from dossier_training.typeset.sheet import Ink, Sheet


def mixed(ground: Colour, colour: Colour, share: float) -> Colour:
    """`share` of `colour` on the ground."""
    red, green, blue = (round(g + (c - g) * share) for g, c in zip(ground, colour, strict=True))
    return red, green, blue


def hue(rng: np.random.Generator) -> Colour:
    """Any colour but the extremes."""
    return colour_of(rng.integers(20, 220, 3))


def _gradient(rng: np.random.Generator, sheet: Sheet) -> None:
    xs: np.ndarray
    ys: np.ndarray
    xs, ys = np.meshgrid(np.linspace(0, 1, 24), np.linspace(0, 1, 16))
    angle = rng.uniform(0, 2 * math.pi)
    along = (0.5 + (xs - 0.5) * math.cos(angle) + (ys - 0.5) * math.sin(angle)).clip(0, 1)[..., None]
    to = np.array(mixed(sheet.ground, hue(rng), float(rng.uniform(0.1, 0.5))))
    colours = np.array(sheet.ground) * (1 - along) + to * along
    sheet.image.paste(Image.fromarray(colours.astype(np.uint8)).resize(sheet.image.size, Image.Resampling.BILINEAR))


def _waves(rng: np.random.Generator, sheet: Sheet, colour: Colour) -> None:
    """A guilloche: one wave again and again, each a little moved."""
    width, height = sheet.image.size
    xs = np.linspace(0, width, 40)
    amplitude, period = rng.uniform(3, 40) * sheet.scale, rng.uniform(40, 400) * sheet.scale
    phase, drift, step = rng.uniform(0, 6.3), rng.uniform(-0.4, 0.4), rng.uniform(2.5, 14) * sheet.scale
    y, line = rng.uniform(-height * 0.2, height * 0.6), int(rng.integers(1, 3))
    for index in range(int(rng.integers(4, 40))):
        if y > height + amplitude:
            break
        ys = y + amplitude * np.sin(xs / period * 6.28 + phase + index * drift)
        sheet.draw.line(list(zip(xs, ys)), fill=colour, width=line)
        y += step


def _rosette(rng: np.random.Generator, sheet: Sheet, colour: Colour) -> None:
    x, y = rng.uniform(0, sheet.image.width), rng.uniform(0, sheet.image.height)
    radius, petals = rng.uniform(15, 110) * sheet.scale, int(rng.integers(3, 13))
    angles = np.linspace(0, 2 * math.pi, 16 * petals + 1)
    for inner in np.linspace(0.2, 0.9, int(rng.integers(2, 7))):
        radii = radius * (inner + (1 - inner) * np.cos(petals * angles))
        sheet.draw.line(list(zip(x + radii * np.cos(angles), y + radii * np.sin(angles))), fill=colour, width=1)


def _small_print(rng: np.random.Generator, sheet: Sheet, colour: Colour) -> None:
    drawn = typefaces.face(typefaces.draw(rng), max(5, round(rng.uniform(3, 5.5) * sheet.scale)))
    word = phrases.name(rng, "latin", 14).upper() + " "
    tile = Image.new("L", (max(8, round(drawn.getlength(word))), drawn.size + 3))
    ImageDraw.Draw(tile).text((0, 0), word, font=drawn, fill=255)
    width, height = sheet.image.size
    line = np.tile(np.asarray(tile), (1, 2 + width // tile.width))
    mask = np.zeros((height, width), dtype=np.uint8)
    pitch = tile.height + int(rng.integers(0, 14))
    for row, y in enumerate(range(int(rng.integers(0, pitch)), height, pitch)):
        left = (row * 37) % tile.width
        part = mask[y : y + tile.height]
        part[:] = line[: len(part), left : left + width]
    sheet.paint(mask, colour)


def _cloud(rng: np.random.Generator, sheet: Sheet) -> None:
    """Soft blotches, as of water marks, landscapes and worn prints."""
    coarse = rng.normal(0, 1, (int(rng.integers(3, 14)), int(rng.integers(4, 20))))
    field = np.asarray(Image.fromarray(coarse.astype(np.float32)).resize(sheet.image.size, Image.Resampling.BICUBIC))
    sheet.paint((np.clip(field, 0, 1.6) * rng.uniform(15, 90)).astype(np.uint8), hue(rng))


def _ghost_text(rng: np.random.Generator, sheet: Sheet, colour: Colour) -> None:
    """Large pale letters behind everything."""
    ink = Ink(typefaces.draw(rng), float(rng.uniform(24, 90)), colour)
    word = phrases.cased(rng, phrases.name(rng, "latin", 10))
    sheet.text(float(rng.uniform(-10, sheet.width * 0.5)), float(rng.uniform(-10, sheet.height * 0.8)), word, ink, counts=False)


def _screen(rng: np.random.Generator, sheet: Sheet) -> None:
    """A halftone screen: dots or lines of a fixed pitch."""
    width, height = sheet.image.size
    pitch, angle = rng.uniform(1.6, 5) * sheet.scale, rng.uniform(0, math.pi)
    xs: np.ndarray
    ys: np.ndarray
    xs, ys = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    u = (xs * math.cos(angle) + ys * math.sin(angle)) * (6.2832 / pitch)
    pattern = np.cos(u)
    if rng.random() < 0.6:
        pattern = (pattern + np.cos((ys * math.cos(angle) - xs * math.sin(angle)) * (6.2832 / pitch))) / 2
    sheet.paint(((pattern > rng.uniform(-0.3, 0.6)) * rng.uniform(8, 70)).astype(np.uint8), hue(rng))


def under(rng: np.random.Generator, sheet: Sheet, strength: float = 1.0) -> None:
    """Everything under the values, no two pages alike; some pages have none of it."""
    tint = lambda low, high: mixed(sheet.ground, hue(rng), float(rng.uniform(low, high)) * strength)  # noqa: E731
    if rng.random() < 0.4:
        _gradient(rng, sheet)
    if rng.random() < 0.3:
        _cloud(rng, sheet)
    if rng.random() < 0.2:
        top = float(rng.uniform(0, sheet.image.height))
        sheet.draw.rectangle([0, top, sheet.image.width, top + float(rng.uniform(6, 60)) * sheet.scale], fill=tint(0.05, 0.35))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.35, 0.35, 0.2, 0.1]))):
        _waves(rng, sheet, tint(0.08, 0.45))
    for _ in range(int(rng.choice([0, 1, 2], p=[0.65, 0.25, 0.1]))):
        _rosette(rng, sheet, tint(0.1, 0.4))
    if rng.random() < 0.15:
        _small_print(rng, sheet, tint(0.1, 0.35))
    if rng.random() < 0.12:
        _ghost_text(rng, sheet, tint(0.05, 0.22))
    if rng.random() < 0.12:
        _screen(rng, sheet)


def over(rng: np.random.Generator, sheet: Sheet) -> None:
    """What is laid over the values: a stamp's ring, a ghost portrait, a hologram's shine; faint enough to read through."""
    drawn = rng.random()
    if drawn > 0.22:
        return
    width, height = sheet.image.size
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(20, 60) * sheet.scale
    depth = int(rng.uniform(30, 120))
    if drawn < 0.1:
        for inner in (1.0, 0.94, 0.6):
            pen.ellipse([x - r * inner, y - r * inner, x + r * inner, y + r * inner], outline=depth, width=max(1, round(rng.uniform(0.8, 2) * sheet.scale)))
        face = typefaces.face(typefaces.draw(rng), max(6, round(r * 0.25)))
        pen.text((x - r * 0.7, y - r * 0.15), phrases.cased(rng, phrases.place(rng, "latin", 12), 0.8), font=face, fill=depth)
    else:
        pen.ellipse([x - r * 0.8, y - r, x + r * 0.8, y + r], fill=depth // 3)
        pen.ellipse([x - r * 0.4, y - r * 0.7, x + r * 0.4, y + r * 0.2], fill=depth // 2)
    sheet.paint(mask, hue(rng))
