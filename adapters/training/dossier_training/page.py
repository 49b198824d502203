"""A page being drawn, which remembers where every readable character stands.

Coordinates are document units: a landscape page is 384 x 256 units, a portrait one 170.5 x 256, whatever
the pixels. A unit is one pixel of what the encoder sees: 384 x 256, where a portrait page stands in the middle.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dossier_training import fonts
from dossier_training.geometry import Projection
from dossier_training.light import Glare, Shadow, jpeg, smear

WIDTH, HEIGHT = 384, 256
LANDSCAPE, PORTRAIT = (384.0, 256.0), (170.5, 256.0)
PIXELS_PER_UNIT = 2

Colour = tuple[int, int, int]


def colour_of(parts: Iterable[float]) -> Colour:
    """Red, green and blue out of numbers of any kind; fractions are dropped."""
    red, green, blue = (int(part) for part in parts)
    return red, green, blue


@dataclass(frozen=True)
class Glyph:
    """One character of a value: the centre of its cell in document units, and whose it is.

    `corners` are those of what is printed of it, clockwise from left and top; a blank has none.
    """

    x: float
    y: float
    character: str
    field: str | None
    index: int
    corners: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Ink:
    """How text is set: font file, size in document units, colour, extra units between letters."""

    font: str
    size: float
    colour: Colour
    tracking: float = 0.0

    @property
    def pixels(self) -> int:
        return round(self.size * PIXELS_PER_UNIT)

    def width(self, text: str) -> float:
        """How wide a value is, in document units."""
        return sum(fonts.advance(self.font, self.pixels, character) for character in text) / PIXELS_PER_UNIT + self.tracking * len(text)


@dataclass
class Page:
    """An RGB canvas of 2 pixels a unit and the glyphs drawn on it."""

    background: Colour
    glyphs: list[Glyph] = field(default_factory=list)
    size: tuple[float, float] = LANDSCAPE
    # What barcodes on it hold, as the host's rules are told of them: source and content.
    barcodes: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.width, self.height = self.size
        self.image = Image.new("RGB", (round(self.width * PIXELS_PER_UNIT), round(self.height * PIXELS_PER_UNIT)), self.background)
        self.draw = ImageDraw.Draw(self.image)

    def caption(self, x: float, y: float, text: str, ink: Ink) -> None:
        """Draws text that is nobody's value."""
        self.draw.text((x * PIXELS_PER_UNIT, y * PIXELS_PER_UNIT), text, font=fonts.font(ink.font, ink.pixels), fill=ink.colour)

    def value(self, x: float, y: float, text: str, ink: Ink, name: str | None, start: int = 0) -> float:
        """Draws a value from (left, top) and returns where it ends. `start` is its first character's index."""
        if not ink.tracking:
            self.caption(x, y, text, ink)
        cursor = x * PIXELS_PER_UNIT
        for index, character in enumerate(text, start):
            advance = fonts.advance(ink.font, ink.pixels, character)
            if ink.tracking:
                self.draw.text((cursor, y * PIXELS_PER_UNIT), character, font=fonts.font(ink.font, ink.pixels), fill=ink.colour)
                advance += ink.tracking * PIXELS_PER_UNIT
            centre_y = y + ink.size * 0.6
            corners = _printed(ink, character, cursor, y * PIXELS_PER_UNIT)
            self.glyphs.append(Glyph((cursor + advance / 2) / PIXELS_PER_UNIT, centre_y, character, name, index, corners))
            cursor += advance
        return cursor / PIXELS_PER_UNIT

    def spaced(self, x: float, y: float, text: str, pitch: float, ink: Ink, name: str | None, start: int = 0) -> None:
        """Draws one line at a fixed pitch, as MRZ lines are (ICAO Doc 9303 part 3, section 4.1)."""
        face = fonts.font(ink.font, ink.pixels)
        for index, character in enumerate(text):
            left = x + index * pitch
            self.draw.text((left * PIXELS_PER_UNIT, y * PIXELS_PER_UNIT), character, font=face, fill=ink.colour)
            corners = _printed(ink, character, left * PIXELS_PER_UNIT, y * PIXELS_PER_UNIT)
            self.glyphs.append(Glyph(left + pitch * 0.45, y + ink.size * 0.6, character, name, start + index, corners))

    def guilloche(self, rng: np.random.Generator, lines: int, depth: int) -> None:
        """Draws the fine wavy lines of security printing, `depth` levels darker than the ground."""
        xs = np.linspace(0, self.width * PIXELS_PER_UNIT, 48)
        for _ in range(lines):
            colour = colour_of(max(0, int(c - rng.integers(4, depth))) for c in self.background)
            amplitude, period, phase = rng.uniform(4, 60), rng.uniform(60, 500), rng.uniform(0, 6.3)
            base = rng.uniform(0, self.height * PIXELS_PER_UNIT)
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


