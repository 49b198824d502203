"""The declared document types: everything printed fits, is in the vocabulary, carries right check characters, and stands where it is said to."""

import functools
import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dossier_training import dates, fonts, manifest, mrz, numbers, vocabulary
from dossier_training.document_types import DECLARED, DOCUMENT_TYPES, STATES, ZONE_TYPES, declared
from dossier_training.document_types.declarations import DECLARATIONS, BadDeclaration
from dossier_training.document_types.declared import load_state
from dossier_training.document_types.drawing import _letters_and_digits
from dossier_training.factory import artifact
from dossier_training.page import HEIGHT, LEVELS, WIDTH, Capture


def test_there_are_enough_states_and_kinds():
    states = {name.split("/")[0] for name in DOCUMENT_TYPES}
    kinds = [kind for _, kind in DECLARED.values()]
    assert len(DOCUMENT_TYPES) >= 24 and len(states) >= 8
    assert any(kind.portrait for kind in kinds) and any(kind.back for kind in kinds) and any(kind.mrz is None for kind in kinds)
    assert {kind.mrz for kind in kinds} == {None, "td1", "td2", "td3", "licence"}
    assert {state.calendar for state in STATES.values()} == {"gregorian", "buddhist", "solar-hijri"}
    versions = {name.rsplit("/", 1)[0] for name in DECLARED}
    assert len(DECLARED) - len(versions) >= 4, "versions of the same document"


@pytest.mark.parametrize("name", DOCUMENT_TYPES)
def test_values_fit_their_pages_and_the_vocabulary(name):
    rng = np.random.default_rng(3)
    for seed in range(6):
        document = DOCUMENT_TYPES[name](rng)
        assert len(document.pages) == len(document.fields) == (len(DECLARED[name][1].sides) if name in DECLARED else len(document.pages))
        for number, (page, values) in enumerate(zip(document.pages, document.fields, strict=True)):
            assert values or page.barcodes
            drawn = {(g.field, g.index): g for g in page.glyphs}
            for field, text in values.items():
                assert field in vocabulary.FIELD_NAMES
                vocabulary.PRESENT.text_ids(text)
                for index, character in enumerate(text):
                    if character != "\n":
                        glyph = drawn.pop((field, index))
                        assert glyph.character == character
                        assert 4 <= glyph.x <= page.width - 4 and 6 <= glyph.y <= page.height - 6, (field, text)
            assert not drawn, "nothing drawn that no value has"
            for level in LEVELS:
                _, glyphs = Capture.draw(rng, level).apply(page, rng)
                assert all(5 <= g.x <= WIDTH - 5 and 5 <= g.y <= HEIGHT - 5 for g in glyphs), (level, number, seed)


@pytest.mark.parametrize("name", DOCUMENT_TYPES)
def test_no_two_values_overlap(name):
    rng = np.random.default_rng(4)
    for _ in range(4):
        for page in DOCUMENT_TYPES[name](rng).pages:
            places = np.array([(g.x, g.y) for g in page.glyphs]).reshape(-1, 2)
            apart = np.abs(places[:, None] - places[None])
            near = (apart[..., 0] < 1.5) & (apart[..., 1] < 8)
            assert near.sum() == len(places)


@pytest.mark.parametrize("name", [name for name, (_, kind) in DECLARED.items() if kind.mrz])
def test_zones_agree_with_what_is_printed(name):
    state, kind = DECLARED[name]
    rng = np.random.default_rng(5)
    for _ in range(8):
        values = {field: text for page in DOCUMENT_TYPES[name](rng).fields for field, text in page.items()}
        lines = values["mrz"].split("\n")
        assert [len(line) for line in lines] == {"td1": [30] * 3, "td2": [36] * 2, "td3": [44] * 2, "licence": [30]}[kind.mrz]
        assert all(re.fullmatch("[A-Z0-9<]+", line) for line in lines)
        for part, digit in mrz.checked_parts(values["mrz"]):
            assert mrz.check_digit(part) == digit
        number = _letters_and_digits(values["document_number"]) if "document_number" in values else None
        assert number is None or number[:9] in values["mrz"]
        assert mrz.transliterate(values["surname"])[:8] in values["mrz"]
        assert state.code in lines[0]


@pytest.mark.parametrize("name", DECLARED)
def test_numbers_carry_their_check_characters(name):
    state, kind = DECLARED[name]
    rng = np.random.default_rng(6)
    for _ in range(5):
        values = {field: text for page in DOCUMENT_TYPES[name](rng).fields for field, text in page.items()}
        for field, form in (("document_number", kind.document_number or state.document_number), ("personal_number", state.personal_number)):
            if field in values and form.check:
                text = values[field]
                assert numbers.CHECKS[form.check](text[:-1]) == text[-1]


