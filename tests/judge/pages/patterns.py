"""What stands below and above the print: guilloches, rosettes, ghost images, holograms, stamps, portraits; SVG in millimetres."""

import math
import random


def _path(points: list[tuple[float, float]], closed: bool = False) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + ("Z" if closed else "")


def waves(rng: random.Random, width: float, height: float, colours: list[str], lines: int, stroke: float = 0.12, opacity: float = 0.6) -> str:
    """Families of fine lines across the page whose distance swells and shrinks."""
    parts = []
    for colour in colours:
        a, b, f, g = rng.uniform(1, 4), rng.uniform(0.5, 2.5), rng.uniform(0.04, 0.12), rng.uniform(0.12, 0.3)
        p, q, tilt = rng.uniform(0, 6.3), rng.uniform(0, 6.3), rng.uniform(-0.25, 0.25)
        for line in range(lines):
            y0 = -8 + (height + 16) * line / lines
            k = line * rng.uniform(0.09, 0.11)
            points = [
                (x, y0 + a * math.sin(f * x + p + k) + b * math.sin(g * x + q - 0.7 * k) + tilt * (x - width / 2) * 0.3)
                for x in (width * step / 70 for step in range(71))
            ]
            parts.append(f'<path d="{_path(points)}" stroke="{colour}"/>')
    return f'<g fill="none" stroke-width="{stroke}" opacity="{opacity}">{"".join(parts)}</g>'


def rosette(rng: random.Random, x: float, y: float, radius: float, colours: list[str], opacity: float = 0.55, stroke: float = 0.1) -> str:
    """Closed curves of a rose engine around one middle."""
    parts = []
    petals = rng.choice([7, 8, 9, 11, 12, 16])
    for ring, colour in enumerate(colours * 3):
        outer, depth, turn = radius * (1 - ring / (len(colours) * 3 + 1)), rng.uniform(0.12, 0.3), rng.uniform(0, 6.3)
        for twin in (0, math.pi):
            points = []
            for step in range(220):
                t = step / 220 * 2 * math.pi
                r = outer * (1 - depth * 0.5 + depth * 0.5 * math.cos(petals * t + turn + twin + 2 * math.sin(3 * t)))
                points.append((x + r * math.cos(t), y + r * math.sin(t)))
            parts.append(f'<path d="{_path(points, True)}" stroke="{colour}"/>')
    return f'<g fill="none" stroke-width="{stroke}" opacity="{opacity}">{"".join(parts)}</g>'


def border(width: float, height: float, inset: float, colour: str, teeth: int = 90) -> str:
    """A woven frame along the edge."""
    parts = []
    for phase in (0.0, math.pi):
        top = [(inset + (width - 2 * inset) * s / 400, inset + 0.7 * math.sin(teeth * math.pi * s / 400 + phase)) for s in range(401)]
        parts.append(_path(top))
        parts.append(_path([(x, height - y) for x, y in top]))
    return f'<path d="{"".join(parts)}" fill="none" stroke="{colour}" stroke-width=".13" opacity=".8"/>'


def hologram(rng: random.Random, name: str, x: float, y: float, width: float, height: float, strength: float) -> str:
    """A film that shines in all colours, with its own figures, over whatever stands there."""
    turn = rng.uniform(0, 180)
    hues = [rng.randint(0, 359) for _ in range(6)]
    stops = "".join(f'<stop offset="{at / 5:.2f}" stop-color="hsl({hue} 85% 68%)"/>' for at, hue in enumerate(hues))
    rings = "".join(
        f'<circle cx="{x + width / 2:.2f}" cy="{y + height / 2:.2f}" r="{r * min(width, height) / 14:.2f}"/>' for r in range(2, 8)
    )
    star = _path(
        [
            (
                x + width / 2 + (0.45 if i % 2 else 0.2) * min(width, height) * math.cos(i * math.pi / 8),
                y + height / 2 + (0.45 if i % 2 else 0.2) * min(width, height) * math.sin(i * math.pi / 8),
            )
            for i in range(16)
        ],
        True,
    )
    return (
        f'<defs><linearGradient id="{name}" gradientTransform="rotate({turn:.0f} .5 .5)">{stops}</linearGradient></defs>'
        f'<g opacity="{strength:.2f}"><ellipse cx="{x + width / 2}" cy="{y + height / 2}" rx="{width / 2}" ry="{height / 2}" fill="url(#{name})"/>'
        f'<g fill="none" stroke="#fff" stroke-width=".25">{rings}<path d="{star}"/></g></g>'
    )


