"""A page on a ground, seen by a hand-held camera: perspective, lamp, shadow, fingers, blur."""

import math
from dataclasses import dataclass
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from capture.grounds import ground
from capture.picture import Captured, Drawer, Points, blurred, homography, jpeg, moved, project, sensor, soft, warp

MOST_TILT_DEGREES = 35.0
LEAST_COVERED, MOST_COVERED = 0.08, 0.95
# So that print of 1.5 mm keeps 8 pixels: less than that no camera people use leaves of a page they mean to send.
LEAST_PIXELS_PER_MM = 5.5
LEAST_PIXELS_OF_LONG_EDGE, MOST_PIXELS_OF_AN_EDGE = 900, 2400
_TRIES = 400
# What of the page's middle lies well within the picture: no value stands nearer to its edge than this, in millimetres.
_MARGIN_MM = 3.0


@dataclass
class View:
    corners: Points
    size: tuple[int, int]
    covered: float
    tilt: float
    degrees: float


def _area(points: Points) -> float:
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(points, points[1:] + points[:1], strict=True))) / 2


def _inside(points: Points, width: float, height: float) -> Points:
    """The part of a convex figure within the picture: Sutherland and Hodgman's way."""
    for axis, edge, sign in ((0, 0.0, 1), (0, width, -1), (1, 0.0, 1), (1, height, -1)):
        kept: Points = []
        for a, b in zip(points, points[1:] + points[:1], strict=True):
            da, db = sign * (a[axis] - edge), sign * (b[axis] - edge)
            if da >= 0:
                kept.append(a)
            if da * db < 0:
                t = da / (da - db)
                kept.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
        points = kept
        if not points:
            return []
    return points


def _seen(w: float, h: float, tilt: float, towards: float, turn: float, distance: float) -> Points:
    """The corners of a page of w x h millimetres, tilted, then turned in the picture; around 0, in millimetres."""
    axis = np.array([math.cos(towards), math.sin(towards), 0.0])
    found = []
    for x, y in ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2)):
        point = np.array([x, y, 0.0])
        # Rodrigues' rotation.
        point = point * math.cos(tilt) + np.cross(axis, point) * math.sin(tilt) + axis * (axis @ point) * (1 - math.cos(tilt))
        scale = distance / (distance + point[2])
        px, py = point[0] * scale, point[1] * scale
        found.append((px * math.cos(turn) - py * math.sin(turn), px * math.sin(turn) + py * math.cos(turn)))
    return found


def view_of(rng: Random, w: float, h: float) -> View:
    """Where the page stands in the picture, by trying until its middle lies within."""
    wanted = rng.uniform(LEAST_COVERED, MOST_COVERED)
    for attempt in range(_TRIES):
        # What can't be had at this shape is asked for a little smaller.
        covered = max(LEAST_COVERED, wanted * 0.995**attempt)
        tilt = math.radians(rng.uniform(0, MOST_TILT_DEGREES * min(1.0, 1.25 - covered)))
        upright = rng.choice([0, 0, 0, 90, 180, 270])
        turn = math.radians(upright + rng.gauss(0, 4 + 22 * (1 - covered)) if rng.random() < 0.5 + covered / 2 else rng.uniform(0, 360))
        corners = _seen(w, h, tilt, rng.uniform(0, 2 * math.pi), turn, rng.uniform(1.6, 3.5) * w)
        aspect = rng.choice([4 / 3, 4 / 3, 16 / 9, 3 / 2, w / h])
        across = max(x for x, _ in corners) - min(x for x, _ in corners)
        down = max(y for _, y in corners) - min(y for _, y in corners)
        if across < down if rng.random() < 0.85 else across > down:
            aspect = 1 / aspect
        # The picture in millimetres of the page's own plane, then shifted.
        area = _area(corners) / covered
        width, height = math.sqrt(area * aspect), math.sqrt(area / aspect)
        free_x, free_y = max(0.0, width - across), max(0.0, height - down)
        x0 = width / 2 + rng.uniform(-0.5, 0.5) * free_x - (max(x for x, _ in corners) + min(x for x, _ in corners)) / 2
        y0 = height / 2 + rng.uniform(-0.5, 0.5) * free_y - (max(y for _, y in corners) + min(y for _, y in corners)) / 2
        placed = [(x + x0, y + y0) for x, y in corners]
        matrix = homography([(0, 0), (w, 0), (w, h), (0, h)], placed)
        m = _MARGIN_MM
        core = project(matrix, [(m, m), (w - m, m), (w - m, h - m), (m, h - m)])
        if not all(0 < x < width and 0 < y < height for x, y in core):
            continue
        # Pixels a millimetre where the page is farthest.
        sides = [math.dist(a, b) / length for a, b, length in zip(placed, placed[1:] + placed[:1], (w, h, w, h), strict=True)]
        least = LEAST_PIXELS_PER_MM / min(sides)
        if least * max(width, height) > MOST_PIXELS_OF_AN_EDGE:
            continue
        least = max(least, LEAST_PIXELS_OF_LONG_EDGE / max(width, height))
        scale = min(least * rng.uniform(1.0, 2.0), MOST_PIXELS_OF_AN_EDGE / max(width, height))
        size = (round(width * scale), round(height * scale))
        placed = [(x * scale, y * scale) for x, y in placed]
        shown = _area(_inside(placed, *size)) / (size[0] * size[1])
        if not LEAST_COVERED - 0.005 <= shown <= MOST_COVERED + 0.005:
            continue
        top = math.degrees(math.atan2(placed[1][1] - placed[0][1], placed[1][0] - placed[0][0]))
        return View(placed, size, shown, math.degrees(tilt), top % 360)
    raise RuntimeError(f"no view of a page of {w} x {h} mm in {_TRIES} tries")


