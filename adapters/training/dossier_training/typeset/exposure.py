"""How a page reached the model: bent a little, seen through a lens, under a light, compressed, and laid flat again.

The page is seen once, at the picture's own resolution, and then brought to the size the encoder wants, as the host does it.
"""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from dossier_training.geometry import Projection
from dossier_training.light import Glare, Shadow, jpeg, smear
from dossier_training.page import Colour, Glyph, colour_of
from dossier_training.typeset.sheet import Sheet

_FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BOX)


@dataclass(frozen=True)
class Exposure:
    """One way of being captured. Lengths in the encoder's pixels."""

    resolution: float
    degrees: float
    zoom: float
    shift: tuple[float, float]
    corners: np.ndarray
    surround: Colour
    blur: float
    smear: tuple[float, float] | None
    spread: float
    gain: float
    lift: float
    cast: np.ndarray
    shadow: Shadow | None
    glare: Glare | None
    noise: float
    quality: int | None
    sharpen: bool
    grey: bool
    shrink: Image.Resampling

    @staticmethod
    def draw(rng: np.random.Generator, hardness: float) -> "Exposure":
        """A random one; `hardness` 0 is a good scan, 1 a bad photograph."""
        h = hardness
        chance = lambda share: bool(rng.random() < share)  # noqa: E731
        moved = chance(0.2 * h)
        return Exposure(
            resolution=float(rng.uniform(0.75, 1.0)) if chance(0.25 * h + 0.05) else float(rng.uniform(1.0, 1.6)),
            degrees=float(rng.normal(0, 0.4 + 1.6 * h)),
            zoom=float(rng.uniform(0.96 - 0.06 * h, 1.01)),
            shift=(float(rng.normal(0, 1 + 3 * h)), float(rng.normal(0, 1 + 2 * h))),
            corners=rng.uniform(-1, 1, (4, 2)) * (1 + 7 * h),
            surround=colour_of(rng.integers(10, 250, 3)),
            blur=float(rng.uniform(0, 0.35 + 0.6 * h)),
            smear=(float(rng.uniform(1, 2.6)), float(rng.uniform(0, 180))) if moved else None,
            spread=float(rng.uniform(0.15, 0.6)) if chance(0.1) else 0.0,
            gain=float(rng.uniform(0.85 - 0.35 * h, 1.08 + 0.1 * h)),
            lift=float(rng.uniform(-12, 12 + 25 * h)),
            cast=rng.uniform(1 - 0.12 * h, 1 + 0.12 * h, 3),
            shadow=Shadow(float(rng.uniform(0, 360)), float(rng.uniform(-0.4, 0.4)), float(rng.uniform(0.03, 0.5)), float(rng.uniform(0.1, 0.15 + 0.5 * h))) if chance(0.55 * h) else None,
            glare=Glare((float(rng.uniform(0, 1)), float(rng.uniform(0, 1))), (float(rng.uniform(0.05, 0.35)), float(rng.uniform(0.03, 0.2))), float(rng.uniform(0, 180)), float(rng.uniform(0.2, 0.3 + 0.4 * h))) if chance(0.4 * h) else None,
            noise=float(rng.uniform(0, 4 + 11 * h)),
            quality=int(rng.integers(int(75 - 45 * h), 97)) if chance(0.75) else None,
            sharpen=chance(0.12),
            grey=chance(0.07),
            shrink=_FILTERS[int(rng.integers(len(_FILTERS)))],
        )

    def apply(self, sheet: Sheet, rng: np.random.Generator) -> tuple[np.ndarray, list[Glyph]]:
        """What the encoder sees, uint8 `(height, width, 3)`, and the glyphs where they now stand."""
        width, height = sheet.width, sheet.height
        flat = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)
        projection = Projection.between(flat, flat + self.corners).then(Projection.similarity(self.degrees, self.zoom, (width / 2, height / 2), self.shift))
        size = round(width * self.resolution), round(height * self.resolution)
        to_picture = Projection.scale(1 / sheet.scale).then(projection).then(Projection.scale(size[0] / width, size[1] / height))
        drawn = sheet.image
        if self.spread:
            drawn = Image.blend(drawn, drawn.filter(ImageFilter.MinFilter(3)), self.spread)
        image = drawn.transform(size, Image.Transform.PERSPECTIVE, to_picture.inverse().coefficients(), Image.Resampling.BICUBIC, fillcolor=self.surround)
        if self.blur > 0.15:
            image = image.filter(ImageFilter.GaussianBlur(self.blur * self.resolution))
        pixels = np.asarray(image).astype(np.float32)
        if self.smear:
            pixels = smear(pixels, self.smear[0] * self.resolution, self.smear[1])
        pixels *= (self.cast * self.gain).astype(np.float32)
        if self.shadow:
            pixels *= self.shadow.factor(size)
        if self.lift:
            pixels += np.float32(self.lift)
        if self.glare:
            whiteness = self.glare.whiteness(size)
            pixels += (255 - pixels) * whiteness
        if self.noise > 1:
            pixels += rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * np.float32(self.noise)
        image = Image.fromarray(pixels.clip(0, 255, out=pixels).astype(np.uint8))
        if self.sharpen:
            image = image.filter(ImageFilter.UnsharpMask(1.2, 90, 2))
        if self.quality:
            image = jpeg(image, self.quality)
        if self.grey:
            image = image.convert("L").convert("RGB")
        image = image.resize((round(width), round(height)), self.shrink)
        places: np.ndarray | list = projection.points(np.array([(g.x, g.y) for g in sheet.glyphs])) if sheet.glyphs else []
        return np.asarray(image), [replace(g, x=float(x), y=float(y)) for g, (x, y) in zip(sheet.glyphs, places, strict=True)]
