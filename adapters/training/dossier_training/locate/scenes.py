"""Pictures with documents in them, and where their corners are: none, one, or several, turned and seen from anywhere.

A picture is drawn on the square that the network sees: the picture in the middle, grey around it, so that a corner
outside the picture has a place too.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from dossier_training.geometry import Projection
from dossier_training.light import Glare, Shadow, jpeg
from dossier_training.locate.grounds import ground
from dossier_training.page import colour_of
from dossier_training.typeset import phrases, security, typefaces
from dossier_training.typeset.forms import form
from dossier_training.typeset.sheet import Ink, Sheet

SIDE = 256
# The picture's longer side takes this much of the square.
_SHARE = 0.84
_SURROUND = (128, 128, 128)
# Width by height of what is issued: ID-1, ID-2 and ID-3 (ISO/IEC 7810), an upright card, and what scans make of them.
_SHAPES = ((1.586, 0.4), (1.42, 0.4), (0.63, 0.08), (1.5, 0.06), (1.33, 0.06))


@dataclass(frozen=True)
class Scene:
    """Pixels, uint8 (256, 256, 3), and the corners of each document, (documents, 4, 2): top left, top right, bottom right, bottom left, as it is read."""

    pixels: np.ndarray
    corners: np.ndarray


@dataclass
class Faces:
    """Drawn documents, each used several times before another takes its place: drawing one takes longer than all the rest."""

    rng: np.random.Generator
    kept: int = 24
    faces: list[Image.Image] = field(default_factory=list)

    def draw(self) -> Image.Image:
        if len(self.faces) < self.kept or self.rng.random() < 0.2:
            shape = float(self.rng.choice([s for s, _ in _SHAPES], p=[p for _, p in _SHAPES])) * float(self.rng.uniform(0.97, 1.03))
            width, height = (384.0, round(384 / shape)) if shape > 1 else (round(300 * shape), 300.0)
            sheet = form(self.rng, width, height)[0].image
            if len(self.faces) < self.kept:
                self.faces.append(sheet)
            else:
                self.faces[int(self.rng.integers(self.kept))] = sheet
            return sheet
        return self.faces[int(self.rng.integers(len(self.faces)))]


def _other_page(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    """The page beside the one that is read: art, a little text, stamps."""
    paper = colour_of(rng.integers(170, 250, 3))
    sheet = Sheet(size[0], size[1], paper, scale=1.0)
    security.under(rng, sheet)
    for _ in range(int(rng.integers(0, 5))):
        ink = Ink(typefaces.draw(rng), float(rng.uniform(8, 22)), colour_of(rng.integers(20, 150, 3)))
        sheet.text(float(rng.uniform(0, size[0] * 0.6)), float(rng.uniform(0, size[1] * 0.9)), phrases.any_text(rng, "latin")[:24], ink, counts=False)
    security.over(rng, sheet)
    return sheet.image


def lying(rng: np.random.Generator, aspect: float, picture: tuple[float, float], cover: float, tilt: float, turn: float) -> np.ndarray:
    """Corners of a document of `aspect` that takes about `cover` of the picture's area, turned by `turn` degrees and tilted by up to `tilt`."""
    area = cover * picture[0] * picture[1]
    h = math.sqrt(area / aspect)
    w = h * aspect
    flat = np.array([(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)])
    angle = math.radians(turn)
    flat = flat @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    # Seen from a distance of about its diagonals, tilted round any axis in its plane.
    axis, lean = rng.uniform(0, 2 * math.pi), math.radians(rng.uniform(0, tilt))
    u = np.array([math.cos(axis), math.sin(axis)])
    along = flat @ u
    depth = along * math.sin(lean) / (math.hypot(w, h) * rng.uniform(1.2, 3.0))
    seen = flat + np.outer(along * (math.cos(lean) - 1), u)
    return seen / (1 + depth)[:, None]


def place(rng: np.random.Generator, quad: np.ndarray, box: tuple[float, float, float, float], inside: bool) -> np.ndarray:
    left, top, right, bottom = box
    low, high = quad.min(0), quad.max(0)
    if inside and (high[0] - low[0] > right - left or high[1] - low[1] > bottom - top):
        quad = quad * min((right - left) / (high[0] - low[0]), (bottom - top) / (high[1] - low[1])) * 0.99
        low, high = quad.min(0), quad.max(0)
    slack = 0.0 if inside else 0.3
    spread = (high - low) * slack
    x = rng.uniform(min(left - low[0] - spread[0], right - high[0]), max(left - low[0], right - high[0] + spread[0]))
    y = rng.uniform(min(top - low[1] - spread[1], bottom - high[1]), max(top - low[1], bottom - high[1] + spread[1]))
    return quad + np.array([x, y])


