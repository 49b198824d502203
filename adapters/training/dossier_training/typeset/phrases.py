"""What documents say, in mixed case and every script of the letters: names, places, addresses, authorities, numbers, dates.

Faker's lists give words of real languages; invented ones and rare letters keep a base from guessing by the word.
"""

import importlib
from functools import cache

import numpy as np

from dossier_training import dates, numbers
from dossier_training.typeset import letters

# Locale of Faker's lists, script, and how often it is drawn.
_LATIN = {
    "cs_CZ": 3, "sk_SK": 3, "pl_PL": 3, "hu_HU": 3, "tr_TR": 3, "fr_FR": 4, "fr_CA": 1, "de_DE": 3, "de_CH": 1, "es_ES": 3, "es_CO": 1,
    "pt_PT": 2, "pt_BR": 2, "it_IT": 3, "is_IS": 2, "sv_SE": 2, "da_DK": 2, "no_NO": 2, "fi_FI": 2, "et_EE": 2, "lv_LV": 2, "lt_LT": 2,
    "hr_HR": 2, "sl_SI": 2, "ro_RO": 3, "az_AZ": 2, "ga_IE": 1, "en_GB": 3, "en_US": 3, "en_IN": 1, "nl_NL": 3, "vi_VN": 3, "id_ID": 1,
    "yo_NG": 1, "zu_ZA": 1, "tw_GH": 1,
}  # fmt: skip
_GREEK = {"el_GR": 1}
_CYRILLIC = {"ru_RU": 3, "uk_UA": 2, "bg_BG": 2}
SCRIPTS = {"latin": _LATIN, "greek": _GREEK, "cyrillic": _CYRILLIC}
SCRIPT_SHARES = (0.84, 0.06, 0.1)

_PERSON_LISTS = ("first_names", "first_names_male", "first_names_female", "last_names", "last_names_male", "last_names_female")
_ADDRESS_LISTS = ("cities", "city_names", "states", "countries", "streets", "street_names", "regions", "provinces", "departments", "oblasts", "counties", "municipalities")
_SMALL = ("von", "van der", "de", "de la", "dos", "da", "del", "di", "el", "al-", "bin", "of", "y", "och")
_STREETS = ("Street", "Road", "Rue de", "Avenue", "Straße", "str.", "Via", "Calle", "ul.", "Rua", "laan", "gatan", "vej", "utca", "Cad.", "Str.", "bulvar", "Place", "Sq.", "Ave.")
_OFFICES = (
    "Ministry of the Interior", "Passport Office", "City of", "Préfecture de", "Landratsamt", "Stadt", "Comune di", "Ayuntamiento de", "Gemeente",
    "Bürgermeister", "Police", "Ministerio del Interior", "Urząd Miasta", "Magistrát", "Policajný zbor", "HM Passport Office", "Department of State",
    "Direcção-Geral", "Ministère de l'Intérieur", "Bezirkshauptmannschaft", "Statens Vegvesen", "Rijksdienst", "Nüfus Müdürlüğü", "Commune de",
)
_CYRILLIC_OFFICES = ("МВД", "УФМС России по", "ГУ МВД России", "ДМС", "МВР", "Отдел внутренних дел", "Міністерство", "Общински съвет")
_GREEK_OFFICES = ("Α.Ε.Α./Δ.Δ.", "Αστυνομικό Τμήμα", "Υπουργείο Εσωτερικών", "Δήμος")
_NARROW = "iIl1|tfjrLTJ7.,:;'!-()/\\"
_DIGITS, _CAPITALS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PUNCTUATION = ".,:;-/()'&+#°º№%*=\"!?<>@_"


def _draw(rng: np.random.Generator, pool: str | tuple[str, ...]) -> str:
    return pool[int(rng.integers(len(pool)))]


