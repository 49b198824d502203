"""What pages lie on: desks, cloth, stone, paper and what else lies there; all computed."""

import math
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def _clouds(noise: np.random.Generator, width: int, height: int, cell: float, octaves: int = 4, stretch: float = 1.0) -> np.ndarray:
    """Fractal noise, -1 to 1 or so; `cell` is the size of its largest spots in pixels."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        size = cell / 2**octave
        columns, rows = max(2, round(width / (size * stretch)) + 2), max(2, round(height / size) + 2)
        grid = Image.fromarray(noise.uniform(-1, 1, (min(rows, height), min(columns, width))).astype(np.float32))
        total += np.asarray(grid.resize((width, height), Image.Resampling.BICUBIC)) / 2**octave
    return total / 1.6


def _tinted(value: np.ndarray, dark: tuple[float, ...], light: tuple[float, ...]) -> np.ndarray:
    mixed = np.clip(value * 0.5 + 0.5, 0, 1)[..., None]
    return np.array(dark, np.float32) * (1 - mixed) + np.array(light, np.float32) * mixed


def _wood(rng: Random, noise: np.random.Generator, w: int, h: int) -> np.ndarray:
    grain = _clouds(noise, w, h, 90, 4, 14)
    rings = np.sin(10 * grain + np.linspace(0, rng.uniform(15, 60), h, dtype=np.float32)[:, None])
    fine = _clouds(noise, w, h, 5, 2, 30)
    dark, light = rng.choice([((0.25, 0.15, 0.08), (0.5, 0.32, 0.19)), ((0.55, 0.4, 0.25), (0.78, 0.62, 0.44)), ((0.16, 0.11, 0.09), (0.3, 0.21, 0.16)), ((0.7, 0.62, 0.5), (0.88, 0.8, 0.68))])
    picture = _tinted(0.5 * rings + 0.5 * fine, dark, light)
    if rng.random() < 0.5:
        plank = rng.randint(h // 6 + 1, h // 2 + 2)
        for y in range(rng.randint(0, plank), h, plank):
            picture[y : y + 3] *= 0.45
    return picture


def _cloth(rng: Random, noise: np.random.Generator, w: int, h: int) -> np.ndarray:
    pitch = rng.uniform(3, 7)
    x, y = np.arange(w, dtype=np.float32)[None, :], np.arange(h, dtype=np.float32)[:, None]
    weave = np.sin(2 * math.pi * x / pitch) * np.sin(2 * math.pi * y / pitch) + 0.6 * _clouds(noise, w, h, 4, 2)
    folds = 0.7 * _clouds(noise, w, h, max(w, h) / 3, 2)
    base = np.array([rng.uniform(0.08, 0.75) for _ in range(3)], np.float32)
    if rng.random() < 0.4:
        stripe = (np.floor(x / rng.randint(30, 120)) + np.floor(y / rng.randint(30, 120))) % 2
        return np.clip(base * (0.75 + 0.35 * stripe[..., None] + 0.12 * weave[..., None] + 0.15 * folds[..., None]), 0, 1)
    return np.clip(base * (0.9 + 0.14 * weave + 0.22 * folds)[..., None], 0, 1)


def _stone(rng: Random, noise: np.random.Generator, w: int, h: int) -> np.ndarray:
    if rng.random() < 0.5:
        veins = 1 - np.abs(np.sin(3 * _clouds(noise, w, h, max(w, h) / 2, 5) + 2)) ** 0.3 * 2
        return _tinted(0.7 - veins.astype(np.float32), (0.5, 0.5, 0.53), (0.93, 0.92, 0.9))
    speckle = 0.6 * noise.standard_normal((h // 2 + 1, w // 2 + 1)).astype(np.float32).repeat(2, 0).repeat(2, 1)[:h, :w]
    light = rng.uniform(0.3, 0.85)
    return _tinted(speckle + 0.3 * _clouds(noise, w, h, 30), (light * 0.4,) * 3, (min(1.0, light * 1.25), light * 1.2, light * 1.15))


def _plain(rng: Random, noise: np.random.Generator, w: int, h: int) -> np.ndarray:
    light = rng.choice([0.05, 0.15, 0.5, 0.85, 0.95])
    base = np.array([light * rng.uniform(0.85, 1.1) for _ in range(3)], np.float32)
    return np.clip(base * (1 + 0.05 * _clouds(noise, w, h, 200) + 0.03 * _clouds(noise, w, h, 3, 1))[..., None], 0, 1)


def _tiles(rng: Random, noise: np.random.Generator, w: int, h: int) -> np.ndarray:
    side, joint = rng.randint(90, 260), rng.randint(4, 9)
    x, y = np.arange(w)[None, :], np.arange(h)[:, None]
    edge = ((x % side < joint) | (y % side < joint))[..., None]
    tone = noise.uniform(-0.5, 0.5, (h // side + 1, w // side + 1)).astype(np.float32).repeat(side, 0).repeat(side, 1)[:h, :w]
    tile = _tinted(tone + 0.3 * _clouds(noise, w, h, 60), (0.55, 0.5, 0.45), (0.85, 0.8, 0.74))
    return np.where(edge, np.float32(0.4), tile).astype(np.float32)


def _keys(board: ImageDraw.ImageDraw, rng: Random, w: int, h: int) -> None:
    size, x0, y0 = rng.randint(34, 70), rng.randint(-60, w), rng.randint(-60, h)
    tone = rng.choice([25, 40, 210])
    board.rectangle((x0 - 8, y0 - 8, x0 + 12 * size, y0 + 4 * size), fill=(tone // 2 + 60,) * 3)
    for row in range(4):
        for column in range(12):
            x, y = x0 + column * size + row * size // 4, y0 + row * size
            board.rounded_rectangle((x, y, x + size - 5, y + size - 5), size // 7, fill=(tone,) * 3, outline=(max(0, tone - 18),) * 3)
            board.line((x + size * 0.3, y + size * 0.3, x + size * 0.45, y + size * 0.5), fill=(255 - tone,) * 3, width=2)


def _sheet(board: ImageDraw.ImageDraw, rng: Random, w: int, h: int) -> None:
    cx, cy, wide, turn = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.4, 0.9) * max(w, h), rng.uniform(0, 6.3)
    tall = wide * 1.414

    def at(x: float, y: float) -> tuple[float, float]:
        return cx + x * math.cos(turn) - y * math.sin(turn), cy + x * math.sin(turn) + y * math.cos(turn)

    light = rng.randint(215, 250)
    board.polygon([at(0, 0), at(wide, 0), at(wide, tall), at(0, tall)], fill=(light, light, light - rng.randint(0, 12)))
    pitch = wide / rng.randint(26, 44)
    for row in range(4, int(tall / pitch) - 4):
        x = wide * 0.1
        while x < wide * 0.9 and rng.random() > 0.03:
            length = rng.uniform(0.02, 0.09) * wide
            board.line([at(x, row * pitch), at(min(x + length, wide * 0.9), row * pitch)], fill=(80, 80, 86), width=max(1, round(pitch * 0.3)))
            x += length + wide * 0.012


def _pen(board: ImageDraw.ImageDraw, rng: Random, w: int, h: int) -> None:
    x, y, turn, length, thick = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, 6.3), rng.uniform(0.3, 0.6) * min(w, h), rng.uniform(9, 26)
    dx, dy = math.cos(turn) * length, math.sin(turn) * length
    colour = tuple(rng.randint(10, 220) for _ in range(3))
    board.line((x + 5, y + 7, x + dx + 5, y + dy + 7), fill=(20, 18, 18), width=round(thick))
    board.line((x, y, x + dx, y + dy), fill=colour, width=round(thick))
    board.line((x, y - thick * 0.2, x + dx, y + dy - thick * 0.2), fill=tuple(min(255, c + 70) for c in colour), width=max(1, round(thick * 0.2)))
    board.line((x + dx, y + dy, x + dx * 1.08, y + dy * 1.08), fill=(180, 180, 180), width=round(thick * 0.5))


def _ring(board: ImageDraw.ImageDraw, rng: Random, w: int, h: int) -> None:
    x, y, r = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0.06, 0.2) * min(w, h)
    colour = tuple(rng.randint(60, 230) for _ in range(3))
    board.ellipse((x - r, y - r, x + r, y + r), fill=colour, outline=tuple(c // 2 for c in colour), width=4)
    board.ellipse((x - r * 0.8, y - r * 0.8, x + r * 0.8, y + r * 0.8), fill=rng.choice([(40, 24, 14), tuple(c * 8 // 10 for c in colour)]))


def _cable(board: ImageDraw.ImageDraw, rng: Random, w: int, h: int) -> None:
    points, x, y, turn = [], rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, 6.3)
    for _ in range(90):
        turn += rng.uniform(-0.25, 0.25)
        x, y = x + 14 * math.cos(turn), y + 14 * math.sin(turn)
        points.append((x, y))
    board.line(points, fill=(rng.choice([20, 230]),) * 3, width=rng.randint(5, 13), joint="curve")


_GROUNDS = (_wood, _wood, _cloth, _stone, _plain, _tiles)
_THINGS = (_keys, _sheet, _sheet, _pen, _ring, _cable)


def ground(rng: Random, width: int, height: int) -> tuple[np.ndarray, dict[str, object]]:
    """A ground of so many pixels, 0 to 1, and what it is."""
    noise = np.random.default_rng(rng.getrandbits(64))
    of = rng.choice(_GROUNDS)
    if flipped := rng.random() < 0.5:
        picture = of(rng, noise, height, width).transpose(1, 0, 2)
    else:
        picture = of(rng, noise, width, height)
    things = rng.choices(_THINGS, k=rng.choice([0, 0, 1, 2, 3]))
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    board = ImageDraw.Draw(image)
    for thing in things:
        thing(board, rng, width, height)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 2.2)))
    told = {"ground": of.__name__[1:], "along": "y" if flipped else "x", "things": [thing.__name__[1:] for thing in things]}
    return np.asarray(image, np.float32) / 255, told
