"""Names as many languages write them, in the letters a document prints: Faker's lists, in capitals.

A combination of two lists is nobody's name in particular. Letters outside the vocabulary lose their
mark, as on documents whose printer lacks them; Cyrillic is transliterated by ICAO Doc 9303 part 3, section 6 B.
"""

import importlib
import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np

from dossier_training import vocabulary

_ICAO_CYRILLIC = {
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ё": "E", "Ж": "ZH", "З": "Z", "И": "I", "І": "I", "Й": "I",
    "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F", "Х": "KH",
    "Ц": "TS", "Ч": "CH", "Ш": "SH", "Щ": "SHCH", "Ъ": "IE", "Ы": "Y", "Ь": "", "Э": "E", "Ю": "IU", "Я": "IA", "Ѳ": "F",
    "Ѵ": "Y", "Ґ": "G", "Ў": "U", "Ѫ": "U", "Ѓ": "G", "Ђ": "D", "Ѕ": "DZ", "Ј": "J", "Ќ": "K", "Љ": "LJ", "Њ": "NJ", "Һ": "C",
    "Џ": "DZ", "Є": "IE", "Ї": "I",
}  # fmt: skip
_OTHER_LETTERS = {"ẞ": "SS", "Œ": "OE", "Đ": "D", "Ħ": "H", "Ŀ": "L", "Ə": "A", "ʻ": "'", "’": "'", "‘": "'", "ʼ": "'", "`": "'"}

# Locale of Faker's lists, and how often it is drawn: what is rich in marks, hyphens and spaces more often.
LOCALES = {
    "cs_CZ": 3, "sk_SK": 3, "pl_PL": 3, "hu_HU": 3, "tr_TR": 3, "fr_FR": 3, "fr_CA": 2, "de_DE": 2, "de_CH": 2, "es_ES": 3,
    "es_CO": 2, "pt_PT": 2, "pt_BR": 2, "it_IT": 2, "is_IS": 3, "sv_SE": 2, "da_DK": 2, "no_NO": 2, "fi_FI": 1, "et_EE": 2,
    "lv_LV": 3, "hr_HR": 2, "ro_RO": 1, "az_AZ": 1, "ga_IE": 2, "en_IE": 1, "nl_NL": 2, "fr_DZ": 1, "en_IN": 1, "en_PK": 1,
    "en_KE": 1, "en_TH": 1, "yo_NG": 1, "tw_GH": 1, "zu_ZA": 1, "id_ID": 1, "vi_VN": 1, "uz_UZ": 1, "ru_RU": 2, "uk_UA": 1,
    "bg_BG": 1, "ja_JP": 1, "zh_TW": 1,
}  # fmt: skip
_SHARES = np.array(list(LOCALES.values())) / sum(LOCALES.values())


@dataclass(frozen=True)
class Names:
    """One language's names as printed."""

    surnames: tuple[str, ...]
    given_names: tuple[str, ...]
    places: tuple[str, ...]


def printed(text: str, locale: str = "") -> str:
    """A name in capitals of the vocabulary; what can't be written is left out."""
    if locale in ("tr_TR", "az_AZ"):
        text = text.replace("i", "İ")
    letters = []
    for letter in text.upper():
        letter = _ICAO_CYRILLIC.get(letter, _OTHER_LETTERS.get(letter, letter))
        for part in letter:
            plain = part if part in vocabulary.CHARACTERS else unicodedata.normalize("NFKD", part)[0]
            letters.append(plain if plain in vocabulary.CHARACTERS else "")
    return " ".join("".join(letters).replace("\n", " ").split()).strip(" -'")


@cache
def names(locale: str) -> Names:
    """The names of one of `LOCALES`."""
    people = importlib.import_module(f"faker.providers.person.{locale}").Provider
    surnames = ("last_romanized_names", "last_names", "unisex_last_names", "last_names_without_suffix")
    given_names = ("first_romanized_names", "first_names", "first_names_male")
    try:
        places = _list(importlib.import_module(f"faker.providers.address.{locale}").Provider, ("cities", "city_names", "real_city_names", "municipalities"), locale)
    except ModuleNotFoundError:
        places = ()
    return Names(_list(people, surnames, locale), _list(people, given_names, locale), places)


def _list(provider: type, attributes: tuple[str, ...], locale: str) -> tuple[str, ...]:
    for attribute in attributes:
        found = getattr(provider, attribute, ())
        # Municipalities come as (code, name).
        texts = (printed(entry[-1] if isinstance(entry, tuple) else entry, locale) for entry in found)
        # Faker makes some of its lists of sets: in another order each time.
        kept = tuple(sorted({text for text in texts if 2 <= len(text) <= 24 and all(c.isalpha() or c in " -'" for c in text)}))
        # A language without the list inherits one of a single name.
        if len(kept) >= 5:
            return kept
    return ()


def locale(rng: np.random.Generator) -> str:
    """One of `LOCALES` at random."""
    return str(rng.choice(list(LOCALES), p=_SHARES))


def _one(rng: np.random.Generator, texts: tuple[str, ...]) -> str:
    return texts[int(rng.integers(len(texts)))]


def surname(rng: np.random.Generator, locale: str, longest: int) -> str:
    """A surname; sometimes two, with a hyphen or a space."""
    texts = names(locale).surnames
    first = _one(rng, texts)
    if rng.random() < 0.2:
        both = first + str(rng.choice(["-", " "])) + _one(rng, texts)
        return both if len(both) <= longest else first[:longest].strip(" -'")
    return first[:longest].strip(" -'")


def given_names(rng: np.random.Generator, locale: str, longest: int) -> str:
    """One to three given names, with spaces or a hyphen."""
    texts = names(locale).given_names
    text = _one(rng, texts)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.38, 0.12]))):
        longer = text + ("-" if rng.random() < 0.25 else " ") + _one(rng, texts)
        if len(longer) > longest:
            break
        text = longer
    return text[:longest].strip(" -'")


def place(rng: np.random.Generator, locale: str, longest: int) -> str | None:
    """A town where the language's list has any."""
    texts = names(locale).places
    return _one(rng, texts)[:longest].strip(" -'") if texts else None
