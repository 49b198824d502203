"""A page being drawn, which remembers where every readable character stands.

Coordinates are document units: the page is 384 x 256 units whatever its pixel size. Those are also
the model's input pixels, so a unit is one pixel of what the encoder sees.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dossier_training import fonts

WIDTH, HEIGHT = 384, 256
PIXELS_PER_UNIT = 2


@dataclass(frozen=True)
class Glyph:
    """One character of a value: the centre of its cell in document units, and whose it is."""

    x: float
    y: float
    character: str
    field: str | None
    index: int


@dataclass(frozen=True)
class Ink:
    """How text is set: font file, size in document units, colour."""

    font: str
    size: float
    colour: tuple[int, int, int]

    @property
    def pixels(self) -> int:
        return round(self.size * PIXELS_PER_UNIT)


@dataclass
class Page:
    """An RGB canvas of 768 x 512 pixels and the glyphs drawn on it."""

    background: tuple[int, int, int]
    glyphs: list[Glyph] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * PIXELS_PER_UNIT, HEIGHT * PIXELS_PER_UNIT), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def caption(self, x: float, y: float, text: str, ink: Ink) -> None:
        """Draws text that is nobody's value."""
        self.draw.text((x * PIXELS_PER_UNIT, y * PIXELS_PER_UNIT), text, font=fonts.font(ink.font, ink.pixels), fill=ink.colour)

    def value(self, x: float, y: float, text: str, ink: Ink, name: str | None, start: int = 0) -> float:
        """Draws a value from (left, top) and returns where it ends. `start` is its first character's index."""
        self.caption(x, y, text, ink)
        cursor = x * PIXELS_PER_UNIT
        for index, character in enumerate(text, start):
            advance = fonts.advance(ink.font, ink.pixels, character)
            centre_y = y + ink.size * 0.6
            self.glyphs.append(Glyph((cursor + advance / 2) / PIXELS_PER_UNIT, centre_y, character, name, index))
            cursor += advance
        return cursor / PIXELS_PER_UNIT

    def spaced(self, x: float, y: float, text: str, pitch: float, ink: Ink, name: str | None, start: int = 0) -> None:
        """Draws one line at a fixed pitch, as MRZ lines are (ICAO Doc 9303 part 3, section 4.1)."""
        face = fonts.font(ink.font, ink.pixels)
        for index, character in enumerate(text):
            left = x + index * pitch
            self.draw.text((left * PIXELS_PER_UNIT, y * PIXELS_PER_UNIT), character, font=face, fill=ink.colour)
            self.glyphs.append(Glyph(left + pitch * 0.45, y + ink.size * 0.6, character, name, start + index))

    def guilloche(self, rng: np.random.Generator, lines: int, depth: int) -> None:
        """Draws the fine wavy lines of security printing, `depth` levels darker than the ground."""
        xs = np.linspace(0, WIDTH * PIXELS_PER_UNIT, 48)
        for _ in range(lines):
            colour = tuple(int(max(0, c - rng.integers(4, depth))) for c in self.background)
            amplitude, period, phase = rng.uniform(4, 60), rng.uniform(60, 500), rng.uniform(0, 6.3)
            base = rng.uniform(0, HEIGHT * PIXELS_PER_UNIT)
            ys = base + amplitude * np.sin(xs / period * 6.28 + phase) + xs * rng.uniform(-0.3, 0.3)
            self.draw.line(list(zip(xs, ys)), fill=colour, width=int(rng.integers(1, 4)))

    def portrait(self, rng: np.random.Generator, box: tuple[float, float, float, float]) -> None:
        """Draws a stand-in for the photograph: a head and shoulders in random greys."""
        left, top, right, bottom = (round(v * PIXELS_PER_UNIT) for v in box)
        width, height = right - left, bottom - top
        ground, skin, cloth = (_grey(rng, low, high) for low, high in ((165, 230), (120, 200), (30, 110)))
        patch = Image.new("RGB", (width, height), ground)
        draw = ImageDraw.Draw(patch)
        draw.ellipse([width * 0.1, height * 0.68, width * 0.9, height * 1.4], fill=cloth)
        draw.ellipse([width * 0.27, height * 0.15, width * 0.73, height * 0.75], fill=skin)
        draw.pieslice([width * 0.24, height * 0.1, width * 0.76, height * 0.6], 180, 360, fill=cloth)
        self.image.paste(patch, (left, top))


def _grey(rng: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    level = int(rng.integers(low, high))
    return level, level - int(rng.integers(0, 12)), level - int(rng.integers(0, 20))


@dataclass(frozen=True)
class Capture:
    """How a page was photographed or scanned; the ranges are the generator's, the values one page's."""

    degrees: float = 0.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    blur: float = 0.0
    gain: float = 1.0
    lift: float = 0.0
    noise: float = 0.0
    surround: tuple[int, int, int] = (255, 255, 255)

    @staticmethod
    def draw(rng: np.random.Generator) -> "Capture":
        """A random capture: up to 1.5 degrees, 3 % of zoom, 3 units of shift, light blur and noise."""
        return Capture(
            degrees=float(np.clip(rng.normal(0, 0.6), -1.5, 1.5)),
            zoom=float(rng.uniform(0.97, 1.01)),
            shift=(float(rng.uniform(-3, 3)), float(rng.uniform(-3, 3))),
            blur=float(rng.choice([0.0, 0.0, rng.uniform(0.3, 1.0)])),
            gain=float(rng.uniform(0.8, 1.08)),
            lift=float(rng.uniform(-12, 12)),
            noise=float(rng.uniform(0, 9)),
            surround=_grey(rng, 60, 252),
        )

    def apply(self, page: Page, rng: np.random.Generator) -> tuple[Image.Image, list[Glyph]]:
        """The captured image, 768 x 512 RGB, and the glyphs where they now stand."""
        radians = math.radians(self.degrees)
        cosine, sine = math.cos(radians) * self.zoom, math.sin(radians) * self.zoom
        centre_x, centre_y = WIDTH / 2, HEIGHT / 2
        shift_x, shift_y = self.shift

        def forward(x: float, y: float) -> tuple[float, float]:
            dx, dy = x - centre_x, y - centre_y
            return centre_x + cosine * dx - sine * dy + shift_x, centre_y + sine * dx + cosine * dy + shift_y

        # Pillow wants the inverse map, in pixels.
        scale = cosine * cosine + sine * sine
        a, b = cosine / scale, sine / scale
        p = PIXELS_PER_UNIT
        cx, cy, sx, sy = centre_x * p, centre_y * p, shift_x * p, shift_y * p
        inverse = (a, b, cx - a * (cx + sx) - b * (cy + sy), -b, a, cy + b * (cx + sx) - a * (cy + sy))
        image = page.image.transform(page.image.size, Image.Transform.AFFINE, inverse, Image.Resampling.BILINEAR, fillcolor=self.surround)
        if self.blur:
            image = image.filter(ImageFilter.GaussianBlur(self.blur))
        pixels = np.asarray(image, dtype=np.float32) * self.gain + self.lift
        if self.noise:
            pixels += rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * self.noise
        image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
        glyphs = [replace(g, x=x, y=y) for g in page.glyphs for x, y in [forward(g.x, g.y)]]
        return image, glyphs


def model_pixels(image: Image.Image) -> np.ndarray:
    """What the image processor makes of a page of 3:2, as uint8 `(256, 384, 3)`; see the base's preprocessor_config.json."""
    return np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, reducing_gap=None))