def test_published_check_characters():
    # Each with a number published beside its method: a card number, an article number, an identity number, a personal code.
    assert numbers.CHECKS["luhn"]("7992739871") == "3"
    assert numbers.CHECKS["ean"]("400638133393") == "1"
    assert numbers.CHECKS["letter-23"]("12345678") == "Z"
    assert numbers.CHECKS["letter-31"]("131052-308") == "T"
    assert numbers.CHECKS["icao"]("L898902C3") == "6"
    body = "123456789"
    digit = int(numbers.CHECKS["weighted-11"](body))
    assert digit == 0 or (digit + sum(int(c) * weight for weight, c in enumerate(reversed(body), 2))) % 11 == 0


def test_a_birthday_in_a_number_is_the_birthday():
    rng = np.random.default_rng(1)
    assert numbers.fill(rng, "{DDMMYY}-999#", "letter-31", date(1999, 9, 29)).startswith("290999-")


def test_ink_of_every_type_stands_where_its_glyphs_say():
    rng = np.random.default_rng(8)
    for name in DOCUMENT_TYPES:
        page = DOCUMENT_TYPES[name](rng).pages[0]
        capture = Capture(degrees=4.0, zoom=0.97, corners=((3, -2), (-4, 3), (2, 4), (-3, -3)))
        blank = type(page)(page.background, glyphs=page.glyphs, size=page.size)
        image, glyphs = capture.apply(page, rng)
        plain, _ = capture.apply(blank, rng)
        scale, left = page.size[1] * 2 / HEIGHT, (WIDTH - round(page.size[0])) // 2
        changed = np.abs(np.asarray(image, dtype=int) - np.asarray(plain, dtype=int)).max(axis=2)
        inked = []
        for glyph in glyphs:
            if glyph.character not in " <'-.":
                x, y = round((glyph.x - left) * scale), round(glyph.y * scale)
                inked.append(changed[max(0, y - 7) : y + 8, max(0, x - 5) : x + 6].max())
        assert np.quantile(inked, 0.05) > 90, name


def test_bad_declarations_are_named(tmp_path):
    folder = Path(declared.__file__).parent
    declaration, layout = ((folder / kind / "anatolis.toml").read_text() for kind in ("declarations", "states"))
    for declared_change, drawn_change, message in [
        (("date_form", "date_from"), None, "unknown key date_from"),
        (('check = "luhn"', 'check = "moon"'), None, "check is moon"),
        (('zone = "td1"', 'zone = "td4"'), None, "zone is td4"),
        (('code = "QAN"\n', ""), None, "code is missing"),
        (('"surname"', '"surnam"'), None, "not those of the rules' pages"),
        (('"id-card/2016"', '"id-card/2017"'), None, "not those that the rules declare"),
        (None, ("surname = [120, 52]", "surnam = [120, 52]"), "not those of the rules' pages"),
        (None, ("languages", 'code = "QAN"\nlanguages'), "code is the rules' to declare"),
        (None, ("mrz_code", 'mrz = "td1"\nmrz_code'), "mrz is the rules' to declare"),
        (None, ("languages", 'language = "tr"\nlanguages'), "unknown key language"),
    ]:
        rules, drawn = tmp_path / "rules.toml", tmp_path / "layout.toml"
        for file, text, change in ((rules, declaration, declared_change), (drawn, layout, drawn_change)):
            assert change is None or change[0] in text, change
            file.write_text(text.replace(*change, 1) if change else text)
        with pytest.raises(BadDeclaration, match=message):
            load_state(drawn, rules)


def test_rules_may_declare_what_nobody_draws(tmp_path):
    folder = Path(declared.__file__).parent
    rules = tmp_path / "rules.toml"
    rules.write_text((folder / "declarations/hokuto.toml").read_text() + '\n[documents."work-permit/2026"]\npages = [["surname"]]\n')
    drawn = load_state(folder / "states/hokuto.toml", rules)
    assert set(drawn.documents) == set(DECLARATIONS["hokuto"].documents)


def test_every_shipped_document_is_drawn():
    assert {f"{state}/{name}" for state, declaration in DECLARATIONS.items() for name in declaration.documents} == set(DOCUMENT_TYPES)


def test_value_fonts_have_every_letter():
    for state, kind in DECLARED.values():
        assert fonts.covers(kind.value_font or state.value_font, vocabulary.ACCENTED)