def _cut_corners(rng: np.random.Generator, face: Image.Image) -> Image.Image:
    """The face's shape: rounded corners, as cards have."""
    mask = Image.new("L", face.size, 255)
    if rng.random() < 0.75:
        radius = float(rng.uniform(0.015, 0.06)) * face.width
        mask = Image.new("L", face.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle([0, 0, face.width - 1, face.height - 1], radius=radius, fill=255)
    return mask


def lay(rng: np.random.Generator, scene: Image.Image, face: Image.Image, corners: np.ndarray) -> None:
    """Lays a face on the scene, with its shadow and, sometimes, its laminate's edge."""
    w, h = face.size
    flat = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=float)
    projection = Projection.between(flat, corners)
    coefficients = projection.inverse().coefficients()
    mask = _cut_corners(rng, face)
    if rng.random() < 0.08:
        edge = 0.04 * w
        outer = projection.points(np.array([(-edge, -edge), (w + edge, -edge), (w + edge, h + edge), (-edge, h + edge)]))
        pale = Image.new("L", scene.size, 0)
        ImageDraw.Draw(pale).polygon([tuple(p) for p in outer], fill=int(rng.integers(20, 110)))
        scene.paste((235, 235, 240), mask=pale)
    seen = mask.transform(scene.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    if rng.random() < 0.7:
        dark = seen.filter(ImageFilter.GaussianBlur(float(rng.uniform(1, 7)))).point(lambda v, depth=float(rng.uniform(0.1, 0.6)): int(v * depth))
        shifted = Image.new("L", scene.size, 0)
        shifted.paste(dark, (int(rng.integers(-6, 7)), int(rng.integers(-6, 7))))
        scene.paste((0, 0, 0), mask=shifted)
    scene.paste(face.transform(scene.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR), mask=seen)


def fingers(rng: np.random.Generator, scene: Image.Image, corners: np.ndarray, deepest: float = 1.5) -> None:
    """Fingers over an edge, by so many of their widths at most; never over a corner alone, which could then be anywhere."""
    draw = ImageDraw.Draw(scene)
    skin = np.array([rng.uniform(90, 235), 0, 0])
    skin = np.array([skin[0], skin[0] * rng.uniform(0.65, 0.85), skin[0] * rng.uniform(0.5, 0.75)])
    side = int(rng.integers(4))
    a, b = corners[side], corners[(side + 1) % 4]
    outward = np.array([b[1] - a[1], a[0] - b[0]])
    length = np.hypot(*outward) or 1.0
    outward = outward / length
    for _ in range(int(rng.integers(1, 4))):
        at = a + (b - a) * rng.uniform(0.2, 0.8)
        r = length * rng.uniform(0.05, 0.1)
        tip = at - outward * r * rng.uniform(0.2 * deepest, deepest)
        far = at + outward * length * rng.uniform(0.5, 1.5)
        draw.line([tuple(tip), tuple(far)], fill=colour_of(skin), width=int(2 * r))
        draw.ellipse([tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r], fill=colour_of(skin))


def scenes(rng: np.random.Generator, faces: Faces, views: int = 3) -> list[Scene]:
    """One picture turned by quarters and developed in several ways: drawing it takes longer than developing it."""
    canvas, box, corners, zoom = _drawn(rng, faces)
    seen = []
    for _ in range(views):
        quarters = int(rng.integers(4))
        turned, around, moved = canvas, box, corners
        for _ in range(quarters):
            # Counter-clockwise, as Pillow's ROTATE_90 is.
            turned = turned.transpose(Image.Transpose.ROTATE_90)
            around = (around[1], SIDE - around[2], around[3], SIDE - around[0])
            moved = np.stack([moved[..., 1], SIDE - moved[..., 0]], axis=-1)
        seen.append(Scene(_developed(rng, turned, around, zoom), moved.astype(np.float32)))
    return seen


def _drawn(rng: np.random.Generator, faces: Faces) -> tuple[Image.Image, tuple[float, float, float, float], np.ndarray, int]:
    """A picture before any light falls on it: pixels, where in the square it is, the documents' corners, and its scale."""
    aspect = float(rng.choice([4 / 3, 3 / 4, 16 / 9, 9 / 16, 1.0, 1.42, 0.7, 1.586]))
    side = SIDE * _SHARE
    width, height = (side, side / aspect) if aspect > 1 else (side * aspect, side)
    left, top = (SIDE - width) / 2, (SIDE - height) / 2
    box = (left, top, left + width, top + height)
    # Drawn at twice the size, so that edges are as smooth as a camera's.
    zoom = 2
    canvas = ground(rng, (SIDE * zoom, SIDE * zoom))
    found: list[np.ndarray] = []
    kind = rng.random()
    if kind < 0.06:
        count = 0
    elif kind < 0.9:
        count = 1
    else:
        count = 2
    if kind > 0.52 and count == 1:
        # A scan, or a page that is looked at a second time: it fills the picture or nearly. Its print can be seen
        # here, and with it how it is read.
        face = faces.draw()
        a = face.width / face.height
        turn = int(rng.integers(4)) * 90
        share = float(rng.uniform(0.84, 1.0)) if rng.random() < 0.75 else 1.0
        a_seen = a if turn % 180 == 0 else 1 / a
        width, height = (side, side / a_seen) if a_seen > 1 else (side * a_seen, side)
        left, top = (SIDE - width) / 2, (SIDE - height) / 2
        box = (left, top, left + width, top + height)
        w, h = (width * share, height * share) if turn % 180 == 0 else (height * share, width * share)
        flat = np.array([(-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)])
        angle = math.radians(turn + (rng.normal(0, 1.5) if share < 1 else 0))
        corners = flat @ np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) + SIDE / 2
        if share < 1:
            corners = corners + rng.normal(0, float(rng.choice([1.0, 2.0, 5.0])), (4, 2))
        lay(rng, canvas, face, corners * zoom)
        found.append(corners)
    else:
        for _ in range(count):
            face = faces.draw()
            a = face.width / face.height
            cover = float(np.exp(rng.uniform(math.log(0.08), math.log(0.85 if count == 1 else 0.35))))
            rotation = float(rng.uniform(-180, 180)) if rng.random() < 0.5 else float(rng.choice([0, 0, 90, 180, 270])) + float(rng.normal(0, 8))
            quad = lying(rng, a, (width, height), cover, 35.0 if rng.random() < 0.6 else 8.0, rotation)
            corners = place(rng, quad, box, inside=rng.random() < 0.85)
            if any(_overlap(corners, other) for other in found):
                continue
            if rng.random() < 0.18 and count == 1:
                open_book(rng, canvas, face, corners, zoom)
            lay(rng, canvas, face, corners * zoom)
            if rng.random() < 0.15:
                fingers(rng, canvas, corners * zoom)
            found.append(corners)
    # A document of which less than about half can be seen is none.
    kept = [c for c in found if np.mean([(box[0] - 0.2 * width <= x <= box[2] + 0.2 * width) and (box[1] - 0.2 * height <= y <= box[3] + 0.2 * height) for x, y in c]) == 1.0]
    return canvas, box, np.array(kept, dtype=np.float32).reshape(-1, 4, 2), zoom


