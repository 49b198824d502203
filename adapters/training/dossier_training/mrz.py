"""Machine-readable zones by ICAO Doc 9303, for the generator: parts 3 (rules), 4 (TD3), 5 (TD1), 6 (TD2)."""

from datetime import date

# Part 3, section 6 A: the first recommended transliteration of each letter.
TRANSLITERATION = {
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Ð": "D", "Ñ": "N", "Ö": "OE", "Ø": "OE", "Ü": "UE", "Þ": "TH",
    "À": "A", "Á": "A", "Â": "A", "Ã": "A", "Ç": "C", "È": "E", "É": "E", "Ê": "E", "Ë": "E", "Ì": "I", "Í": "I",
    "Î": "I", "Ï": "I", "Ò": "O", "Ó": "O", "Ô": "O", "Õ": "O", "Ù": "U", "Ú": "U", "Û": "U", "Ý": "Y", "Š": "S",
    "Ž": "Z", "Ł": "L", "Ń": "N", "Ś": "S", "Ź": "Z", "Ż": "Z", "Ć": "C", "Č": "C", "Ď": "D", "Ě": "E", "Ň": "N",
    "Ř": "R", "Ť": "T", "Ů": "U", "Ő": "O", "Ű": "U", "Ğ": "G", "İ": "I", "Ş": "S", "Ā": "A", "Ē": "E", "Ī": "I", "Ū": "U",
}  # fmt: skip
_WEIGHTS = (7, 3, 1)


def check_digit(text: str) -> str:
    """Part 3, section 4.9: weights 7, 3, 1; digits as they are, A = 10 to Z = 35, filler 0."""
    value = {"<": 0, **{str(d): d for d in range(10)}, **{chr(65 + i): 10 + i for i in range(26)}}
    return str(sum(value[c] * _WEIGHTS[i % 3] for i, c in enumerate(text)) % 10)


def transliterate(name: str) -> str:
    """A visual-zone name in MRZ letters: hyphens and spaces become fillers, apostrophes vanish (section 4.6)."""
    letters = "".join(TRANSLITERATION.get(c, c) for c in name.replace("'", ""))
    return letters.replace("-", "<").replace(" ", "<")


def yymmdd(day: date) -> str:
    """A date as the MRZ writes it."""
    return day.strftime("%y%m%d")


def name_field(surname: str, given_names: str, length: int) -> str:
    """Primary and secondary identifier; what doesn't fit is cut (part 4, section 4.2.3)."""
    full = f"{transliterate(surname)}<<{transliterate(given_names)}"
    return full[:length].ljust(length, "<")


def td3(code: str, issuer: str, surname: str, given_names: str, number: str, nationality: str, birth: date, sex: str, expiry: date, optional: str = "") -> str:
    """Two lines of 44 (part 4)."""
    number, optional = number.ljust(9, "<"), optional.ljust(14, "<")
    upper = code.ljust(2, "<") + issuer.ljust(3, "<") + name_field(surname, given_names, 39)
    optional_digit = check_digit(optional) if optional.strip("<") else "<"
    head = number + check_digit(number)
    dates = yymmdd(birth) + check_digit(yymmdd(birth)), yymmdd(expiry) + check_digit(yymmdd(expiry)) + optional + optional_digit
    lower = head + nationality.ljust(3, "<") + dates[0] + sex.replace("X", "<") + dates[1]
    return upper + "\n" + lower + check_digit(head + dates[0] + dates[1])


def td2(code: str, issuer: str, surname: str, given_names: str, number: str, nationality: str, birth: date, sex: str, expiry: date, optional: str = "") -> str:
    """Two lines of 36 (part 6)."""
    number, optional = number.ljust(9, "<"), optional.ljust(7, "<")
    upper = code.ljust(2, "<") + issuer.ljust(3, "<") + name_field(surname, given_names, 31)
    head = number + check_digit(number)
    dates = yymmdd(birth) + check_digit(yymmdd(birth)), yymmdd(expiry) + check_digit(yymmdd(expiry)) + optional
    lower = head + nationality.ljust(3, "<") + dates[0] + sex.replace("X", "<") + dates[1]
    return upper + "\n" + lower + check_digit(head + dates[0] + dates[1])


def td1(code: str, issuer: str, surname: str, given_names: str, number: str, nationality: str, birth: date, sex: str, expiry: date, optional: str = "") -> str:
    """Three lines of 30 (part 5). A number longer than nine overflows into the optional data (note j)."""
    if len(number) > 9:
        head = number[:9] + "<" + (number[9:] + check_digit(number)).ljust(15, "<")
        if optional:
            raise ValueError("no room for optional data beside a long document number")
    else:
        number = number.ljust(9, "<")
        head = number + check_digit(number) + optional.ljust(15, "<")
    upper = code.ljust(2, "<") + issuer.ljust(3, "<") + head
    birth_part, expiry_part = (yymmdd(d) + check_digit(yymmdd(d)) for d in (birth, expiry))
    second_optional = "<" * 11
    middle = birth_part + sex.replace("X", "<") + expiry_part + nationality.ljust(3, "<") + second_optional
    composite = check_digit(head + birth_part + expiry_part + second_optional)
    return "\n".join((upper, middle + composite, name_field(surname, given_names, 30)))


def licence(issuer: str, number: str, expiry: date, surname: str) -> str:
    """One line of 30, as European driving licences print it: `D1`, issuer, number, its digit, expiry, eight letters of the name, a digit over all."""
    head = "D1" + issuer.ljust(3, "<") + number.ljust(9, "<") + check_digit(number.ljust(9, "<")) + yymmdd(expiry)
    text = head + transliterate(surname)[:8].ljust(8, "<")
    return text + check_digit(text)


def checked_parts(zone: str) -> list[tuple[str, str]]:
    """Every part of a zone that has a check digit, with that digit as printed; read by position, not as it was built."""
    lines = zone.split("\n")
    if len(lines) == 1:
        line = lines[0]
        return [(line[5:14], line[14]), (line[:29], line[29])]
    if len(lines) == 3:
        upper, middle = lines[0], lines[1]
        parts = [(middle[:6], middle[6]), (middle[8:14], middle[14]), (upper[5:30] + middle[:7] + middle[8:15] + middle[18:29], middle[29])]
        if upper[14] != "<":
            return [(upper[5:14], upper[14]), *parts]
        overflow = upper[15:30].rstrip("<")
        return [(upper[5:14] + overflow[:-1], overflow[-1]), *parts]
    lower = lines[1]
    parts = [(lower[:9], lower[9]), (lower[13:19], lower[19]), (lower[21:27], lower[27])]
    if len(lower) == 44:
        if lower[42] != "<":
            parts.append((lower[28:42], lower[42]))
        return [*parts, (lower[:10] + lower[13:20] + lower[21:43], lower[43])]
    return [*parts, (lower[:10] + lower[13:20] + lower[21:35], lower[35])]
