"""The fonts documents are set in, all from Debian packages (see README.md)."""

from functools import lru_cache, cache
from pathlib import Path

from PIL import ImageFont

_FONT_ROOTS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

OCR_B = "OCRB.otf"
TEXT_FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "LiberationSans-Regular.ttf",
    "LiberationSans-Bold.ttf",
    "LiberationSansNarrow-Regular.ttf",
    "LiberationMono-Regular.ttf",
    "LiberationMono-Bold.ttf",
    "LiberationSerif-Bold.ttf",
    "FreeSans.ttf",
    "FreeSansBold.ttf",
    "FreeMonoBold.ttf",
)
# What random layouts are set in besides, so that no letter is known by one shape alone.
MORE_TEXT_FONTS = TEXT_FONTS + (
    "DejaVuSansCondensed.ttf",
    "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSansMono-Bold.ttf",
    "DejaVuSerif.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSerifCondensed.ttf",
    "DejaVuSerifCondensed-Bold.ttf",
    "LiberationSans-Italic.ttf",
    "LiberationSansNarrow-Bold.ttf",
    "LiberationSerif-Regular.ttf",
    "FreeMono.ttf",
    "FreeSerif.ttf",
    "FreeSerifBold.ttf",
)


class MissingFont(RuntimeError):
    """A font is not installed; the message names the file."""


@cache
def _path(file_name: str) -> Path:
    for root in _FONT_ROOTS:
        found = next(root.rglob(file_name), None) or next(root.rglob(file_name.replace(".ttf", ".otf")), None)
        if found:
            return found
    raise MissingFont(f"{file_name}: install fonts-ocr-b, fonts-liberation, fonts-freefont-ttf, fonts-dejavu")


@lru_cache(maxsize=4096)
def font(file_name: str, size: int) -> ImageFont.FreeTypeFont:
    """The font at `size` pixels, without kerning, so that advances add up."""
    return ImageFont.truetype(str(_path(file_name)), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=65536)
def advance(file_name: str, size: int, character: str) -> float:
    """Horizontal advance of one character in pixels."""
    return font(file_name, size).getlength(character)


@lru_cache(maxsize=65536)
def printed(file_name: str, size: int, character: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what one character blackens, in pixels from where it is drawn."""
    return font(file_name, size).getbbox(character)


@lru_cache(maxsize=4096)
def _has(file_name: str, character: str) -> bool:
    face = font(file_name, 40)
    return character.isspace() or bytes(face.getmask(character)) != bytes(face.getmask("\U0010fffe"))


def covers(file_name: str, text: str) -> bool:
    """Whether the font has every character; OCR B has few accented letters and draws a box for the others."""
    return all(_has(file_name, character) for character in text)
