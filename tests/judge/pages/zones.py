"""Machine-readable zones by ICAO Doc 9303 (parts 3, 4 and 5), written for the judge alone."""

import unicodedata
from dataclasses import dataclass
from datetime import date

# Part 3, section 6: what a letter becomes where it is not its base letter; then Greek as ISO 843 writes it.
_LATIN = {"Å": "AA", "Ä": "AE", "Æ": "AE", "Ö": "OE", "Ø": "OE", "Œ": "OE", "Ü": "UE", "ß": "SS", "ẞ": "SS", "Þ": "TH", "Ð": "D", "Đ": "D", "Ħ": "H", "İ": "I", "Ł": "L", "Ŋ": "N", "Ŧ": "T"}
_CYRILLIC = dict(
    zip(
        "А Б В Г Ґ Д Ђ Ѓ Е Ё Є Ж З И І Ї Й Ј К Л Љ М Н Њ О П Р С Т Ћ Ќ У Ў Ф Х Ц Ч Џ Ш Щ Ъ Ы Ь Э Ю Я".split(),
        "A B V G G D D G E E IE ZH Z I I I I J K L LJ M N NJ O P R S T C K U U F KH TS CH DZ SH SHCH IE Y - E IU IA".split(),
        strict=True,
    )
) | {"Ь": ""}
_GREEK = dict(zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O".split(), strict=True))
_WEIGHTS = (7, 3, 1)


def check_digit(text: str) -> str:
    """Part 3, section 4.9: the sum of each value by 7, 3, 1, 7, ... modulo 10."""
    total = 0
    for place, character in enumerate(text):
        if character == "<":
            value = 0
        elif character.isdigit():
            value = int(character)
        else:
            value = ord(character) - ord("A") + 10
        total += value * _WEIGHTS[place % 3]
    return str(total % 10)


def letters(text: str) -> str:
    """A name with letters A to Z only, `<` where it has a space or a hyphen."""
    text = text.upper().replace("ΟΥ", "OU").replace("ΟΎ", "OU").replace("ΓΓ", "NG")
    written = []
    for character in unicodedata.normalize("NFC", text):
        base = unicodedata.normalize("NFD", character)[0]
        for table in (_LATIN, _CYRILLIC, _GREEK):
            if character in table or base in table:
                written.append(table.get(character, table.get(base, "")))
                break
        else:
            if "A" <= base <= "Z":
                written.append(base)
            elif character in " -":
                written.append("<")
            elif character not in "’'.":
                raise ValueError(f"no transliteration for U+{ord(character):04X}")
    return "".join(written)


def _name(surname: str, given: str, length: int) -> str:
    return f"{letters(surname)}<<{letters(given)}"[:length].ljust(length, "<")


@dataclass(frozen=True)
class Entry:
    """What a zone tells. `empty_optional_digit` is what a state prints as check digit of an empty optional field: `0` or `<`."""

    code: str
    state: str
    nationality: str
    number: str
    surname: str
    given_names: str
    born: date
    sex: str
    expires: date
    optional: str = ""
    empty_optional_digit: str = "<"


def _short(day: date) -> str:
    return day.strftime("%y%m%d")


def td3(entry: Entry) -> list[str]:
    """Two lines of 44: part 4, section 4.2.2."""
    first = entry.code.ljust(2, "<") + entry.state + _name(entry.surname, entry.given_names, 39)
    number, optional = entry.number.ljust(9, "<"), entry.optional.ljust(14, "<")
    born, expires = _short(entry.born), _short(entry.expires)
    optional_digit = check_digit(optional) if entry.optional else entry.empty_optional_digit
    number_part, born_part, expires_part = number + check_digit(number), born + check_digit(born), expires + check_digit(expires)
    last = check_digit(number_part + born_part + expires_part + optional + optional_digit)
    return [first, number_part + entry.nationality + born_part + entry.sex + expires_part + optional + optional_digit + last]


def td1(entry: Entry, second_optional: str = "") -> list[str]:
    """Three lines of 30: part 5, section 4.2.2. The optional fields have no check digits of their own."""
    number, optional, more = entry.number.ljust(9, "<"), entry.optional.ljust(15, "<"), second_optional.ljust(11, "<")
    born, expires = _short(entry.born), _short(entry.expires)
    first = entry.code.ljust(2, "<") + entry.state + number + check_digit(number) + optional
    second = born + check_digit(born) + entry.sex + expires + check_digit(expires) + entry.nationality + more
    checked = first[5:] + second[:7] + second[8:15] + second[18:29]
    return [first, second + check_digit(checked), _name(entry.surname, entry.given_names, 30)]
