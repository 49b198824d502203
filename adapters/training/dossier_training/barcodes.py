"""Barcodes as documents bear them: what AAMVA's DL/ID Card Design Standard (2025, annex D) has a licence's hold, drawn as PDF417."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import zxingcpp
from PIL import Image

from dossier_training.page import PIXELS_PER_UNIT, Page
from dossier_training.people import Person

# Of the standard that is written: 11 is that of 2025.
_VERSION = "11"
_SEX = {"M": "1", "F": "2", "X": "9"}
# Pixels of a module; lines of a row are three modules high (ISO/IEC 15438, section 5.8.3).
_MODULE = 3


def aamva(issuer: str, person: Person, values: dict[str, str]) -> str:
    """What the barcode of a licence holds: header, designator, one subfile."""
    first, _, middle = values["given_names"].partition(" ")
    elements = [
        ("DCA", values["categories"].replace(" ", "")),
        ("DCB", values["restrictions"].replace(" ", "")),
        ("DCD", "NONE"),
        ("DBA", _date(person.expiry)),
        ("DCS", values["surname"]),
        ("DDE", "N"),
        ("DAC", first),
        ("DDF", "N"),
        ("DAD", middle.replace(" ", ",") or "NONE"),
        ("DDG", "N"),
        ("DBD", _date(person.issue)),
        ("DBB", _date(person.birth)),
        ("DBC", _SEX[person.sex]),
        ("DAY", values["eye_colour"][:3]),
        ("DAU", f"{values['height'].removesuffix(' CM'):0>3} cm"),
        ("DAG", values["address"]),
        ("DCF", values["document_number"][::-1]),
        ("DCG", "USA"),
        ("DAQ", values["document_number"]),
    ]
    return subfile(issuer, elements)


def holds(text: str) -> bool:
    """Whether a barcode can hold a text: it has letters of ISO 8859-1 alone."""
    return all(ord(character) < 0x100 for character in text)


def subfile(issuer: str, elements: Sequence[tuple[str, str]]) -> str:
    """A barcode's content with one subfile of these data elements."""
    body = "DL" + "\n".join(name + value for name, value in elements) + "\r"
    header = f"@\n\x1e\rANSI {issuer}{_VERSION}0001"
    designator_bytes = 10
    return f"{header}DL{len(header) + designator_bytes:04d}{len(body):04d}{body}"


def _date(day: date) -> str:
    return day.strftime("%m%d%Y")


def draw_pdf417(page: Page, content: str, left: float, top: float) -> None:
    """Draws a barcode in black on white, whole pixels a module, from a corner in units."""
    # Bytes of ISO 8859-1, as the standard has it, and no mark of another character set.
    barcode = zxingcpp.create_barcode(content.encode("latin-1"), zxingcpp.BarcodeFormat.PDF417)
    modules = np.asarray(barcode.to_image(scale=1, add_quiet_zones=False))
    image = Image.fromarray(modules).convert("RGB")
    image = image.resize((image.width * _MODULE, image.height * _MODULE), Image.Resampling.NEAREST)
    room = page.image.width - round(left * PIXELS_PER_UNIT) - 2 * _MODULE
    if image.width > room or image.height > page.image.height - round(top * PIXELS_PER_UNIT):
        raise ValueError(f"a barcode of {image.width} x {image.height} pixels has no room on the page")
    quiet = Image.new("RGB", (image.width + 4 * _MODULE, image.height + 4 * _MODULE), "white")
    quiet.paste(image, (2 * _MODULE, 2 * _MODULE))
    page.barcodes.append(("barcode.pdf417", content))
    page.image.paste(quiet, (round(left * PIXELS_PER_UNIT) - 2 * _MODULE, round(top * PIXELS_PER_UNIT) - 2 * _MODULE))
