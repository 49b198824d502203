"""Ostrovar's driving licence: numbered fields, Cyrillic or Latin, typewriter-like print."""

from random import Random

from pages import holders, patterns
from pages.sheet import Sheet

_LATIN = ("croatian", "croatian", "hungarian", "albanian", "romanian", "german", "estonian")
_CATEGORIES = ("AM, B", "B", "B, B1", "A1, B", "A, B, BE", "B, C1, C", "A2, B, T", "AM, A1, A2, A, B", "B, BE, C, CE", "AM, B, D1, D", "B, F, M")


def licence(rng: Random) -> Sheet:
    """Names and dates of 2.0 to 2.2 mm, address and authority of 1.5."""
    cyrillic = rng.random() < 0.45
    who = holders.holder(rng, holders.CYRILLIC if cyrillic else _LATIN)
    start, end = holders.issued(rng, 10)
    face, heavier = ("agave", 0.06) if rng.random() < 0.65 else ("jura", 0.05)
    ink = rng.choice(["#15151a", "#2c2a2a"])
    sheet = Sheet(85.6, 53.98, 3.18, "#f6dfe3")
    add = sheet.below.append
    add('<defs><linearGradient id="wash" x2="1" y2="1"><stop stop-color="#f3c3cf"/><stop offset=".55" stop-color="#f8ecec"/><stop offset="1" stop-color="#e4c6d8"/></linearGradient></defs><rect width="85.6" height="54" fill="url(#wash)"/>')
    add(patterns.waves(rng, 85.6, 54, ["#d0708c", "#a873a6", "#d89a7a"], 26, 0.09, 0.5))
    add(patterns.rosette(rng, 44, 30, 20, ["#c55f7f", "#9a5f98"], 0.4, 0.08))
    add(f'<rect x="3.4" y="3.2" width="12" height="8.4" rx=".6" fill="#3b4fa0"/>{patterns.arms(9.4, 7.5, 6, "#f4d35e", 1)}')
    add(patterns.portrait(rng, "face", 3.6, 17, 22.5, 28.5, rng.random() < 0.6))
    add(patterns.ghost("face", 71.5, 36.8, 10.5, 13.4, rng.uniform(0.16, 0.3)))
    add(patterns.signature(rng, 5, 50.4, 17, "#222"))
    title = "ВОЗАЧКА ДОЗВОЛА" if cyrillic else "VOZAČKA DOZVOLA"
    sheet.print(title, 18, 7, 2.4, "caliban", colour="#8a2846", heavier=0.12)
    sheet.print("DRIVING LICENCE · REPUBLIC OF OSTROVAR", 18, 10.6, 1.15, "eurofurence", colour="#8a2846")

    def told(name: str, number: str, text: str, y: float, cap: float, width: float, x: float = 32.0, lines: int = 1) -> None:
        sheet.print(number, x - 0.9, y, min(cap, 1.5) * 0.85, "eurofurence", colour="#8a2846", anchor="end")
        sheet.print(text, x, y, cap, face, name, width, lines, ink, heavier=heavier)

    def day(date) -> str:
        return f"{date.day:02}.{date.month:02}.{date.year}."

    office = rng.choice(["МУП", "Полиција", "Управа"] if cyrillic else ["MUP", "Policija", "Uprava"])
    # A licence's field 3 holds day and place, printed one after the other.
    told("surname", "1.", who.surname, 16.0, 2.1, 48)
    told("given_names", "2.", who.given_names, 20.3, 2.1, 48)
    told("date_of_birth", "3.", day(who.born), 24.5, 2.0, 21)
    sheet.print(who.born_in, 55, 24.5, 1.6, face, "place_of_birth", 27, 1, ink, heavier=heavier)
    told("date_of_issue", "4a.", day(start), 28.6, 2.0, 21)
    told("authority", "4c.", f"{office} {holders.place(rng, who.language)}", 28.6, 1.5, 24, 58.5)
    told("date_of_expiry", "4b.", day(end), 32.7, 2.0, 21)
    told("personal_number", "4d.", f"{who.born:%d%m}{who.born.year % 1000:03}{rng.randint(0, 999999):06}", 32.7, 1.6, 24, 58.5)
    told("document_number", "5.", f"{rng.randint(0, 999999999):09}", 36.9, 2.1, 30)
    told("address", "8.", holders.address(rng, who.language), 40.8, 1.5, 38, lines=2)
    told("categories", "9.", rng.choice(_CATEGORIES), 48.6, 2.0, 38)
    if rng.random() < 0.6:
        sheet.above.append(patterns.hologram(rng, "film", 18, 34, 15, 15, rng.uniform(0.1, 0.28)))
    return sheet
