"""Security printing under the values: gradients, bands, rosettes, small print, a chip. Faint, since values are read through it."""

import math

import numpy as np
from PIL import Image, ImageDraw

from dossier_training import fonts
from dossier_training.page import PIXELS_PER_UNIT, Colour, Page, colour_of


def mixed(ground: Colour, colour: Colour, share: float) -> Colour:
    """`share` of `colour` on the ground."""
    red, green, blue = (round(g + (c - g) * share) for g, c in zip(ground, colour, strict=True))
    return red, green, blue


def hue(rng: np.random.Generator) -> Colour:
    """A saturated colour of middle lightness."""
    return colour_of(rng.integers(20, 220, 3))


def gradient(page: Page, to: Colour, degrees: float) -> None:
    """The ground runs into another colour."""
    width, height = page.image.size
    xs: np.ndarray
    ys: np.ndarray
    xs, ys = np.meshgrid(np.linspace(0, 1, 24), np.linspace(0, 1, 16))
    along = (xs * abs(math.cos(math.radians(degrees))) + ys * abs(math.sin(math.radians(degrees)))).clip(0, 1)[..., None]
    colours = np.array(page.background) * (1 - along) + np.array(to) * along
    page.image.paste(Image.fromarray(colours.astype(np.uint8)).resize((width, height), Image.Resampling.BILINEAR))


def band(page: Page, box: tuple[float, float, float, float], colour: Colour) -> None:
    """A bar of one colour; the box is left, top, right, bottom in units."""
    page.draw.rectangle([v * PIXELS_PER_UNIT for v in box], fill=colour)


def rosette(page: Page, centre: tuple[float, float], radius: float, petals: int, colour: Colour) -> None:
    """A guilloche rosette: a circle whose radius swings."""
    angles = np.linspace(0, 2 * math.pi, 24 * petals + 1)
    for inner in (0.35, 0.6, 0.85):
        radii = radius * (inner + (1 - inner) * np.cos(petals * angles))
        xs, ys = (centre[0] + radii * np.cos(angles)) * PIXELS_PER_UNIT, (centre[1] + radii * np.sin(angles)) * PIXELS_PER_UNIT
        page.draw.line(list(zip(xs, ys)), fill=colour, width=1)


def rays(page: Page, centre: tuple[float, float], count: int, colour: Colour) -> None:
    """Fine lines out of one point."""
    x, y = centre[0] * PIXELS_PER_UNIT, centre[1] * PIXELS_PER_UNIT
    for angle in np.linspace(0, 2 * math.pi, count, endpoint=False):
        page.draw.line([(x, y), (x + 1200 * math.cos(angle), y + 1200 * math.sin(angle))], fill=colour, width=1)


def small_print(page: Page, text: str, pitch: float, colour: Colour) -> None:
    """Lines of one word all over the page, too small to be read."""
    face = fonts.font("LiberationSans-Regular.ttf", 7)
    word = Image.new("L", (round(face.getlength(f"{text} ")), 10))
    ImageDraw.Draw(word).text((0, 0), text, font=face, fill=255)
    # Set once and laid out by numpy: setting each line anew takes longer than all else on the page.
    width, height = page.image.size
    line = np.tile(np.asarray(word), (1, 2 + width // word.width))
    mask = np.zeros((height, width), dtype=np.uint8)
    for y in np.arange(2, page.height, pitch):
        top, left = round(y * PIXELS_PER_UNIT), round(3 * (y % 5)) % word.width
        rows = mask[top : top + 10]
        rows[:] = line[: len(rows), left : left + width]
    page.image.paste(colour, mask=Image.fromarray(mask))


def chip(page: Page, left: float, top: float) -> None:
    """A contact chip, 30 x 24 units."""
    box = [v * PIXELS_PER_UNIT for v in (left, top, left + 30, top + 24)]
    page.draw.rounded_rectangle(box, radius=8, fill=(212, 186, 120), outline=(150, 128, 70))
    middle = (left + 15) * PIXELS_PER_UNIT
    page.draw.line([(middle, box[1]), (middle, box[3])], fill=(150, 128, 70), width=2)
    for share in (0.33, 0.66):
        y = box[1] + (box[3] - box[1]) * share
        page.draw.line([(box[0], y), (box[2], y)], fill=(150, 128, 70), width=2)


def emblem(page: Page, centre: tuple[float, float], radius: float, points: int, colour: Colour) -> None:
    """A star in a ring, the state's sign."""
    x, y, r = (v * PIXELS_PER_UNIT for v in (*centre, radius))
    page.draw.ellipse([x - r, y - r, x + r, y + r], outline=colour, width=3)
    corners = []
    for step in range(2 * points):
        reach = r * (0.8 if step % 2 == 0 else 0.36)
        angle = math.pi * step / points - math.pi / 2
        corners.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    page.draw.polygon(corners, fill=colour)