def _printed(ink: Ink, character: str, x: float, y: float) -> tuple[tuple[float, float], ...]:
    """The corners, in units, of what a character drawn at (x, y) pixels blackens."""
    if character.isspace():
        return ()
    left, top, right, bottom = fonts.printed(ink.font, ink.pixels, character)
    box = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(((x + across) / PIXELS_PER_UNIT, (y + down) / PIXELS_PER_UNIT) for across, down in box)


def _grey(rng: np.random.Generator, low: int, high: int) -> Colour:
    level = int(rng.integers(low, high))
    return level, level - int(rng.integers(0, 12)), level - int(rng.integers(0, 20))


LEVELS = ("clean", "mild", "hard")
# Text stays so far from the edges of the image, in units: a character cut off can't be read.
_MARGIN = 6.0


@dataclass(frozen=True)
class Capture:
    """How a page was photographed or scanned. Lengths in document units, but blur and smear in pixels of the image."""

    degrees: float = 0.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    blur: float = 0.0
    gain: float = 1.0
    lift: float = 0.0
    noise: float = 0.0
    surround: Colour = (255, 255, 255)
    # Where perspective moves the corners, as (x, y): left top, right top, right bottom, left bottom.
    corners: tuple[tuple[float, float], ...] = ((0.0, 0.0),) * 4
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    smear: tuple[float, float] | None = None
    shadow: Shadow | None = None
    glare: Glare | None = None
    jpeg: int | None = None

    @staticmethod
    def draw(rng: np.random.Generator, level: str = "clean") -> "Capture":
        """A random capture of one of `LEVELS`."""
        return {"clean": _clean, "mild": _mild, "hard": _hard}[level](rng)

    def projection(self, page: Page) -> Projection:
        """From the page to the captured image, both in units; no glyph leaves the image."""
        width, height = page.size
        centre = (width / 2, height / 2)
        flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
        lying = Projection.between(flat, flat + np.array(self.corners)).then(Projection.similarity(self.degrees, self.zoom, centre, self.shift))
        if not page.glyphs:
            return lying
        apart = np.abs(lying.points(np.array([(g.x, g.y) for g in page.glyphs])) - centre).max(axis=0)
        fitting = min(1.0, *((np.array(centre) - _MARGIN) / np.maximum(apart, 1.0)))
        return lying.then(Projection.similarity(0.0, fitting, centre))

    def apply(self, page: Page, rng: np.random.Generator) -> tuple[Image.Image, list[Glyph]]:
        """The captured image, RGB, and the glyphs where they now stand in what the encoder sees."""
        projection = self.projection(page)
        in_pixels = Projection.scale(1 / PIXELS_PER_UNIT).then(projection).then(Projection.scale(PIXELS_PER_UNIT))
        image = page.image.transform(page.image.size, Image.Transform.PERSPECTIVE, in_pixels.inverse().coefficients(), Image.Resampling.BILINEAR, fillcolor=self.surround)
        if self.blur:
            image = image.filter(ImageFilter.GaussianBlur(self.blur))
        pixels = np.asarray(image).astype(np.float32)
        if self.smear:
            pixels = smear(pixels, *self.smear)
        pixels *= np.array(self.cast, dtype=np.float32) * np.float32(self.gain)
        if self.shadow:
            pixels *= self.shadow.factor(image.size)
        if self.lift:
            pixels += np.float32(self.lift)
        if self.glare:
            whiteness = self.glare.whiteness(image.size)
            pixels *= 1 - whiteness
            pixels += 255 * whiteness
        if self.noise:
            pixels += rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * np.float32(self.noise)
        image = Image.fromarray(pixels.clip(0, 255, out=pixels).astype(np.uint8))
        if self.jpeg:
            image = jpeg(image, self.jpeg)
        if not page.glyphs:
            return image, []
        seen = projection.then(_frame(page.size))
        centres = seen.points(np.array([(g.x, g.y) for g in page.glyphs]))
        corners = seen.points(np.array([g.corners or ((g.x, g.y),) * 4 for g in page.glyphs]).reshape(-1, 2)).reshape(-1, 4, 2).tolist()
        moved = zip(page.glyphs, centres, corners, strict=True)
        return image, [replace(g, x=float(x), y=float(y), corners=tuple(map(tuple, four)) if g.corners else ()) for g, (x, y), four in moved]


def _clean(rng: np.random.Generator) -> Capture:
    """A scanner: up to 1.5 degrees, 3 % of zoom, 3 units of shift, light blur and noise."""
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


