"""Documents of layouts that nobody ships, set as real ones are: mixed case, small print, values on two lines, any order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dossier_training import captions, dates, people
from dossier_training.document import categories
from dossier_training.page import Colour, colour_of
from dossier_training.typeset import letters, phrases, security, typefaces, zones
from dossier_training.typeset.sheet import Ink, Sheet
from dossier_training.typeset.text_sheets import ground


@dataclass(frozen=True)
class _Style:
    script: str
    value: Ink
    caption: Ink
    number: Ink
    small: Ink
    capitals: float
    captions: str
    languages: tuple[str, ...]
    beside: bool
    date_form: str
    months: str


def _typeface(rng: np.random.Generator, sample: str, capitals: bool = False) -> str:
    for _ in range(20):
        name = typefaces.draw(rng)
        if typefaces.covers(name, sample):
            return name
    return "DejaVuSans"


def _style(rng: np.random.Generator, ink: Colour, em: float) -> _Style:
    script = phrases.script(rng)
    sample = "".join(phrases.alphabet(script)[:1]) + "aé9"
    value = Ink(_typeface(rng, sample), em, ink, float(rng.uniform(0.1, 0.1 * em)) if rng.random() < 0.1 else 0.0)
    faded = colour_of(c + (128 - c) * rng.uniform(0, 0.6) for c in ink) if rng.random() < 0.5 else colour_of(rng.integers(20, 140, 3))
    language = "en" if rng.random() < 0.4 else str(rng.choice(captions.LANGUAGES))
    second = () if rng.random() < 0.45 else (str(rng.choice(captions.LANGUAGES)) if language == "en" else "en",)
    return _Style(
        script=script,
        value=value,
        caption=Ink(_typeface(rng, sample), max(7.0, em * float(rng.uniform(0.42, 0.8))), faded),
        number=Ink(_typeface(rng, "A9"), em * float(rng.uniform(0.95, 1.5)), ink if rng.random() < 0.7 else colour_of(rng.integers(0, 120, 3))) if rng.random() < 0.45 else value,
        small=replace(value, size=max(9.0, em * float(rng.uniform(0.6, 0.95)))),
        capitals=float(rng.choice([0.0, 0.15, 0.6, 1.0], p=[0.3, 0.3, 0.15, 0.25])),
        captions=str(rng.choice(["words", "numerals", "none"], p=[0.82, 0.1, 0.08])),
        languages=(language, *second),
        beside=bool(rng.random() < 0.15),
        date_form=str(rng.choice(dates.DATE_FORMS)),
        months=str(rng.choice(list(dates.MONTH_NAMES))),
    )


def _values(rng: np.random.Generator, style: _Style) -> dict[str, Callable[[], str]]:
    """How each field of the global list is made up."""
    person = people.person(rng)
    say = lambda text: phrases.cased(rng, text, style.capitals)  # noqa: E731
    day = lambda date: phrases.date(rng, date, style.date_form, style.months)  # noqa: E731
    name = lambda longest: say(phrases.name(rng, style.script, longest))  # noqa: E731
    return {
        "surname": lambda: name(24),
        "given_names": lambda: name(28),
        "full_name": lambda: name(30),
        "document_number": lambda: phrases.number(rng, 6, 12),
        "personal_number": lambda: phrases.number(rng, 7, 15),
        "nationality": lambda: people.letters(rng, 3) if rng.random() < 0.45 else say(phrases.place(rng, style.script, 18)),
        "issuing_state": lambda: people.letters(rng, 3) if rng.random() < 0.7 else say(phrases.place(rng, style.script, 16)),
        "date_of_birth": lambda: day(person.birth),
        "place_of_birth": lambda: say(phrases.place(rng, style.script)),
        "sex": lambda: str(rng.choice(["F", "M", "X", "F/F", "M/M", "F/W", "K/F", "Female", "Male", "Ж", "М", "weiblich", "H", "V/F"])),
        "height": lambda: _height(rng),
        "eye_colour": lambda: say(str(rng.choice(["Blue", "Brown", "Green", "Grey", "Hazel", "Bleu", "Marron", "Vert", "Blau", "Braun", "Azul", "Verde", "Gris", "BRO", "BLU", "Blå", "Castanhos"]))),
        "date_of_issue": lambda: day(person.issue),
        "date_of_expiry": lambda: day(person.expiry),
        "authority": lambda: say(phrases.authority(rng, style.script)),
        "address": lambda: say_lines(rng, phrases.address(rng, style.script), style.capitals),
        "categories": lambda: categories(rng) if rng.random() < 0.7 else categories(rng).replace(" ", str(rng.choice(["/", ", ", "-"])))[:30],
        "restrictions": lambda: str(rng.choice([" ", ".", "/", ", "])).join(people.digits(rng, 2) for _ in range(int(rng.integers(1, 4)))),
        "document_code": lambda: str(rng.choice(["P", "ID", "PP", "I", "DL", "PD", "AR", "C", "PM", "IR"])),
        "card_access_number": lambda: people.digits(rng, 6),
    }


def _height(rng: np.random.Generator) -> str:
    if rng.random() < 0.1:
        return f"{int(rng.integers(4, 7))}'-{int(rng.integers(12)):02d}\""
    metres = str(rng.choice(["1,{:02d} m", "1.{:02d} m", ""], p=[0.15, 0.15, 0.7]))
    if metres:
        return metres.format(int(rng.integers(100)))
    return str(rng.choice(["{} cm", "{} CM", "{}", "{}cm"])).format(int(rng.integers(60, 212)))


def say_lines(rng: np.random.Generator, text: str, capitals: float) -> str:
    """Several lines, all in one case."""
    cased = phrases.cased(rng, text.replace("\n", " ¦ ").replace("¦", "|"), capitals)
    return cased.replace(" | ", "\n").replace("|", "")


# Pixels an em of values, on a page of 768 x 512: capitals of 1.5 to 3 mm on one of 125 mm.
_EMS = (10.5, 22.0)
_TWO_LINES = ("address", "place_of_birth", "authority", "given_names", "surname")
_SMALL = ("address", "authority", "place_of_birth", "restrictions", "categories")


def _broken(rng: np.random.Generator, text: str, ink: Ink, room: float, scale: float) -> str | None:
    """The text with line breaks where the room ends, or none if it can't be done in two lines."""
    lines: list[str] = []
    for part in text.split("\n"):
        line = ""
        for word in part.split(" "):
            longer = f"{line} {word}" if line else word
            if ink.width(longer, scale) <= room:
                line = longer
            elif not line or ink.width(word, scale) > room:
                return None
            else:
                lines.append(line)
                line = word
        lines.append(line)
    return "\n".join(lines) if len(lines) <= 3 else None


