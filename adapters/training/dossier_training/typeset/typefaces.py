"""The typefaces that pages are set in, all from Debian packages, and those kept back to try a base on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import ImageFont

# A folder of typefaces to take before those of the system.
_CARRIED = os.environ.get("DOSSIER_TYPEFACES")
_FONT_ROOTS = (*((Path(_CARRIED),) if _CARRIED else ()), Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts"), Path("/usr/local/share/fonts"))

PACKAGES = (
    "fonts-ocr-a fonts-ocr-b fonts-liberation fonts-freefont-ttf fonts-dejavu fonts-noto-core fonts-noto-mono fonts-roboto-unhinted "
    "fonts-roboto-slab fonts-open-sans fonts-lato fonts-cantarell fonts-inter fonts-hack-ttf fonts-courier-prime fonts-croscore "
    "fonts-crosextra-carlito fonts-crosextra-caladea fonts-linuxlibertine fonts-sil-gentiumplus fonts-sil-charis fonts-sil-andika "
    "fonts-ebgaramond fonts-cabin fonts-dosis fonts-clear-sans fonts-quattrocento fonts-oxygen fonts-paratype fonts-play fonts-mononoki "
    "fonts-inconsolata fonts-urw-base35 fonts-texgyre fonts-b612 fonts-go fonts-gnutypewriter fonts-opendin fonts-roadgeek "
    "fonts-routed-gothic fonts-stix fonts-lmodern fonts-league-mono fonts-yanone-kaffeesatz fonts-firacode fonts-oldstandard "
    "fonts-allerta fonts-osifont fonts-gfs-neohellenic fonts-gfs-didot fonts-comfortaa fonts-tuffy fonts-adf-universalis fonts-adf-gillius "
    "fonts-sora fonts-manrope fonts-karla fonts-vollkorn fonts-cardo fonts-junicode fonts-jetbrains-mono"
).split()

_SANS = """DejaVuSans DejaVuSans-Bold DejaVuSans-ExtraLight LiberationSans-Regular LiberationSans-Bold LiberationSans-Italic FreeSans FreeSansBold
    NotoSans-Regular NotoSans-Bold NotoSans-Italic NotoSansDisplay-Regular Roboto-Regular Roboto-Light Roboto-Medium Roboto-Bold Roboto-Italic
    OpenSans-Regular OpenSans-Light OpenSans-Semibold OpenSans-Bold Lato-Regular Lato-Light Lato-Bold Lato-Medium Cantarell-Regular Cantarell-Light
    Inter-Regular Inter-Light Inter-SemiBold Carlito-Regular Carlito-Bold Andika-Regular Cabin-Regular Cabin-SemiBold Dosis-Medium Dosis-Book
    ClearSans-Regular ClearSans-Light ClearSans-Medium Oxygen-Sans Oxygen-Sans-Bold PTS55F PTS75F PTC55F Play-Regular NimbusSans-Regular
    NimbusSans-Bold URWGothic-Book URWGothic-Demi texgyreheros-regular B612-Regular Go-Regular Go-Medium OSP-DIN RG2014D RG2014E routed-gothic
    lmsans10-regular LinBiolinum_R allerta_medium osifont GFSNeohellenic Comfortaa-Regular""".split()
_CONDENSED = """DejaVuSansCondensed DejaVuSansCondensed-Bold LiberationSansNarrow-Regular LiberationSansNarrow-Bold RobotoCondensed-Regular
    RobotoCondensed-Light RobotoCondensed-Bold OpenSans-CondLight OpenSans-CondBold NimbusSansNarrow-Regular NimbusSansNarrow-Bold
    texgyreheroscn-regular PTN57F PTN77F YanoneKaffeesatz-Regular YanoneKaffeesatz-Bold routed-gothic-narrow lmsansdemicond10-regular
    DejaVuSerifCondensed""".split()
_SERIF = """DejaVuSerif DejaVuSerif-Bold LiberationSerif-Regular LiberationSerif-Bold LiberationSerif-Italic FreeSerif FreeSerifBold
    NotoSerif-Regular NotoSerif-Bold NotoSerifDisplay-Regular RobotoSlab-Regular RobotoSlab-Light Caladea-Regular Caladea-Bold LinLibertine_R
    LinLibertine_RB GentiumPlus-Regular GentiumBookPlus-Regular CharisSIL-Regular EBGaramond12-Regular Quattrocento-Regular PTF55F PTF75F
    C059-Roman C059-Bold P052-Roman NimbusRoman-Regular URWBookman-Light texgyretermes-regular texgyrepagella-regular STIX-Regular
    lmroman10-regular lmroman10-bold OldStandard-Regular GFSDidot""".split()
_MONOSPACED = """DejaVuSansMono DejaVuSansMono-Bold LiberationMono-Regular LiberationMono-Bold FreeMono FreeMonoBold NotoSansMono-Regular
    Hack-Regular Cousine-Regular PTM55F mononoki-Regular Inconsolata NimbusMonoPS-Regular NimbusMonoPS-Bold texgyrecursor-bold B612Mono-Regular
    Go-Mono LeagueMono-Regular LeagueMono-NarrowRegular FiraCode-Regular OxygenMono-Regular lmmono10-regular lmmonolt10-bold GNUTypewriter
    lmmonoltcond10-regular""".split()
OCR_B = ("OCRB", "OCRBF", "OCRBL", "OCRBS")
OCR_A = ("OCRA",)
# What values are set in, by kind, and how often each kind is drawn.
KINDS = {"sans": (_SANS, 0.46), "condensed": (_CONDENSED, 0.13), "serif": (_SERIF, 0.17), "monospaced": (_MONOSPACED, 0.16), "ocr": (["OCRB", "OCRBF", "OCRBL", "OCRA"], 0.08)}
# No page of a training is set in these families.
KEPT_BACK = """Tuffy UniversalisADFStd-Regular UniversalisADFStd-Cond GilliusADF-Regular GilliusADFNo2-Cond Sora-Regular Manrope-Regular
    Manrope-Medium Karla-Regular Karla-Medium Vollkorn-Regular Vollkorn-SemiBold Cardo104s JunicodeTwoBeta-Regular JetBrainsMono-Regular
    JetBrainsMono-Medium""".split()
_POOL: ContextVar[list[str] | None] = ContextVar("pool", default=None)


class MissingTypeface(RuntimeError):
    """A typeface is not installed; the message names the file and how to install it."""


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for root in _FONT_ROOTS:
        for path in sorted(root.rglob("*.[to]tf")):
            found.setdefault(path.stem, path)
    return found


def _path(name: str) -> Path:
    if name not in _files():
        raise MissingTypeface(f"{name}: apt-get install {' '.join(PACKAGES)}")
    return _files()[name]


def files() -> tuple[Path, ...]:
    """The files of all typefaces, those kept back too."""
    names = {name for names, _ in KINDS.values() for name in names} | {*OCR_B, *OCR_A, *KEPT_BACK}
    return tuple(sorted(_path(name) for name in names))


@lru_cache(maxsize=4096)
def face(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """The typeface at `pixels` an em, without kerning, so that advances add up."""
    return ImageFont.truetype(str(_path(name)), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=262144)
def advance(name: str, pixels: int, character: str) -> float:
    """Horizontal advance of one character in pixels."""
    return face(name, pixels).getlength(character)


@lru_cache(maxsize=65536)
def _has(name: str, character: str) -> bool:
    drawn = face(name, 40)
    if character.isspace():
        return True
    mask = bytes(drawn.getmask(character))
    return mask != bytes(drawn.getmask("\U0010fffe")) and any(mask)


def covers(name: str, text: str) -> bool:
    """Whether the typeface draws every character."""
    return all(_has(name, character) for character in text)


@contextmanager
def only_those_kept_back() -> Iterator[None]:
    """Draws from the families that no training sees, to try a base on letters it has not seen."""
    token = _POOL.set(KEPT_BACK)
    try:
        yield
    finally:
        _POOL.reset(token)


def draw(rng: np.random.Generator) -> str:
    """A typeface at random."""
    if pool := _POOL.get():
        return str(rng.choice(pool))
    names, shares = zip(*KINDS.values(), strict=True)
    return str(rng.choice(names[int(rng.choice(len(names), p=shares))]))