def _spot(size: tuple[int, int], x: float, y: float, long: float, short: float, turn: float) -> np.ndarray:
    """A soft spot of light or shade, 0 to 1."""
    columns, rows = size[0] // 4 + 1, size[1] // 4 + 1
    xs = np.linspace(0, size[0], columns, dtype=np.float32)[None, :] - np.float32(x)
    ys = np.linspace(0, size[1], rows, dtype=np.float32)[:, None] - np.float32(y)
    cos, sin = np.float32(math.cos(turn)), np.float32(math.sin(turn))
    u, v = xs * cos + ys * sin, ys * cos - xs * sin
    spot = Image.fromarray(np.exp(-((u / np.float32(long)) ** 2 + (v / np.float32(short)) ** 2)))
    return np.asarray(spot.resize(size, Image.Resampling.BILINEAR))[..., None]


def _shade(rng: Random, size: tuple[int, int]) -> np.ndarray:
    """The shadow of a hand or of the telephone: a soft figure that comes in from an edge."""
    mask = Image.new("L", (size[0] // 4, size[1] // 4))
    w, h = mask.size
    board = ImageDraw.Draw(mask)
    x, y, turn = rng.uniform(0, w), rng.uniform(0, h), rng.uniform(0, 2 * math.pi)
    for finger in range(rng.choice([1, 1, 4])):
        a = turn + 0.22 * finger
        board.line((x, y, x + 2 * w * math.cos(a), y + 2 * w * math.sin(a)), fill=255, width=round(rng.uniform(0.1, 0.5) * min(w, h)))
    soft = mask.filter(ImageFilter.GaussianBlur(rng.uniform(3, 18))).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(soft, np.float32)[..., None] / 255


def _finger(rng: Random, view: View, scale: float, clear: Image.Image) -> tuple[np.ndarray, np.ndarray] | None:
    """A finger that holds the page's edge, its colours and its share; none where it would cover a value."""
    at = rng.randrange(4)
    a, b = view.corners[at], view.corners[(at + 1) % 4]
    middle = np.mean(np.array(view.corners), 0)
    t = rng.uniform(0.15, 0.85)
    edge = np.array(a) + t * (np.array(b) - np.array(a))
    inward = (middle - edge) / np.linalg.norm(middle - edge)
    thick = rng.uniform(13, 18) * scale
    tip, root = edge + inward * rng.uniform(1, 7) * scale, edge - inward * max(view.size)
    mask = Image.new("L", view.size)
    board = ImageDraw.Draw(mask)
    across = np.array([-inward[1], inward[0]]) * thick / 2
    board.polygon([tuple(p) for p in (tip + across, tip - across, root - across * 2.2, root + across * 2.2)], fill=255)
    board.ellipse((tip[0] - thick / 2, tip[1] - thick / 2, tip[0] + thick / 2, tip[1] + thick / 2), fill=255)
    if np.any((np.asarray(mask) > 0) & (np.asarray(clear) > 0)):
        return None
    share = np.asarray(mask.filter(ImageFilter.GaussianBlur(1.2)), np.float32)[..., None] / 255
    xs = np.arange(view.size[0], dtype=np.float32)[None, :] - np.float32(tip[0])
    ys = np.arange(view.size[1], dtype=np.float32)[:, None] - np.float32(tip[1])
    dx, dy, wide = np.float32(inward[0]), np.float32(inward[1]), np.float32(thick)
    along = -(xs * dx + ys * dy) / wide
    side = (ys * dx - xs * dy) / (wide / 2) / (1 + np.float32(1.2 * thick / max(view.size)) * np.clip(along, 0, None))
    skin = np.array(rng.choice([(0.87, 0.66, 0.55), (0.78, 0.55, 0.42), (0.55, 0.36, 0.25), (0.36, 0.23, 0.16), (0.93, 0.76, 0.68)]), np.float32)
    colours = skin * (1 - 0.4 * np.clip(np.abs(side), 0, 1) ** 2.5 - 0.03 * np.cos(np.clip(along, 0, 3) * 5))[..., None]
    nail = np.exp(-(((side / 0.55) ** 2 + ((along - 0.12) / 0.34) ** 2) ** 3))[..., None] if rng.random() < 0.6 else 0.0
    return (colours + nail * np.array([0.08, 0.05, 0.06], np.float32)).astype(np.float32), share


def photo(rng: Random, draw: Drawer, page_mm: tuple[float, float]) -> Captured:
    """A page that covers 8 to 95 % of the picture, turned by any angle, tilted by up to 35 degrees."""
    w_mm, h_mm = page_mm
    view = view_of(rng, w_mm, h_mm)
    noise = np.random.default_rng(rng.getrandbits(64))
    wide = max(math.dist(view.corners[0], view.corners[1]), math.dist(view.corners[2], view.corners[3]))
    page = draw(min(1600, round(wide * 1.1)))
    w, h = page.picture.size
    matrix = homography([(0, 0), (w, 0), (w, h), (0, h)], view.corners)
    scale = math.sqrt(_area(view.corners) / (w_mm * h_mm))
    picture, told = ground(rng, *view.size)
    colours, share = warp(page.picture, matrix, view.size)
    turn, far = rng.uniform(0, 2 * math.pi), rng.uniform(0.2, 1.4) * scale
    cast = soft(np.roll(share, (round(far * math.sin(turn)), round(far * math.cos(turn))), (0, 1)), max(4.0, rng.uniform(0.3, 1.2) * scale))
    picture = picture * (1 - rng.uniform(0.25, 0.6) * cast)
    # A film on the page: brighter, with less contrast.
    film = rng.choice([0.0, 0.0, 0.05, 0.12])
    picture = picture * (1 - share) + colours * (1 - film) + film * share
    centre = np.mean(np.array(view.corners), 0)
    reach = math.sqrt(_area(view.corners))
    glare = 0.0
    if rng.random() < 0.45:
        glare = rng.uniform(0.15, 0.6)
        x, y = centre + np.array([rng.uniform(-0.5, 0.5), rng.uniform(-0.5, 0.5)]) * reach
        shine = _spot(view.size, x, y, rng.uniform(0.12, 0.7) * reach, rng.uniform(0.05, 0.18) * reach, rng.uniform(0, math.pi))
        picture = picture + (1 - picture) * glare * shine * (0.25 + 0.75 * share)
    fingers = 0
    if rng.random() < 0.35:
        clear = Image.new("L", view.size)
        board = ImageDraw.Draw(clear)
        for placed in page.fields.values():
            for quad in placed.quads:
                board.polygon(project(matrix, [tuple(p) for p in quad]), fill=255, outline=255, width=6)
        for _ in range(rng.choice([2, 4, 8])):
            if fingers < 2 and (found := _finger(rng, view, scale, clear)):
                skin, over = found
                picture = picture * (1 - 0.35 * soft(over, max(4.0, 0.6 * scale)))
                picture = picture * (1 - over) + skin * over
                fingers += 1
    x, y = centre + np.array([rng.uniform(-1.2, 1.2), rng.uniform(-1.2, 1.2)]) * reach
    dim = rng.uniform(0.35, 0.95)
    light = dim + (1.05 - dim) * _spot(view.size, x, y, rng.uniform(0.9, 2.5) * max(view.size), rng.uniform(0.6, 1.4) * max(view.size), rng.uniform(0, 3.1))
    if shaded := rng.random() < 0.5:
        light = light * (1 - rng.uniform(0.2, 0.55) * _shade(rng, view.size))
    picture = picture * light
    sigma = rng.choice([0.0, 0.4, 0.7, 1.0]) * rng.uniform(0.5, 1.0)
    motion = rng.uniform(0.5, 0.28 * scale) if rng.random() < 0.25 else 0.0
    picture = blurred(picture, sigma)
    if motion:
        picture = moved(picture, motion, rng.uniform(0, math.pi))
    picture = sensor(noise, picture, rng.uniform(0.75, 1.2), rng.uniform(0.8, 1.15), 0.09, rng.uniform(0.004, 0.03))
    qualities = [rng.randint(70, 92), rng.randint(60, 90)] if rng.random() < 0.3 else [rng.randint(60, 92)]
    conditions = {
        **told, "covered": round(float(view.covered), 4), "tilt": round(view.tilt, 2), "degrees": round(view.degrees, 2), "pixels_per_mm": round(scale, 2),
        "glare": round(glare, 2), "shadow": shaded, "fingers": fingers, "blur": round(sigma, 2), "motion": round(motion, 2), "jpeg": qualities,
    }  # fmt: skip
    return Captured(jpeg(picture, *qualities), view.size, page, matrix, conditions)