def form(rng: np.random.Generator, width: float, height: float) -> tuple[Sheet, dict[str, str]]:
    """A page of a layout made for it alone, and what its fields say."""
    paper, ink = ground(rng)
    sheet = Sheet(width, height, paper)
    security.under(rng, sheet)
    style = _style(rng, ink, float(rng.uniform(*_EMS)))
    fields: dict[str, str] = {}
    bottom = height - 5
    if rng.random() < 0.4:
        bottom = _place_zone(rng, sheet, fields, ink, bottom)
    top = _header(rng, sheet, style)
    left, right = float(rng.uniform(5, 0.06 * width + 6)), width - 5.0
    if rng.random() < 0.6:
        left, right = _portrait(rng, sheet, left, right, top, bottom)
    _place_fields(rng, sheet, style, fields, (left, top, right, bottom))
    security.over(rng, sheet)
    return sheet, fields


def _place_zone(rng: np.random.Generator, sheet: Sheet, fields: dict[str, str], ink: Colour, bottom: float) -> float:
    text = zones.zone(rng)
    lines = text.split("\n")
    pitch = float(rng.uniform(0.82, 0.985)) * (sheet.width - 12) / len(lines[0])
    if pitch < 5.2:
        return bottom
    pitch = min(pitch, 17.0)
    em = pitch * float(rng.uniform(1.3, 1.75))
    line_pitch = em * float(rng.uniform(1.05, 1.5))
    face = zones.typeface(rng)
    top = bottom - line_pitch * len(lines) - float(rng.uniform(0, 0.05 * sheet.height))
    x = float(rng.uniform(4, max(5, sheet.width - pitch * len(lines[0]) - 5)))
    if rng.random() < 0.4:
        sheet.draw.rectangle([0, (top - 4) * sheet.scale, sheet.image.width, sheet.image.height], fill=security.mixed(sheet.ground, (255, 255, 255), float(rng.uniform(0.2, 0.9))))
    sheet.zone(x, top, text, pitch, line_pitch, Ink(face, em, colour_of(min(90, c) for c in ink)))
    fields["mrz"] = text
    return top - 4


def _header(rng: np.random.Generator, sheet: Sheet, style: _Style) -> float:
    if rng.random() < 0.15:
        return float(rng.uniform(3, 10))
    em = style.caption.size * float(rng.uniform(1.0, 1.8))
    text = phrases.cased(rng, phrases.authority(rng, "latin", 26), 0.6)
    typeface = _typeface(rng, text)
    if rng.random() < 0.25:
        sheet.draw.rectangle([0, 0, sheet.image.width, (em * 1.5 + 4) * sheet.scale], fill=security.mixed(sheet.ground, security.hue(rng), float(rng.uniform(0.1, 0.6))))
    sheet.text(float(rng.uniform(4, sheet.width / 3)), 3.0, text, Ink(typeface, em, style.caption.colour))
    return 3.0 + em * float(rng.uniform(1.4, 2.2))