def portrait(rng: random.Random, name: str, x: float, y: float, width: float, height: float, grey: bool) -> str:
    """A stand-in for a photograph: nobody's head and shoulders, shaded and grained. Use it again as `#name`."""
    skin = rng.choice([(24, 55, 78), (20, 50, 68), (26, 45, 55), (18, 45, 40), (28, 40, 30), (30, 60, 82)])
    hair = rng.choice(["#1d1712", "#3b2616", "#6b4a26", "#a88549", "#8c8a88", "#4d1f14", "#d8d4cc"])
    cloth = f"hsl({rng.randint(0, 359)} {rng.randint(5, 45)}% {rng.randint(15, 50)}%)"
    ground = rng.choice(["#d9dee2", "#c7d3dc", "#e6e3dc", "#cfd6cf"])
    h, s, light = skin
    cx, cy = 50 + rng.uniform(-2, 2), 56 + rng.uniform(-3, 3)
    rx, ry = rng.uniform(19, 23), rng.uniform(26, 30)
    long_hair = rng.random() < 0.5
    eye = cy - 3 + rng.uniform(-1, 1)
    gap = rng.uniform(8, 10)
    eyes = "".join(
        f'<ellipse cx="{cx + side * gap:.1f}" cy="{eye:.1f}" rx="3.4" ry="1.8" fill="#fff"/><circle cx="{cx + side * gap:.1f}" cy="{eye:.1f}" r="1.8" fill="#2b2018"/>'
        f'<path d="M{cx + side * gap - 5:.1f} {eye - 4:.1f}q5 -3 10 0" stroke="{hair}" stroke-width="1.6" fill="none"/>'
        for side in (-1, 1)
    )
    glasses = (
        f'<g fill="none" stroke="#222" stroke-width=".9"><circle cx="{cx - gap:.1f}" cy="{eye:.1f}" r="6.4"/><circle cx="{cx + gap:.1f}" cy="{eye:.1f}" r="6.4"/>'
        f'<path d="M{cx - gap + 6.4:.1f} {eye:.1f}h{2 * gap - 12.8:.1f}"/></g>'
        if rng.random() < 0.25
        else ""
    )
    back = f'<path d="M{cx - rx - 6:.1f} {cy + 34}Q{cx - rx - 9:.1f} {cy - 40} {cx} {cy - 38}T{cx + rx + 6:.1f} {cy + 34}Z" fill="{hair}"/>' if long_hair else ""
    fringe = f'<path d="M{cx - rx - 1:.1f} {cy - 4}Q{cx - rx:.1f} {cy - 36} {cx} {cy - 35}T{cx + rx + 1:.1f} {cy - 4}Q{cx + 10} {cy - 24} {cx - 6:.1f} {cy - 22}T{cx - rx - 1:.1f} {cy - 4}Z" fill="{hair}"/>'
    drained = "<feColorMatrix in='m' type='saturate' values='0'/>" if grey else ""
    filters = (
        f'<filter id="{name}-grain" x="0" y="0" width="1" height="1">'
        f'<feTurbulence type="fractalNoise" baseFrequency=".9" numOctaves="2" seed="{rng.randint(0, 999)}" result="n"/>'
        '<feColorMatrix in="n" type="matrix" values="0 0 0 0 .5 0 0 0 0 .5 0 0 0 0 .5 0 0 0 .5 -.12" result="g"/>'
        '<feGaussianBlur in="SourceGraphic" stdDeviation=".35" result="b"/>'
        f'<feMerge result="m"><feMergeNode in="b"/><feMergeNode in="g"/></feMerge>{drained}</filter>'
    )
    return (
        f'<defs>{filters}<radialGradient id="{name}-skin" cx=".4" cy=".4"><stop offset="0" stop-color="hsl({h} {s}% {min(light + 7, 95)}%)"/>'
        f'<stop offset="1" stop-color="hsl({h} {s}% {max(light - 14, 8)}%)"/></radialGradient>'
        f'<symbol id="{name}" viewBox="0 0 100 128" preserveAspectRatio="xMidYMid slice"><g filter="url(#{name}-grain)"><rect width="100" height="128" fill="{ground}"/>{back}'
        f'<path d="M{cx - 9} {cy + 18}h18v26h-18z" fill="hsl({h} {s}% {max(light - 16, 8)}%)"/><path d="M2 134Q6 {cy + 42} {cx - 12} {cy + 36}Q{cx} {cy + 46} {cx + 12} {cy + 36}Q94 {cy + 42} 98 134Z" fill="{cloth}"/>'
        f'<ellipse cx="{cx}" cy="{cy}" rx="{rx:.1f}" ry="{ry:.1f}" fill="url(#{name}-skin)"/>{fringe}{eyes}'
        f'<path d="M{cx} {eye + 3:.1f}q-3.5 9 -.5 10.5q2 .6 3.4 -.6" stroke="hsl({h} {s}% {max(light - 22, 5)}%)" stroke-width="1" fill="none"/>'
        f'<path d="M{cx - 6.5:.1f} {cy + 15:.1f}q6.5 {rng.uniform(1, 4):.1f} 13 0" stroke="hsl(5 40% {max(light - 25, 12)}%)" stroke-width="2" fill="none"/>{glasses}</g></symbol></defs>'
        f'<use href="#{name}" x="{x}" y="{y}" width="{width}" height="{height}"/>'
    )