def _mild(rng: np.random.Generator) -> Capture:
    """A careful photograph: up to 5 degrees, perspective to 2 %, JPEG down to 40, soft shadow and glare."""
    return Capture(
        degrees=float(rng.uniform(-5, 5)),
        zoom=float(rng.uniform(0.93, 1.0)),
        shift=(float(rng.uniform(-5, 5)), float(rng.uniform(-4, 4))),
        blur=float(rng.uniform(0, 1.3)) if rng.random() < 0.6 else 0.0,
        gain=float(rng.uniform(0.75, 1.1)),
        lift=float(rng.uniform(-12, 12)),
        noise=float(rng.uniform(0, 9)),
        surround=_grey(rng, 30, 252),
        corners=_corners(rng, 5.0),
        cast=_cast(rng, 0.06),
        shadow=_shadow(rng, 0.4) if rng.random() < 0.5 else None,
        glare=_glare(rng, 0.5) if rng.random() < 0.4 else None,
        jpeg=int(rng.integers(40, 96)) if rng.random() < 0.8 else None,
    )


def _hard(rng: np.random.Generator) -> Capture:
    """A hasty photograph: up to 6 degrees, perspective to 4 %, JPEG down to 25, blur or motion, deep shadow, strong glare."""
    moved = rng.random() < 0.35
    return Capture(
        degrees=float(rng.uniform(-6, 6)),
        zoom=float(rng.uniform(0.88, 0.98)),
        shift=(float(rng.uniform(-8, 8)), float(rng.uniform(-6, 6))),
        blur=float(rng.uniform(0.2, 0.9) if moved else rng.uniform(0.4, 1.8)),
        gain=float(rng.uniform(0.55, 1.15)),
        lift=float(rng.uniform(-15, 25)),
        noise=float(rng.uniform(0, 15)),
        surround=_grey(rng, 25, 252),
        corners=_corners(rng, 10.0),
        cast=_cast(rng, 0.12),
        smear=(float(rng.uniform(1.5, 4)), float(rng.uniform(0, 180))) if moved else None,
        shadow=_shadow(rng, 0.6) if rng.random() < 0.6 else None,
        glare=_glare(rng, 0.7) if rng.random() < 0.5 else None,
        jpeg=int(rng.integers(25, 75)) if rng.random() < 0.9 else None,
    )


def _corners(rng: np.random.Generator, most: float) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in rng.uniform(-most, most, (4, 2)))


def _cast(rng: np.random.Generator, most: float) -> tuple[float, float, float]:
    red, green, blue = rng.uniform(1 - most, 1 + most, 3)
    return float(red), float(green), float(blue)


def _shadow(rng: np.random.Generator, deepest: float) -> Shadow:
    return Shadow(float(rng.uniform(0, 360)), float(rng.uniform(-0.35, 0.35)), float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.1, deepest)))


def _glare(rng: np.random.Generator, strongest: float) -> Glare:
    radii = (float(rng.uniform(0.06, 0.35)), float(rng.uniform(0.04, 0.2)))
    return Glare((float(rng.uniform(0, 1)), float(rng.uniform(0, 1))), radii, float(rng.uniform(0, 180)), float(rng.uniform(0.2, strongest)))


def _seen_size(width: int, height: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The two sizes an image of `width` x `height` pixels is resized to by the base's image processor."""
    shortest = min(WIDTH, HEIGHT)
    first = (shortest, int(shortest * height / width)) if width <= height else (int(shortest * width / height), shortest)
    inner = min(first[0], WIDTH), min(first[1], HEIGHT)
    if inner == first:
        return first, first
    return first, (int(first[0] * inner[1] / first[1]), inner[1]) if first[1] > first[0] else (inner[0], int(first[1] * inner[0] / first[0]))


def _frame(size: tuple[float, float]) -> Projection:
    """From a page's units to what the encoder sees, where it stands in the middle."""
    _, (width, height) = _seen_size(round(size[0] * PIXELS_PER_UNIT), round(size[1] * PIXELS_PER_UNIT))
    return Projection.scale(width / size[0], height / size[1], ((WIDTH - width) // 2, (HEIGHT - height) // 2))


def model_pixels(image: Image.Image) -> np.ndarray:
    """What the image processor makes of a page, as uint8 `(256, 384, 3)`; see the base's preprocessor_config.json."""
    for size in dict.fromkeys(_seen_size(*image.size)):
        image = image.resize(size, Image.Resampling.BILINEAR, reducing_gap=None)
    seen: np.ndarray = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
    top, left = (HEIGHT - image.height) // 2, (WIDTH - image.width) // 2
    seen[top : top + image.height, left : left + image.width] = np.asarray(image)
    return seen