_PLUGINS = Path(__file__).parents[3] / "plugins"


def test_declarations_are_the_files_that_the_rules_are_built_from():
    links = Path(declared.__file__).parent / "declarations"
    files = {file.parent.name: file for file in _PLUGINS.glob("*/document-types.toml")}
    assert set(files) == set(DECLARATIONS) and len(files) >= 11
    assert all((links / f"{state}.toml").samefile(file) for state, file in files.items())
    assert {f"{state}/{name}" for state, declaration in DECLARATIONS.items() for name in declaration.documents} == set(DOCUMENT_TYPES)


@pytest.mark.parametrize("name", DOCUMENT_TYPES)
def test_what_is_drawn_is_what_is_declared_and_what_the_rules_ask_for(name):
    state, document = name.split("/", 1)
    declaration = DECLARATIONS[state]
    pages = declaration.documents[document].pages
    drawn = DOCUMENT_TYPES[name](np.random.default_rng(9))
    assert [sorted(fields) for fields in drawn.fields] == [sorted(page) for page in pages]
    # What `dossier plugin test` holds the component to.
    fixture = json.loads((_PLUGINS / state / "package" / "fixtures" / f"{document.replace('/', '-')}-genuine.json").read_text())
    asked = [(field["name"], field["page"]) for field in fixture["requests"]["expected"]]
    assert asked == [(field, page) for page, fields in enumerate(pages) for field in fields]
    values = {field: text for fields in drawn.fields for field, text in fields.items()}
    number = _pattern(declaration.document_number_of(document).shape)
    assert "document_number" not in values or re.fullmatch(number, values["document_number"])
    assert "sex" not in values or values["sex"] in declaration.sexes.values()
    days = _days(declaration.date_form_of(document), declaration.calendar, declaration.months)
    assert {values["date_of_birth"], values["date_of_expiry"]} <= days


def _pattern(shape: str) -> str:
    return "".join({"A": "[A-Z]", "9": "[0-9]", "X": "[A-Z0-9]", "#": "[A-Z0-9]"}.get(c, re.escape(c)) for c in shape)


@functools.cache
def _days(form: str, calendar: str, months: str) -> frozenset[str]:
    """Every day that a document may name, as it writes them."""
    days = range(date(1900, 1, 1).toordinal(), date(2060, 1, 1).toordinal())
    return frozenset(dates.date_text(date.fromordinal(day), form, calendar, months) for day in days)


def test_a_manifest_says_what_the_host_wants():
    assert manifest.manifest("norvaria/id-card/2021", "dossier-small") == {
        "document_type": "norvaria/id-card/2021",
        "title": "Identity card of Norvaria (2021), front and back",
        "pages": 2,
        "base": "dossier-small",
        "rules": "norvaria",
        "zone": "td1",
    }
    assert "zone" not in manifest.manifest("norvaria/driving-licence/2019", "dossier-small")


@pytest.mark.parametrize("name", ZONE_TYPES)
def test_a_document_of_any_issuer_is_a_zone_of_its_format(name):
    told = manifest.manifest(name, "dossier-small")
    assert told["any_issuer"] and told["fields"] == ["mrz"] and told["rules"] == "icao"
    lines = {"td1": (3, 30), "td2": (2, 36), "td3": (2, 44), "mrv-a": (2, 44), "mrv-b": (2, 36)}[told["zone"]]
    for seed in range(4):
        document = ZONE_TYPES[name](np.random.default_rng(seed))
        (fields,) = document.fields
        zone = fields["mrz"].split("\n")
        assert fields.keys() == {"mrz"} and {(len(zone), len(line)) for line in zone} == {lines}
        assert zone[0].startswith("V") or not name.startswith("icao/mrv")
        places = [(glyph.x, glyph.y) for glyph in document.pages[0].glyphs if glyph.field == "mrz"]
        assert len(places) == lines[0] * lines[1] and all(0 < x < 384 and 0 < y < 256 for x, y in places)


def test_a_training_keeps_what_a_manifest_says_beside_it(tmp_path):
    (tmp_path / artifact.MANIFEST).write_text('{"title": "T", "version": "1.2.0", "zone": "td3", "settings": {"days_after_expiry": 3}}')
    told = artifact.manifest_of("norvaria/passport/2024", Path("base"), tmp_path)
    assert (told["version"], told["settings"], told["zone"], told["title"]) == ("1.2.0", {"days_after_expiry": 3}, "td3", "T")