def _portrait(rng: np.random.Generator, sheet: Sheet, left: float, right: float, top: float, bottom: float) -> tuple[float, float]:
    """A stand-in for the photograph: lights and shades of a head; returns the room that is left beside it."""
    width = float(rng.uniform(0.18, 0.3)) * sheet.width
    start = left if rng.random() < 0.75 else right - width
    upper = float(rng.uniform(top, max(top + 1, bottom - width * 1.3)))
    box = [v * sheet.scale for v in (start, upper, start + width, min(bottom, upper + width * 1.28))]
    grey = lambda low, high: colour_of(rng.integers(low, high) + rng.integers(-14, 15, 3))  # noqa: E731
    if box[3] - box[1] > 20:
        w, h = box[2] - box[0], box[3] - box[1]
        sheet.draw.rectangle(box, fill=grey(150, 235))
        sheet.draw.ellipse([box[0] + w * 0.1, box[1] + h * 0.68, box[0] + w * 0.9, box[3]], fill=grey(20, 120))
        sheet.draw.ellipse([box[0] + w * 0.27, box[1] + h * 0.15, box[0] + w * 0.73, box[1] + h * 0.75], fill=grey(100, 210))
        sheet.draw.pieslice([box[0] + w * 0.24, box[1] + h * 0.1, box[0] + w * 0.76, box[1] + h * 0.6], 180, 360, fill=grey(15, 160))
    gap = float(rng.uniform(4, 14))
    return (start + width + gap, right) if start == left else (left, start - gap)


def _caption(rng: np.random.Generator, style: _Style, field: str, room: float, scale: float) -> str:
    if style.captions == "none" or (style.captions == "numerals" and field not in captions.NUMERALS):
        return ""
    if style.captions == "numerals":
        return captions.NUMERALS[field]
    said = [str(rng.choice(captions.CAPTIONS[language][field])) for language in style.languages]
    text = str(rng.choice([" / ", "/", " - "])).join(said)
    text = letters.written(text.upper() if rng.random() < 0.15 else text)
    said = [letters.written(one) for one in said]
    text = text if style.caption.width(text, scale) < room else said[0]
    return text if typefaces.covers(style.caption.typeface, text) else said[-1] if typefaces.covers(style.caption.typeface, said[-1]) else ""


def _place_fields(rng: np.random.Generator, sheet: Sheet, style: _Style, fields: dict[str, str], box: tuple[float, float, float, float]) -> None:
    left, y, right, bottom = box
    makers = _values(rng, style)
    waiting = list(rng.permutation(list(makers)))
    gap = float(rng.uniform(1, 0.9 * style.value.size))
    while waiting and y + style.value.size * 1.2 < bottom:
        x, row = left, 0.0
        while waiting and x < right - 3 * style.value.size:
            field = str(waiting.pop())
            ink = style.number if field.endswith("number") else style.small if field in _SMALL and rng.random() < 0.6 else style.value
            text, caption = makers[field](), _caption(rng, style, field, right - x, sheet.scale)
            if not text or not typefaces.covers(ink.typeface, text.replace("\n", "")):
                continue
            indent = style.caption.width(caption, sheet.scale) + 3 if style.beside and caption else 0.0
            above = style.caption.size * 1.12 if caption and not style.beside else 0.0
            if "\n" in text or ink.width(text, sheet.scale) > right - x - indent:
                broken = _broken(rng, text, ink, right - x - indent, sheet.scale) if field in _TWO_LINES else None
                if broken is None:
                    continue
                text = broken
            lines = text.split("\n")
            pitch = ink.size * float(rng.uniform(1.08, 1.3))
            if y + above + pitch * len(lines) > bottom:
                continue
            fields[field] = text
            if caption:
                sheet.text(x, y + (ink.size - style.caption.size if style.beside else 0.0), caption, style.caption)
            end, start = x, 0
            for number, line in enumerate(lines):
                end = max(end, sheet.text(x + indent, y + above + number * pitch, line, ink, field, start))
                start += len(line) + 1
            row = max(row, above + pitch * len(lines))
            beside = 0.0 if style.beside else style.caption.width(caption, sheet.scale) + 5
            x += max(end - x + float(rng.uniform(6, 30)), beside, float(rng.uniform(0.05, 0.3)) * sheet.width)
        y += max(row, style.value.size) + gap
