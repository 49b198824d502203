"""Dates as documents write them: order, separators, month names, and the calendar the year is counted in."""

from datetime import date

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
# Month names by language, in capitals of the vocabulary.
MONTH_NAMES = {
    "en": MONTHS,
    "fr": ("JANV", "FÉVR", "MARS", "AVR", "MAI", "JUIN", "JUIL", "AOÛT", "SEPT", "OCT", "NOV", "DÉC"),
    "de": ("JAN", "FEB", "MÄR", "APR", "MAI", "JUN", "JUL", "AUG", "SEP", "OKT", "NOV", "DEZ"),
    "es": ("ENE", "FEB", "MAR", "ABR", "MAY", "JUN", "JUL", "AGO", "SEP", "OCT", "NOV", "DIC"),
    "pl": ("STY", "LUT", "MAR", "KWI", "MAJ", "CZE", "LIP", "SIE", "WRZ", "PAŹ", "LIS", "GRU"),
    "tr": ("OCA", "ŞUB", "MAR", "NİS", "MAY", "HAZ", "TEM", "AĞU", "EYL", "EKİ", "KAS", "ARA"),
    "fi": ("TAM", "HEL", "MAA", "HUH", "TOU", "KES", "HEI", "ELO", "SYY", "LOK", "MAR", "JOU"),
}
CALENDARS = ("gregorian", "buddhist", "solar-hijri")
DATE_FORMS = (
    "D.M.Y", "D/M/Y", "Y-M-D", "D-M-Y", "D M Y", "D MON Y", "DMONY",
    "Y.M.D", "Y/M/D", "Y M D", "M/D/Y", "D-MON-Y", "D.MON.Y", "D/MON/Y", "MON D Y", "DMY", "YMD",
)  # fmt: skip


def solar_hijri(day: date) -> tuple[int, int, int]:
    """Year, month and day of the Solar Hijri calendar, by its 33-year cycle of leap years."""
    before_month = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)[day.month - 1]
    leaps_until = day.year + 1 if day.month > 2 else day.year
    days = 355666 + 365 * day.year + (leaps_until + 3) // 4 - (leaps_until + 99) // 100 + (leaps_until + 399) // 400 + day.day + before_month
    cycles, days = divmod(days, 12053)
    fours, days = divmod(days, 1461)
    year = -1595 + 33 * cycles + 4 * fours
    if days > 365:
        year, days = year + (days - 1) // 365, (days - 1) % 365
    # Six months of 31 days, then of 30.
    return (year, 1 + days // 31, 1 + days % 31) if days < 186 else (year, 7 + (days - 186) // 30, 1 + (days - 186) % 30)


def in_calendar(day: date, calendar: str) -> tuple[int, int, int]:
    """Year, month and day of one of `CALENDARS`."""
    if calendar == "gregorian":
        return day.year, day.month, day.day
    if calendar == "buddhist":
        return day.year + 543, day.month, day.day
    if calendar == "solar-hijri":
        return solar_hijri(day)
    raise ValueError(f"unknown calendar {calendar}")


def date_text(day: date, form: str, calendar: str = "gregorian", language: str = "en") -> str:
    """A date in one of `DATE_FORMS`: `D`, `M` and `Y` are numbers, `MON` is the month's name."""
    year, month, dom = in_calendar(day, calendar)
    parts = {"MON": MONTH_NAMES[language][month - 1], "D": f"{dom:02d}", "M": f"{month:02d}", "Y": f"{year:04d}"}
    text, rest = "", form
    while rest:
        name = next((name for name in parts if rest.startswith(name)), None)
        text += parts[name] if name else rest[0]
        rest = rest[len(name) if name else 1 :]
    return text