@cache
def _words(locale: str, lists: tuple[str, ...], provider: str) -> tuple[str, ...]:
    try:
        source = importlib.import_module(f"faker.providers.{provider}.{locale}").Provider
    except ModuleNotFoundError:
        return ()
    found: set[str] = set()
    for attribute in lists:
        for entry in getattr(source, attribute, ()):
            text = letters.written(str(entry[-1] if isinstance(entry, tuple) else entry))
            if 2 <= len(text) <= 28:
                found.add(text)
    return tuple(sorted(found))


def _locale(rng: np.random.Generator, script: str) -> str:
    shares = SCRIPTS[script]
    total = sum(shares.values())
    return str(rng.choice(list(shares), p=[share / total for share in shares.values()]))


def script(rng: np.random.Generator) -> str:
    """`latin`, `greek` or `cyrillic`."""
    return str(rng.choice(list(SCRIPTS), p=SCRIPT_SHARES))


def alphabet(script: str) -> tuple[str, ...]:
    """The letters of a script beyond those of English."""
    return {"latin": letters.LATIN, "greek": letters.GREEK, "cyrillic": letters.CYRILLIC}[script]


def invented(rng: np.random.Generator, script: str, longest: int = 12) -> str:
    """A word of random letters, small behind the first, some of them rare."""
    length = int(rng.integers(2, longest + 1))
    if script == "latin":
        plain = "aeiounrstlmdkpgbvchfzjwyxq"
        drawn = [_draw(rng, alphabet(script)).lower() if rng.random() < 0.18 else plain[min(int(rng.exponential(7)), 25)] for _ in range(length)]
    else:
        drawn = [_draw(rng, alphabet(script)).lower() for _ in range(length)]
    word = "".join(c for c in drawn if c in letters.VOCABULARY.ids)
    # The capital of some small letters is two characters, of which one may be missing here.
    return letters.written(word[:1].upper() + word[1:]) or "Ab"


def cased(rng: np.random.Generator, text: str, capitals: float = 0.4) -> str:
    """The text as a document's printer may set it: as it is, all capitals, or all small."""
    drawn = rng.random()
    if drawn < capitals:
        return letters.written(text.replace("ß", "ẞ" if rng.random() < 0.2 else "SS").upper())
    return letters.written(text.lower()) if drawn > 0.97 else text


def name(rng: np.random.Generator, script: str, longest: int = 24) -> str:
    """One to three names, joined as names are."""
    words = _words(_locale(rng, script), _PERSON_LISTS, "person")
    one = lambda: _draw(rng, words) if words and rng.random() < 0.8 else invented(rng, script)  # noqa: E731
    text = one()
    for _ in range(int(rng.choice([0, 1, 2], p=[0.5, 0.38, 0.12]))):
        join = str(rng.choice([" ", " ", " ", "-", ", "]))
        more = one()
        if script == "latin" and rng.random() < 0.08:
            more = f"{_draw(rng, _SMALL)} {more}".replace("- ", "-")
        if len(text) + len(join) + len(more) > longest:
            break
        text += join + more
    if script == "latin" and rng.random() < 0.04:
        text = str(rng.choice(["O'", "D'", "d'", "Mc", "O’"])) + text
    return text[:longest].strip(" -,'")


def place(rng: np.random.Generator, script: str, longest: int = 28) -> str:
    """A town, sometimes with what follows it."""
    words = _words(_locale(rng, script), _ADDRESS_LISTS, "address")
    text = _draw(rng, words) if words and rng.random() < 0.75 else name(rng, script, 18)
    drawn = rng.random()
    if drawn < 0.1:
        text += " (" + "".join(_draw(rng, _CAPITALS) for _ in range(int(rng.integers(2, 4)))) + ")"
    elif drawn < 0.2:
        text += ", " + (_draw(rng, words) if words else invented(rng, script))
    return text[:longest].strip(" -,(")


