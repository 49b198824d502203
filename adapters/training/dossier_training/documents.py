"""Documents of layouts that nobody ships: what the base is trained on. No two are alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dossier_training import artwork, captions, dates, fonts, mrz, numbers, people
from dossier_training.document import Document, categories, draw_mrz
from dossier_training.page import LANDSCAPE, PORTRAIT, Ink, Page, colour_of
from dossier_training.text_pages import text_page
from dossier_training.typeset import zones

__all__ = ["Document", "base_lesson", "categories", "draw_mrz", "random_document"]

# Characters of a zone's lines of 44, in units; pages as they are, laid flat with a little around them, have the narrower ones.
_NARROW, _NARROWEST = 7.9, 6.9
_MONO = ("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf", "DejaVuSansMono.ttf")


@dataclass(frozen=True)
class _Style:
    value: Ink
    caption: Ink
    number: Ink
    captions: str
    language: str
    second_language: str | None
    beside: bool
    date_form: str
    calendar: str
    months: str


def _style(rng: np.random.Generator, portrait: bool) -> _Style:
    colour = colour_of(rng.integers(0, 90, 3))
    size = float(rng.uniform(10, 12.5) if portrait else rng.uniform(10.5, 15.5))
    tracking = float(rng.uniform(0.2, 2.0)) if rng.random() < 0.2 else 0.0
    value = Ink(str(rng.choice(fonts.MORE_TEXT_FONTS)), size, colour, 0.0 if portrait else tracking)
    number = value
    if rng.random() < 0.4:
        number = Ink(str(rng.choice((fonts.OCR_B, fonts.OCR_B, *fonts.MORE_TEXT_FONTS))), float(rng.uniform(size, size + 2.5)), colour_of(rng.integers(0, 110, 3)))
    caption = Ink(str(rng.choice(fonts.MORE_TEXT_FONTS)), float(rng.uniform(5.5, 8)), colour_of(rng.integers(20, 150, 3)))
    language = "en" if rng.random() < 0.5 else str(rng.choice(captions.LANGUAGES))
    second = "en" if language != "en" and rng.random() < 0.6 else str(rng.choice(captions.LANGUAGES)) if rng.random() < 0.15 else None
    return _Style(
        value=value,
        caption=caption,
        number=number,
        captions=str(rng.choice(["words", "numerals", "none"], p=[0.82, 0.1, 0.08])),
        language=language,
        second_language=second,
        beside=bool(rng.random() < 0.15) and not portrait,
        date_form=str(rng.choice(dates.DATE_FORMS)),
        calendar=str(rng.choice(dates.CALENDARS, p=[0.84, 0.08, 0.08])),
        months=str(rng.choice(list(dates.MONTH_NAMES), p=[0.52, *[0.08] * 6])),
    )


def _values(rng: np.random.Generator, person: people.Person, style: _Style) -> dict[str, Callable[[], str]]:
    """How each field of the global list is made up for a person."""
    day = lambda date: dates.date_text(date, style.date_form, style.calendar, style.months)  # noqa: E731
    return {
        "surname": lambda: person.surname,
        "given_names": lambda: person.given_names,
        "full_name": lambda: f"{person.given_names} {person.surname}"[:28].strip(" -'"),
        "document_number": lambda: numbers.fill(rng, numbers.random_shape(rng, 6, 12)),
        "personal_number": lambda: numbers.fill(rng, numbers.random_shape(rng, 7, 14)),
        "nationality": lambda: people.letters(rng, 3) if rng.random() < 0.6 else people.any_text(rng, 16, 1),
        "issuing_state": lambda: people.letters(rng, 3),
        "date_of_birth": lambda: day(person.birth),
        "place_of_birth": lambda: person.place,
        "sex": lambda: person.sex if rng.random() < 0.85 else person.sex + "/" + people.letters(rng, 1),
        "height": lambda: str(rng.choice(["{} CM", "{}", "{}CM"])).format(int(rng.integers(50, 210))) if rng.random() < 0.8 else f"1.{int(rng.integers(0, 100)):02d} M",
        "eye_colour": lambda: str(rng.choice(["BLUE", "BROWN", "GREEN", "GREY", "BLACK", "BLEU", "MARRON", "VERT", "BLAU", "BRAUN", "AZUL", "VERDE", "GRIS"])),
        "date_of_issue": lambda: day(person.issue),
        "date_of_expiry": lambda: day(person.expiry),
        "authority": lambda: people.any_text(rng, 22, 2),
        "address": lambda: _address(rng),
        "categories": lambda: categories(rng) if rng.random() < 0.7 else categories(rng).replace(" ", str(rng.choice(["/", ", ", "-"])))[:30],
        "restrictions": lambda: str(rng.choice([" ", ".", "/"])).join(people.digits(rng, 2) for _ in range(int(rng.integers(1, 4)))),
        "document_code": lambda: str(rng.choice(["P", "ID", "PP", "I", "DL", "PD", "AR", "C"])),
        "card_access_number": lambda: people.digits(rng, 6),
    }


def _address(rng: np.random.Generator) -> str:
    street, house = people.any_text(rng, 18, 2), int(rng.integers(1, 300))
    return str(rng.choice([f"{house} {street}", f"{street} {house}", f"{street} {house}/{int(rng.integers(1, 40))}"]))


def _number(rng: np.random.Generator, longest: int) -> str:
    return numbers.fill(rng, numbers.random_shape(rng, 6, longest)).translate({ord(c): None for c in "-/. "})


def _random_mrz(rng: np.random.Generator, person: people.Person) -> str:
    state = people.letters(rng, 3)
    kind = str(rng.choice(["td1", "td2", "td3", "licence"], p=[0.4, 0.13, 0.4, 0.07]))
    if kind == "licence":
        return mrz.licence(state, _number(rng, 9), person.expiry, person.surname)
    code = {"td1": "ID", "td2": "I", "td3": "P"}[kind]
    optional = _number(rng, 7)[:7] if rng.random() < 0.35 else ""
    return getattr(mrz, kind)(code, state, person.surname, person.given_names, _number(rng, 9), state, person.birth, person.sex, person.expiry, optional)


def _background(rng: np.random.Generator, page: Page) -> None:
    ground = page.background
    if rng.random() < 0.4:
        artwork.gradient(page, colour_of(rng.integers(170, 252, 3)), float(rng.uniform(0, 90)))
    if rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 4))):
            start, thickness = float(rng.uniform(0, page.height)), float(rng.uniform(3, 60))
            artwork.band(page, (0, start, page.width, start + thickness), artwork.mixed(ground, artwork.hue(rng), float(rng.uniform(0.05, 0.25))))
    if rng.random() < 0.25:
        artwork.small_print(page, people.word(rng, 3), float(rng.uniform(5, 14)), artwork.mixed(ground, artwork.hue(rng), float(rng.uniform(0.15, 0.35))))
    for _ in range(int(rng.integers(0, 3))):
        centre = float(rng.uniform(0, page.width)), float(rng.uniform(0, page.height))
        artwork.rosette(page, centre, float(rng.uniform(15, 90)), int(rng.integers(3, 11)), artwork.mixed(ground, artwork.hue(rng), float(rng.uniform(0.1, 0.3))))
    if rng.random() < 0.15:
        centre = float(rng.uniform(0, page.width)), float(rng.uniform(0, page.height))
        artwork.rays(page, centre, int(rng.integers(24, 120)), artwork.mixed(ground, artwork.hue(rng), float(rng.uniform(0.06, 0.2))))
    page.guilloche(rng, int(rng.integers(0, 12)), 34)
    if rng.random() < 0.3:
        centre = float(rng.uniform(20, page.width - 20)), float(rng.uniform(20, page.height - 20))
        artwork.emblem(page, centre, float(rng.uniform(8, 40)), int(rng.integers(4, 9)), artwork.mixed(ground, artwork.hue(rng), float(rng.uniform(0.08, 0.3))))


def _header(rng: np.random.Generator, page: Page, style: _Style) -> None:
    if rng.random() < 0.3:
        artwork.band(page, (0, 0, page.width, float(rng.uniform(14, 24))), artwork.mixed(page.background, artwork.hue(rng), float(rng.uniform(0.2, 0.9))))
    titles = [people.word(rng, int(rng.integers(2, 4))) for _ in range(2)]
    ink = Ink(style.caption.font, float(rng.uniform(8, 14)), colour_of(rng.integers(0, 140, 3)))
    page.caption(float(rng.uniform(6, page.width / 3)), float(rng.uniform(2, 7)), titles[0] if rng.random() < 0.5 else titles[0].title(), ink)
    if rng.random() < 0.5:
        page.caption(float(rng.uniform(page.width * 0.5, page.width * 0.7)), float(rng.uniform(2, 9)), titles[1], _resized(ink, float(rng.uniform(7, 10))))


def _resized(ink: Ink, size: float) -> Ink:
    """The ink at another size."""
    return Ink(ink.font, size, ink.colour, ink.tracking)


def _caption(rng: np.random.Generator, style: _Style, field: str, room: float) -> str:
    if style.captions == "numerals" and field in captions.NUMERALS:
        return captions.NUMERALS[field]
    text = str(rng.choice(captions.CAPTIONS[style.language][field]))
    if not style.second_language or style.beside:
        return text
    both = text + str(rng.choice([" / ", "/", " - "])) + str(rng.choice(captions.CAPTIONS[style.second_language][field]))
    return both if style.caption.width(both) < room else text


def _photograph(rng: np.random.Generator, page: Page, left: float, right: float, bottom: float) -> tuple[float, float, float]:
    """Draws it and returns what is left for the fields: left, right, top."""
    if page.size == PORTRAIT:
        width, top = float(rng.uniform(55, 85)), float(rng.uniform(22, 30))
        start = float(rng.uniform(left, right - width))
        page.portrait(rng, (start, top, start + width, top + width * 1.2))
        return left, right, top + width * 1.2 + 4
    width, top = float(rng.uniform(70, 110)), float(rng.uniform(22, 42))
    start = left if rng.random() < 0.75 else right - width
    page.portrait(rng, (start, top, start + width, max(top + 20, min(bottom - 4, top + width * 1.28))))
    return (left + width + float(rng.uniform(6, 16)), right, 0.0) if start == left else (left, start - 6, 0.0)


def _place_mrz(rng: np.random.Generator, page: Page, text: str, line_pitch: float, least_pitch: float) -> None:
    lines = text.split("\n")
    count, room = len(lines[0]), page.width - 16
    pitch = float(rng.uniform(least_pitch, room / count)) if count > 40 else float(rng.uniform(9, min(11.9, room / count)))
    x = float(rng.uniform(4, max(5, min(24, page.width - 6 - pitch * count))))
    font = fonts.OCR_B if rng.random() < 0.88 else str(rng.choice(_MONO))
    ink = Ink(font, float(rng.uniform(12.4, 15.2)), colour_of(rng.integers(0, 70, 3)))
    draw_mrz(page, text, x, page.height - 6 - len(lines) * line_pitch, line_pitch, pitch, ink)


def random_document(rng: np.random.Generator) -> Document:
    """One page of a layout made for this document alone: shuffled fields in columns, MRZ or none, any artwork."""
    return _laid_out(rng, None)


def zone_document(rng: np.random.Generator, kind: str) -> Document:
    """One page of such a layout, landscape and with a zone of a kind (`typeset.zones`), which is all that is asked of it."""
    document = _laid_out(rng, zones.zone(rng, kind))
    return Document(document.pages, [{"mrz": document.fields[0]["mrz"]}])


def _laid_out(rng: np.random.Generator, zone: str | None) -> Document:
    portrait = zone is None and rng.random() < 0.1
    person, style = people.any_person(rng), _style(rng, portrait)
    page = Page(colour_of(rng.integers(165, 253, 3)), size=PORTRAIT if portrait else LANDSCAPE)
    _background(rng, page)
    _header(rng, page, style)
    mrz_text = zone or (_random_mrz(rng, person) if not portrait and rng.random() < 0.5 else None)
    mrz_lines = mrz_text.count("\n") + 1 if mrz_text else 0
    line_pitch = float(rng.uniform(15.5, 21))
    bottom = page.height - 8 - mrz_lines * line_pitch - (4 if mrz_lines else 0)
    left, right, top = float(rng.uniform(8, 24)), page.width - 8.0, 0.0
    if rng.random() < 0.7:
        left, right, top = _photograph(rng, page, left, right, bottom)
    fields = _place_fields(rng, page, style, _values(rng, person, style), (left, max(top, float(rng.uniform(20, 30))), right, bottom))
    if mrz_text:
        _place_mrz(rng, page, mrz_text, line_pitch, _NARROWEST if zone else _NARROW)
        fields["mrz"] = mrz_text
    return Document([page], [fields])


def _place_fields(rng: np.random.Generator, page: Page, style: _Style, makers: dict[str, Callable[[], str]], box: tuple[float, float, float, float]) -> dict[str, str]:
    left, y, right, bottom = box
    waiting = list(rng.permutation(list(makers)))
    caption_height = style.caption.size + 1 if style.captions != "none" and not style.beside else 0.0
    line_height = max(style.value.size, style.number.size)
    row_height = line_height + caption_height + float(rng.uniform(3, 12))
    underline = artwork.mixed(page.background, (0, 0, 0), float(rng.uniform(0.1, 0.5))) if rng.random() < 0.15 else None
    fields: dict[str, str] = {}
    while waiting and y + caption_height + line_height + 2 < bottom:
        x = left
        while waiting:
            field = str(waiting[-1])
            text, caption = makers[field](), _caption(rng, style, field, right - x) if style.captions != "none" else ""
            ink = style.number if field.endswith("number") and fonts.covers(style.number.font, text) else style.value
            indent = style.caption.width(caption) + 4 if style.beside and caption else 0.0
            if x + indent + ink.width(text) > right:
                if x == left:
                    waiting.pop()
                    continue
                break
            waiting.pop()
            fields[field] = text
            if caption:
                page.caption(x, y + (line_height - style.caption.size if style.beside else 0.0), caption, style.caption)
            end = page.value(x + indent, y + caption_height, text, ink, field)
            if underline:
                page.draw.line([v * 2 for v in (x, y + caption_height + line_height + 1.5, end, y + caption_height + line_height + 1.5)], fill=underline, width=1)
            beside = 0.0 if style.beside else style.caption.width(caption) + 6
            x += max(end - x + float(rng.uniform(10, 30)), float(rng.uniform(50, 120)), beside)
            if x > right - 40:
                break
        y += row_height
    return fields


def base_lesson(rng: np.random.Generator) -> Document:
    """What the base is trained on: random documents, and every eighth a page full of text that holds no field."""
    return Document([text_page(rng)], [{}]) if rng.random() < 0.125 else random_document(rng)