def _overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((a.min(0) < b.max(0) + 2).all() and (b.min(0) < a.max(0) + 2).all())


def open_book(rng: np.random.Generator, canvas: Image.Image, face: Image.Image, corners: np.ndarray, zoom: int) -> None:
    """An open passport: the page above (or beside) the one that is read."""
    w, h = face.size
    flat = np.array([(0, 0), (w, 0), (w, h), (0, h)], dtype=float)
    projection = Projection.between(flat, corners * zoom)
    beyond = [(0, -h), (w, -h), (w, 0), (0, 0)] if rng.random() < 0.7 else [(-w, 0), (0, 0), (0, h), (-w, h)]
    points = np.array(beyond, dtype=float)
    # Beyond the horizon of a steep view there is no page.
    weights = np.concatenate([points, np.ones((4, 1))], axis=1) @ projection.matrix[2]
    if (weights < 0.3).any():
        return
    lay(rng, canvas, _other_page(rng, (w, h)), projection.points(points))


def _developed(rng: np.random.Generator, canvas: Image.Image, box: tuple[float, float, float, float], zoom: int) -> np.ndarray:
    """Light, lens and compression over the picture; grey around it."""
    part = canvas.crop(tuple(round(v * zoom) for v in box))
    pixels = np.asarray(part).astype(np.float32)
    size = part.size
    pixels *= rng.uniform(0.92, 1.08, 3).astype(np.float32) * np.float32(rng.uniform(0.35, 1.2) if rng.random() < 0.4 else rng.uniform(0.8, 1.15))
    if rng.random() < 0.4:
        pixels *= Shadow(float(rng.uniform(0, 360)), float(rng.uniform(-0.4, 0.4)), float(rng.uniform(0.02, 0.5)), float(rng.uniform(0.1, 0.7))).factor(size)
    if rng.random() < 0.3:
        whiteness = Glare((float(rng.uniform(0, 1)), float(rng.uniform(0, 1))), (float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.03, 0.25))), float(rng.uniform(0, 180)), float(rng.uniform(0.3, 1.0))).whiteness(size)
        pixels += (255 - pixels) * whiteness
    pixels += rng.standard_normal((*pixels.shape[:2], 1), dtype=np.float32) * np.float32(rng.uniform(0, 16))
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.35:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 2.2))))
    if rng.random() < 0.7:
        image = jpeg(image, int(rng.integers(25, 95)))
    if rng.random() < 0.1:
        image = image.convert("L").convert("RGB")
    target = round(box[2]) - round(box[0]), round(box[3]) - round(box[1])
    seen = Image.new("RGB", (SIDE, SIDE), _SURROUND)
    seen.paste(image.resize(target, Image.Resampling.BILINEAR, reducing_gap=None), (round(box[0]), round(box[1])))
    return np.asarray(seen)