def address(rng: np.random.Generator, script: str, longest: int = 40) -> str:
    """A street and its number, a town and its code; one line or two."""
    street = f"{_draw(rng, _STREETS)} {name(rng, script, 16)}" if script == "latin" and rng.random() < 0.6 else f"{name(rng, script, 16)}"
    number = f"{int(rng.integers(1, 400))}" + (str(rng.choice(["a", "B", "/3", "-5", " bis", "/12"])) if rng.random() < 0.25 else "")
    first = f"{number} {street}" if rng.random() < 0.4 else f"{street} {number}"
    if rng.random() < 0.4:
        return first[:longest].strip()
    code = str(rng.choice(["{:05d}", "{:04d}", "{:05d}", "{:06d}"])).format(int(rng.integers(1000, 99999)))
    second = f"{code} {place(rng, script, 18)}" if rng.random() < 0.7 else place(rng, script, 18)
    join = "\n" if rng.random() < 0.45 else ", "
    return (first[:28] + join + second)[: longest + 8].strip(" ,\n")


def authority(rng: np.random.Generator, script: str, longest: int = 32) -> str:
    """Who issued it."""
    offices = {"latin": _OFFICES, "greek": _GREEK_OFFICES, "cyrillic": _CYRILLIC_OFFICES}[script]
    drawn = rng.random()
    if drawn < 0.5:
        text = f"{_draw(rng, offices)} {place(rng, script, 16)}"
    elif drawn < 0.75:
        text = place(rng, script, 24)
    else:
        text = "".join(_draw(rng, _CAPITALS) for _ in range(int(rng.integers(2, 5)))) + (f" {int(rng.integers(1, 9999)):04d}" if rng.random() < 0.6 else "")
    return text[:longest].strip(" -,(")


def number(rng: np.random.Generator, least: int = 4, most: int = 14) -> str:
    """A number of any shape."""
    return numbers.fill(rng, numbers.random_shape(rng, least, most))


def date(rng: np.random.Generator, day, form: str | None = None, language: str = "en") -> str:
    """A date in any form; names of months in capitals, with a capital, or small."""
    text = dates.date_text(day, form or str(rng.choice(dates.DATE_FORMS)), "gregorian", language)
    # Small letters of a capital with a dot are two characters in Unicode.
    return letters.written(text if rng.random() < 0.5 else text.title() if rng.random() < 0.6 else text.lower())


def noise(rng: np.random.Generator, script: str) -> str:
    """Characters without any word: what must be read letter by letter."""
    pool = alphabet(script)
    sources = (_DIGITS, _CAPITALS, _CAPITALS.lower(), pool, _PUNCTUATION, _NARROW)
    shares = rng.dirichlet([1.0, 0.8, 1.0, 0.9, 0.25, 0.4])
    drawn = [_draw(rng, sources[int(rng.choice(len(sources), p=shares))]) for _ in range(int(rng.integers(2, 12)))]
    # Twins of two scripts alone can't be told apart, so a string without words keeps to one script.
    return letters.written("".join(drawn)) or "0"


def zone_like(rng: np.random.Generator, length: int) -> str:
    """A line like those of machine-readable zones."""
    text = ""
    while len(text) < length:
        drawn = rng.random()
        if drawn < 0.4:
            text += "".join(_draw(rng, _CAPITALS) for _ in range(int(rng.integers(1, 11))))
        elif drawn < 0.7:
            text += "".join(_draw(rng, _DIGITS) for _ in range(int(rng.integers(1, 10))))
        else:
            text += "<" * int(rng.choice([1, 1, 2, 3, 6, 12]))
    return text[:length]


def any_text(rng: np.random.Generator, script: str) -> str:
    """Something that stands on documents, on one line."""
    kind = rng.random()
    if kind < 0.2:
        return noise(rng, script)
    if kind < 0.32:
        return number(rng)
    if kind < 0.4:
        day = np.datetime64("1930-01-01") + np.timedelta64(int(rng.integers(0, 40000)), "D")
        return date(rng, day.item(), language=str(rng.choice(list(dates.MONTH_NAMES))))
    if kind < 0.62:
        return cased(rng, name(rng, script))
    if kind < 0.76:
        return cased(rng, place(rng, script))
    if kind < 0.9:
        return cased(rng, address(rng, script).replace("\n", " "), 0.25)
    return cased(rng, authority(rng, script), 0.3)
