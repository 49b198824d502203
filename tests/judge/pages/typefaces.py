"""What pages are set in: typefaces of Debian packages that no page of the training is set in."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PACKAGES = (
    "fonts-mplus fonts-georgewilliams fonts-gfs-artemisia fonts-agave fonts-yrsa-rasa fonts-elstob "
    "fonts-quicksand fonts-gemunu-libre fonts-eurofurence fonts-jura fonts-vlgothic"
).split()
_ROOT = Path("/usr/share/fonts")


class MissingTypeface(RuntimeError):
    """A typeface is not installed; the message names the file and how to install it."""


@dataclass(frozen=True)
class Typeface:
    """`family` is its name in the pages' style, `file` its name below /usr/share/fonts."""

    family: str
    file: str


ALL = {
    face.family: face
    for face in (
        Typeface("mplus", "Mplus1-Medium.otf"),
        Typeface("mplus-bold", "Mplus1-Bold.otf"),
        Typeface("mplus-code", "MplusCodeLatin60-Medium.otf"),
        Typeface("caliban", "Caliban.ttf"),
        Typeface("artemisia", "GFSArtemisia.otf"),
        Typeface("agave", "agave-r-autohinted.ttf"),
        Typeface("yrsa", "Yrsa-SemiBold.ttf"),
        Typeface("yrsa-light", "Yrsa-Regular.ttf"),
        Typeface("elstob", "ElstobD-10ptMedium.otf"),
        Typeface("quicksand", "Quicksand-Medium.ttf"),
        Typeface("quicksand-bold", "Quicksand-Bold.ttf"),
        Typeface("gemunu", "GemunuLibre-SemiBold.otf"),
        Typeface("eurofurence", "eurof55.ttf"),
        Typeface("jura", "Jura-SemiBold.otf"),
        Typeface("vl-gothic", "VL-PGothic-Regular.ttf"),
    )
}


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    return {path.name: path for path in sorted(_ROOT.rglob("*.[to]t[fc]"))}


def path(face: Typeface) -> Path:
    """Where the typeface's file is."""
    if face.file not in _files():
        raise MissingTypeface(f"{face.file}: apt-get install {' '.join(PACKAGES)}")
    return _files()[face.file]


def style() -> str:
    """The typefaces as CSS."""
    return "\n".join(f"@font-face {{ font-family: {face.family}; src: url('{path(face).as_uri()}'); }}" for face in ALL.values())