def ghost(name: str, x: float, y: float, width: float, height: float, opacity: float) -> str:
    """The portrait again, small and pale."""
    return f'<use href="#{name}" x="{x}" y="{y}" width="{width}" height="{height}" opacity="{opacity:.2f}"/>'


def stamp(rng: random.Random, x: float, y: float, radius: float, colour: str) -> str:
    """A round office stamp, worn."""
    marks = "".join(f'<path d="M0 {-radius * 0.82:.2f}v{radius * 0.2:.2f}" transform="rotate({i * 12})"/>' for i in range(30) if rng.random() < 0.85)
    return (
        f'<g transform="translate({x:.2f} {y:.2f}) rotate({rng.uniform(-40, 40):.0f})" fill="none" stroke="{colour}" stroke-width=".3" opacity="{rng.uniform(0.35, 0.6):.2f}">'
        f'<circle r="{radius}"/><circle r="{radius * 0.9:.2f}" stroke-width=".12"/><circle r="{radius * 0.5:.2f}"/>{marks}'
        f'<path d="M{-radius * 0.3:.2f} {radius * 0.25:.2f}L0 {-radius * 0.35:.2f}L{radius * 0.3:.2f} {radius * 0.25:.2f}Z"/></g>'
    )


def signature(rng: random.Random, x: float, y: float, width: float, colour: str = "#1b2550") -> str:
    """A line as a hand writes it."""
    d, at = f"M{x:.2f} {y:.2f}", x
    while at < x + width:
        step = rng.uniform(0.5, 2.2)
        d += f"Q{at + step * 0.3:.2f} {y + rng.uniform(-4.5, 0.5):.2f} {at + step:.2f} {y + rng.uniform(-0.8, 0.8):.2f}"
        d += f"T{at + step * rng.uniform(0.5, 1.4):.2f} {y + rng.uniform(-1, 1.2):.2f}"
        at += step
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width=".28" stroke-linecap="round" opacity=".85"/>'


def chip(x: float, y: float) -> str:
    """Contacts of a chip card."""
    return (
        f'<g transform="translate({x} {y})"><rect width="12" height="9.4" rx="1.6" fill="#d9bf74" stroke="#8f7a3c" stroke-width=".2"/>'
        '<path d="M0 3.1h4v3.2H0M12 3.1H8v3.2h4M4 0v3.1M8 0v3.1M4 6.3v3.1M8 6.3v3.1" fill="none" stroke="#8f7a3c" stroke-width=".2"/></g>'
    )


def arms(x: float, y: float, size: float, colour: str, charge: int) -> str:
    """A shield with a charge that no state bears."""
    charges = [
        "M-3 2L0 -4L3 2ZM-3 -1h6",
        "M-3 -2q3 -3 6 0q-3 6 -6 0M0 -4v8",
        "M0 -4l1.2 2.8h3l-2.4 1.9l.9 3l-2.7 -1.8l-2.7 1.8l.9 -3l-2.4 -1.9h3z",
        "M-3.4 3q1.7 -3 3.4 0t3.4 0M-3.4 .6q1.7 -3 3.4 0t3.4 0M-3.4 -1.8q1.7 -3 3.4 0t3.4 0",
        "M0 -4v8M-3 -1.5h6M-2 3.4h4",
    ]
    return (
        f'<g transform="translate({x} {y}) scale({size / 12:.3f})" fill="none" stroke="{colour}" stroke-width=".7">'
        f'<path d="M-5 -6H5V1Q5 5 0 7Q-5 5 -5 1Z"/><path d="{charges[charge]}"/></g>'
    )
