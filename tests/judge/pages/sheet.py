"""A page while it is laid out: millimetres, what lies below the print, the print, what lies above it."""

import io
import json
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pages import typefaces, zone_letters
from pages.browser import Browser

_STYLE = """html, body { margin: 0; background: transparent } svg { display: block }
text { text-rendering: geometricPrecision; font-variant-ligatures: none; white-space: pre; paint-order: stroke }"""
# Past the length of any value that a document prints.
MOST_CHARACTERS = 120


@dataclass
class Placed:
    """A field as it was drawn, in pixels: its lines' corners around the ink, and each character's middle."""

    text: str
    quads: list[list[list[float]]]
    characters: list[tuple[str, float, float]]
    cap_mm: float
    asked_mm: float


@dataclass
class Page:
    """A drawn page: its picture, whose alpha is the page's shape, and where each field stands."""

    picture: Image.Image
    pixels_per_mm: float
    fields: dict[str, Placed]


@dataclass
class Sheet:
    """`width` and `height` in millimetres; `corner` is the radius of the corners."""

    width: float
    height: float
    corner: float
    ground: str
    below: list[str] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    zone: tuple[list[str], float, float, float, float] | None = None

    def print(
        self,
        text: str,
        x: float,
        y: float,
        cap: float,
        face: str,
        field: str | None = None,
        width: float = 999.0,
        lines: int = 1,
        colour: str = "#16161a",
        anchor: str = "start",
        spacing: float = 0.0,
        leading: float = 1.75,
        turn: float = 0.0,
        opacity: float = 1.0,
        heavier: float = 0.0,
    ) -> None:
        """Text that stands on `y`, whose capitals are `cap` millimetres high; a value where `field` names one."""
        if face not in typefaces.ALL:
            raise ValueError(f"no typeface {face}")
        text = unicodedata.normalize("NFC", text)
        if not 0 < len(text) <= MOST_CHARACTERS:
            raise ValueError(f"{field or 'a caption'} has {len(text)} characters, not 1 to {MOST_CHARACTERS}")
        self.items.append(
            {"id": field or "caption", "text": text, "x": x, "y": y, "cap": cap, "face": face, "field": field, "width": width, "lines": lines,
             "colour": colour, "anchor": anchor, "spacing": spacing, "leading": leading, "turn": turn, "opacity": opacity, "heavier": heavier}
        )  # fmt: skip

    def print_zone(self, lines: list[str], x: float, y: float, pitch_y: float, weight: float, colour: str, slant: float = 0.0) -> None:
        """The machine-readable zone; its first line's letters begin at `x` and stand on `y`."""
        self.below.append(zone_letters.svg(lines, x, y, pitch_y, weight, colour, slant))
        self.zone = (lines, x, y, pitch_y, weight)

    def draw(self, browser: Browser, pixels_wide: int) -> Page:
        """The page, drawn by the browser that `opened` gave its page to."""
        scale = pixels_wide / self.width
        pixels = [pixels_wide, round(self.height * scale)]
        shape = f'<clipPath id="page"><rect width="{self.width}" height="{self.height}" rx="{self.corner}"/></clipPath>'
        sheet = {
            "size": [self.width, self.height],
            "pixels": pixels,
            "below": f'<defs>{shape}</defs><g clip-path="url(#page)"><rect width="{self.width}" height="{self.height}" fill="{self.ground}"/>{"".join(self.below)}</g>',
            "items": self.items,
            "above": f'<g clip-path="url(#page)">{"".join(self.above)}</g>',
        }
        told = browser.evaluate(f"draw({json.dumps(sheet)})")
        picture = Image.open(io.BytesIO(browser.screenshot(*pixels))).convert("RGBA")
        fields = {
            one["field"]: Placed(one["text"], one["quads"], [tuple(c) for c in one["characters"]], one["cap"], one["asked"]) for one in told
        }
        if self.zone:
            fields["mrz"] = self._placed_zone(scale)
        return Page(picture, scale, fields)

    def _placed_zone(self, scale: float) -> Placed:
        lines, x, y, pitch_y, weight = self.zone
        # Strokes are as wide again on both sides of the line that the letters are measured by.
        half = weight / 2
        quads = []
        for row, line in enumerate(lines):
            left, right = x - half, x + (len(line) - 1) * zone_letters.PITCH + zone_letters.WIDTH + half
            bottom = y + row * pitch_y + half
            top = bottom - zone_letters.HEIGHT - weight
            quads.append([[px * scale, py * scale] for px, py in ((left, top), (right, top), (right, bottom), (left, bottom))])
        characters = [(c, px * scale, py * scale) for c, px, py in zone_letters.places(lines, x, y, pitch_y)]
        return Placed("\n".join(lines), quads, characters, zone_letters.HEIGHT, zone_letters.HEIGHT)


def opened(browser: Browser) -> Browser:
    """The browser, with the page open that sheets are drawn on."""
    script = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="judge-page-") as folder:
        page = Path(folder) / "page.html"
        page.write_text(
            f'<!doctype html><meta charset="utf-8"><style>{typefaces.style()}{_STYLE}</style><body><script>{script}</script>', encoding="utf-8"
        )
        browser.open(page)
    return browser
