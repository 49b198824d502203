"""A page being set: pixels of what the encoder will see, times a scale, and where every character stands.

Coordinates are the encoder's pixels, whatever the scale the page is drawn at.
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from dossier_training.page import Colour, Glyph
from dossier_training.typeset import typefaces


@dataclass(frozen=True)
class Ink:
    """How text is set: typeface, size of the em in pixels, colour, pixels added between letters."""

    typeface: str
    size: float
    colour: Colour
    tracking: float = 0.0

    def at(self, scale: float) -> int:
        """The em in pixels of the drawing."""
        return max(4, round(self.size * scale))

    def width(self, text: str, scale: float) -> float:
        """How wide a line is."""
        return sum(typefaces.advance(self.typeface, self.at(scale), c) for c in text) / scale + self.tracking * len(text)


@dataclass
class Sheet:
    """An RGB canvas and the glyphs on it. Colours of type are drawn over whatever ground there is."""

    width: float
    height: float
    ground: Colour
    scale: float = 1.5
    glyphs: list[Glyph] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", (round(self.width * self.scale), round(self.height * self.scale)), self.ground)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, x: float, y: float, text: str, ink: Ink, name: str | None = None, start: int = 0, counts: bool = True) -> float:
        """Draws a line whose em begins at (left, top); returns where it ends. Without `counts` nobody is asked to read it."""
        size = ink.at(self.scale)
        drawn = typefaces.face(ink.typeface, size)
        cursor, top = x * self.scale, y * self.scale
        if not ink.tracking:
            self.draw.text((cursor, top), text, font=drawn, fill=ink.colour)
        for index, character in enumerate(text, start):
            advance = typefaces.advance(ink.typeface, size, character)
            if ink.tracking:
                self.draw.text((cursor, top), character, font=drawn, fill=ink.colour)
                advance += ink.tracking * self.scale
            if counts:
                self.glyphs.append(Glyph((cursor + advance / 2) / self.scale, y + ink.size * 0.62, character, name, index))
            cursor += advance
        return cursor / self.scale

    def spaced(self, x: float, y: float, text: str, pitch: float, ink: Ink, name: str | None = None, start: int = 0) -> None:
        """Draws one line at a fixed pitch, as MRZ lines are (ICAO Doc 9303 part 3, section 4.1)."""
        drawn = typefaces.face(ink.typeface, ink.at(self.scale))
        for index, character in enumerate(text):
            left = x + index * pitch
            self.draw.text((left * self.scale, y * self.scale), character, font=drawn, fill=ink.colour)
            self.glyphs.append(Glyph(left + pitch * 0.45, y + ink.size * 0.62, character, name, start + index))

    def zone(self, x: float, y: float, text: str, pitch: float, line_pitch: float, ink: Ink) -> None:
        """Draws the lines of a machine-readable zone; indices count the line breaks, as the field's text does."""
        start = 0
        for number, line in enumerate(text.split("\n")):
            self.spaced(x, y + number * line_pitch, line, pitch, ink, "mrz", start)
            start += len(line) + 1

    def paint(self, mask: np.ndarray | Image.Image, colour: Colour) -> None:
        """Lays a colour over the page through a mask of 0 to 255."""
        self.image.paste(colour, mask=mask if isinstance(mask, Image.Image) else Image.fromarray(mask))
