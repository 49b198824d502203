"""The generator: zones are right by ICAO Doc 9303, characters stand where it says, seeds decide everything."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dossier_training import dates, fonts, mrz, names, people, vocabulary
from dossier_training.document_types import DOCUMENT_TYPES
from dossier_training.documents import random_document
from dossier_training.page import HEIGHT, LANDSCAPE, LEVELS, PORTRAIT, WIDTH, Capture, Glyph, Page, model_pixels

PACKAGE = Path(__file__).parents[1]
EVERY_DOCUMENT = {"random": random_document, **DOCUMENT_TYPES}


def test_check_digits_of_icao_part_3_appendix_a():
    assert mrz.check_digit("520727") == "3"
    assert mrz.check_digit("AB2134<<<") == "5"


def test_td3_of_icao_part_4():
    birth, expiry = date(1974, 8, 12), date(2012, 4, 15)
    zone = mrz.td3("P", "UTO", "ERIKSSON", "ANNA MARIA", "L898902C3", "UTO", birth, "F", expiry, "ZE184226B")
    assert zone == "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def test_td1_and_td2_of_icao_parts_5_and_6():
    birth, expiry = date(1974, 8, 12), date(2012, 4, 15)
    arguments = ("I", "UTO", "ERIKSSON", "ANNA MARIA", "D23145890", "UTO", birth, "F", expiry)
    assert mrz.td2(*arguments).split("\n")[1] == "D231458907UTO7408122F1204159<<<<<<<6"
    assert mrz.td1(*arguments).split("\n") == ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]


def test_a_long_number_overflows_with_its_check_digit():
    zone = mrz.td1("I", "UTO", "A", "B", "D23145890734", "UTO", date(1934, 7, 12), "M", date(1995, 7, 12))
    assert zone.startswith("I<UTOD23145890<7349<<<<<<<<<<<")


def test_names_transliterate_hyphenate_and_truncate():
    assert mrz.transliterate("D'ÖRST-MÜLLER") == "DOERST<MUELLER"
    assert mrz.name_field("A" * 50, "B", 39) == "A" * 39


@pytest.mark.parametrize("name", EVERY_DOCUMENT)
def test_every_character_of_every_value_stands_on_the_page(name):
    rng = np.random.default_rng(7)
    for _ in range(15):
        document = EVERY_DOCUMENT[name](rng)
        for page, fields in zip(document.pages, document.fields, strict=True):
            drawn = {(g.field, g.index): g for g in page.glyphs}
            for field, text in fields.items():
                assert 0 < len(text) <= (92 if field == "mrz" else 30)
                vocabulary.PRESENT.text_ids(text)
                for index, character in enumerate(text):
                    if character == "\n":
                        continue
                    glyph = drawn[field, index]
                    assert glyph.character == character
                    assert 0 <= glyph.x <= WIDTH and 0 <= glyph.y <= HEIGHT, (field, text)


def test_ink_stands_where_the_glyph_says():
    rng = np.random.default_rng(11)
    document = DOCUMENT_TYPES["utopia/passport/2024"](rng)
    image, glyphs = Capture(degrees=1.2, zoom=0.98, shift=(2, -2)).apply(document.pages[0], rng)
    pixels = np.asarray(image.convert("L"), dtype=np.float32)
    dark = []
    for glyph in glyphs:
        if glyph.character not in " <'-.":
            x, y = round(glyph.x * 2), round(glyph.y * 2)
            dark.append(pixels[max(0, y - 8) : y + 8, max(0, x - 6) : x + 6].min())
    assert len(dark) > 80 and np.quantile(dark, 0.95) < 110


def test_a_seed_decides_everything():
    def make():
        rng = np.random.default_rng(5)
        return model_pixels(Capture.draw(rng).apply(random_document(rng).pages[0], rng)[0])

    assert np.array_equal(make(), make())


def test_another_process_draws_from_the_same_lists():
    program = "from dossier_training import names; print([names.names(locale) for locale in names.LOCALES])"
    lists = [
        subprocess.run([sys.executable, "-c", program], cwd=PACKAGE, env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True).stdout
        for seed in ("1", "2")
    ]
    assert lists[0] == lists[1] and len(lists[0]) > 100_000


@pytest.mark.parametrize("form", people.DATE_FORMS)
def test_dates_are_written_in_their_form(form):
    text = people.date_text(date(1985, 3, 9), form)
    assert "1985" in text and "09" in text


def test_calendars_count_the_years():
    assert dates.solar_hijri(date(2024, 3, 20)) == (1403, 1, 1)
    assert dates.solar_hijri(date(1979, 2, 11)) == (1357, 11, 22)
    assert dates.solar_hijri(date(2025, 3, 20)) == (1403, 12, 30)
    assert dates.date_text(date(1985, 3, 9), "D/M/Y", "buddhist") == "09/03/2528"
    assert dates.date_text(date(1985, 3, 9), "D-MON-Y", language="tr") == "09-MAR-1985"
    with pytest.raises(ValueError, match="lunar"):
        dates.date_text(date(1985, 3, 9), "D/M/Y", "lunar")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_marks_are_found_where_the_capture_says(level, size):
    for seed in range(12):
        rng = np.random.default_rng(seed)
        page = Page((235, 235, 235), size=size)
        marks = rng.uniform((12, 12), np.array(size) - 12, (5, 2))
        for x, y in marks:
            page.draw.ellipse([2 * x - 9, 2 * y - 9, 2 * x + 9, 2 * y + 9], fill=(0, 0, 0))
            page.glyphs.append(Glyph(float(x), float(y), "A", "surname", 0))
        capture = Capture.draw(rng, level)
        image, glyphs = capture.apply(page, rng)
        seen = model_pixels(image)[..., 1].astype(float)
        for glyph in glyphs:
            assert 5 <= glyph.x <= WIDTH - 5 and 5 <= glyph.y <= HEIGHT - 5
            row, column = round(glyph.y - 0.5), round(glyph.x - 0.5)
            around = seen[max(0, row - 11) : row + 12, max(0, column - 11) : column + 12]
            assert seen[row, column] < 0.75 * np.quantile(around, 0.9), (seed, glyph)


def test_no_character_leaves_the_image():
    rng = np.random.default_rng(2)
    for number in range(30):
        page = random_document(rng).pages[0]
        _, glyphs = Capture.draw(rng, LEVELS[number % 3]).apply(page, rng)
        assert all(5 <= g.x <= WIDTH - 5 and 5 <= g.y <= HEIGHT - 5 for g in glyphs)


def test_names_of_every_language_are_printed_in_the_vocabulary():
    for locale in names.LOCALES:
        found = names.names(locale)
        assert len(found.surnames) >= 5 and len(found.given_names) >= 5, locale
        for text in found.surnames + found.given_names + found.places:
            vocabulary.PRESENT.text_ids(text)
            assert set(mrz.transliterate(text)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ<"), text
    assert names.printed("Щукин") == "SHCHUKIN" and names.printed("işık", "tr_TR") == "İŞIK"


def test_a_font_says_what_it_lacks():
    assert fonts.covers(fonts.OCR_B, "AZ09<ÄÖ-") and not fonts.covers(fonts.OCR_B, "Ñ")
    for file_name in fonts.MORE_TEXT_FONTS:
        assert fonts.covers(file_name, vocabulary.CHARACTERS.replace("\n", "")), file_name
