"""Letters of machine-readable zones, drawn by hand as strokes after the shapes of ISO 1073-2 (OCR-B, size I).

All outlines of OCR-B in Debian have one origin, which the training's pages are set in; so these are drawn anew. Units are
tenths of a millimetre: 15 wide, 24 high from the top to the line the letters stand on.
"""

WIDTH, HEIGHT, PITCH = 1.5, 2.4, 2.54

STROKES = {
    "0": "M7.5 0C3 0 1.8 5 1.8 12S3 24 7.5 24S13.2 19 13.2 12S12 0 7.5 0Z",
    "1": "M3 4.5L8 0V24M3 24H13",
    "2": "M1.5 4C3 1 5 0 7.5 0C11.3 0 13.3 2.8 13.3 6C13.3 11.5 7 14 1.2 24H13.8",
    "3": "M2 0H13L7 9C11.5 9 13.8 12 13.8 16.4C13.8 21 11 24 7 24C4.5 24 2.5 23 1 21",
    "4": "M8 0L1 17H14.2M10.6 11V24",
    "5": "M13 0H3L2.5 10C4 9 5.5 8.7 7 8.7C11.5 8.7 13.8 12 13.8 16C13.8 21 11 24 7 24C4.5 24 2.5 23 1 21.5",
    "6": "M10.5 0C6 4 1.2 9 1.2 16.3C1.2 21 4 24 7.5 24S13.8 21 13.8 16.5S11 9.2 7.5 9.2C4.8 9.2 2.6 11 1.7 13.6",
    "7": "M1.5 0H13.8C9 8 6.5 15 6 24",
    "8": "M7.5 10.7C4 10.7 2.2 8.4 2.2 5.3C2.2 2 4.5 0 7.5 0S12.8 2 12.8 5.3C12.8 8.4 11 10.7 7.5 10.7C3.5 10.7 1.2 13.6 1.2 17.2"
    "C1.2 21.2 4 24 7.5 24S13.8 21.2 13.8 17.2C13.8 13.6 11.5 10.7 7.5 10.7Z",
    "9": "M4.5 24C9 20 13.8 15 13.8 7.7C13.8 3 11 0 7.5 0S1.2 3 1.2 7.5S4 14.8 7.5 14.8C10.2 14.8 12.4 13 13.3 10.4",
    "A": "M.6 24L7.5 0L14.4 24M3 16.2H12",
    "B": "M2 0V24H8C12 24 13.8 21.5 13.8 17.8S11.5 11.5 8 11.5C11 11.5 12.6 9 12.6 5.9S10.6 0 7.6 0ZM2 11.5H8",
    "C": "M14 2.2C12.5 .8 11 0 9 0C4 0 1.2 5 1.2 12S4 24 9 24C11 24 12.5 23.2 14 21.8",
    "D": "M2 0V24H6C11 24 13.8 19 13.8 12S11 0 6 0Z",
    "E": "M13.4 0H2V24H13.4M2 11.5H11.4",
    "F": "M13.4 0H2V24M2 11.5H11.4",
    "G": "M13.6 2.2C12 .8 10.8 0 9 0C4 0 1.2 5 1.2 12S4 24 9 24C11 24 12.5 23.4 13.8 22.4V13H8.6",
    "H": "M1.6 0V24M13.4 0V24M1.6 11.5H13.4",
    "I": "M2.6 0H12.4M7.5 0V24M2.6 24H12.4",
    "J": "M4.4 0H12.6V17C12.6 21.5 10 24 6.6 24C4.2 24 2.4 23 1.2 21",
    "K": "M2 0V24M13.4 0L2 13.4M6 9.2L13.9 24",
    "L": "M2.4 0V24H13.8",
    "M": "M1.2 24V0L7.5 11L13.8 0V24",
    "N": "M1.6 24V0L13.4 24V0",
    "O": "M7.5 0C2.6 0 .8 4 .8 12S2.6 24 7.5 24S14.2 20 14.2 12S12.4 0 7.5 0Z",
    "P": "M2 24V0H8C12 0 13.8 2.8 13.8 6.6S12 13.2 8 13.2H2",
    "Q": "M7.5 0C2.6 0 .8 4 .8 12S2.6 24 7.5 24S14.2 20 14.2 12S12.4 0 7.5 0ZM8.8 17L14.4 25.2",
    "R": "M2 24V0H8C12 0 13.8 2.8 13.8 6.6S12 13.2 8 13.2H2M7.6 13.2L14 24",
    "S": "M13.2 3C12 1 10 0 7.5 0C4 0 1.8 2.4 1.8 5.6C1.8 9 4.5 10.5 7.5 11.7C11 13 13.7 14.6 13.7 18.2C13.7 22 11 24 7.5 24"
    "C4.8 24 2.5 23 1.2 20.8",
    "T": "M.8 0H14.2M7.5 0V24",
    "U": "M1.6 0V16C1.6 21.5 4 24 7.5 24S13.4 21.5 13.4 16V0",
    "V": "M.8 0L7.5 24L14.2 0",
    "W": "M.6 0L3.6 24L7.5 9L11.4 24L14.4 0",
    "X": "M1 0L14 24M14 0L1 24",
    "Y": "M.8 0L7.5 12.4L14.2 0M7.5 12.4V24",
    "Z": "M1.4 0H13.6L1.2 24H13.8",
    "<": "M13.6 3.2L1.6 12L13.6 20.8",
}


def svg(lines: list[str], x: float, y: float, pitch_y: float, weight: float, colour: str, slant: float = 0.0) -> str:
    """The lines as SVG in millimetres; the first line's letters begin at `x` and stand on `y`. `weight` is a stroke's width."""
    parts = []
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            left, top = x + column * PITCH, y + row * pitch_y - HEIGHT
            parts.append(f'<path d="{STROKES[character]}" transform="translate({left:.3f} {top:.3f}) scale(.1) skewX({slant:.2f})"/>')
    return f'<g fill="none" stroke="{colour}" stroke-width="{weight * 10:.2f}" stroke-linecap="round" stroke-linejoin="round">{"".join(parts)}</g>'


def places(lines: list[str], x: float, y: float, pitch_y: float) -> list[tuple[str, float, float]]:
    """Each character with its middle, line breaks too, which stand after their line's last letter."""
    found = []
    for row, line in enumerate(lines):
        if row:
            found.append(("\n", x + len(lines[row - 1]) * PITCH + WIDTH / 2, y + (row - 1) * pitch_y - HEIGHT / 2))
        found += [(c, x + column * PITCH + WIDTH / 2, y + row * pitch_y - HEIGHT / 2) for column, c in enumerate(line)]
    return found
