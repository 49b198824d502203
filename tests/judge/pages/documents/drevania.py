"""The front of Drevania's identity card: Czech and English captions, no zone, card access number at the edge."""

from random import Random

from pages import holders, patterns
from pages.sheet import Sheet

_LANGUAGES = ("czech", "czech", "polish", "polish", "hungarian", "lithuanian", "latvian", "german")


def front(rng: Random) -> Sheet:
    """Values of 2.0 to 2.3 mm."""
    who = holders.holder(rng, _LANGUAGES, youngest=15)
    _, end = holders.issued(rng, 10)
    face, heavier = ("caliban", 0.05) if rng.random() < 0.65 else ("gemunu", 0.0)
    ink = rng.choice(["#1c1c1c", "#2a2a2e", "#3a3635"])
    sheet = Sheet(85.6, 53.98, 3.18, "#eaf1f2")
    add = sheet.below.append
    add('<defs><linearGradient id="wash" x2=".4" y2="1"><stop stop-color="#d9c8e4"/><stop offset=".45" stop-color="#eef1e2"/><stop offset="1" stop-color="#b9dcd3"/></linearGradient></defs><rect width="85.6" height="54" fill="url(#wash)"/>')
    add(patterns.waves(rng, 85.6, 54, ["#9a79b4", "#5fa08f"], 38, 0.09, 0.55))
    add(patterns.rosette(rng, 62, 30, 17, ["#8c6aa8", "#4e9a86", "#c78b3c"], 0.5, 0.08))
    add(patterns.arms(78.4, 7, 8, "#6b4a86", 0))
    add(patterns.portrait(rng, "face", 4.2, 13.4, 24.5, 31.5, rng.random() < 0.75))
    add(patterns.ghost("face", 70.5, 33.5, 11.5, 14.7, rng.uniform(0.18, 0.34)))
    add(patterns.signature(rng, 35, 49.6, 20, "#222"))
    sheet.print("DREVANSKÁ REPUBLIKA / REPUBLIC OF DREVANIA", 4.2, 6, 1.45, "quicksand-bold", colour="#513065")
    sheet.print("OBČANSKÝ PRŮKAZ", 4.2, 10.3, 2.5, "quicksand-bold", colour="#513065")
    sheet.print("IDENTITY CARD", 40, 10.3, 1.6, "quicksand", colour="#513065")

    def told(name: str, captions: str, text: str, x: float, y: float, width: float, cap: float = 2.1) -> None:
        sheet.print(captions, x, y, 0.85, "quicksand", colour="#513065")
        sheet.print(text, x, y + cap + 1.0, cap, face, name, width, 1, ink, heavier=heavier)

    def day(date) -> str:
        return f"{date.day:02}.{date.month:02}.{date.year}"

    told("surname", "PŘÍJMENÍ / SURNAME", who.surname, 31, 14.2, 47)
    told("given_names", "JMÉNO / GIVEN NAMES", who.given_names, 31, 19.6, 47)
    told("date_of_birth", "DATUM NAROZENÍ / DATE OF BIRTH", day(who.born), 31, 25.0, 24)
    told("sex", "POHLAVÍ / SEX", who.sex, 55.5, 25.0, 6)
    told("nationality", "OBČANSTVÍ / NATIONALITY", "QDR", 65.6, 25.0, 10)
    told("place_of_birth", "MÍSTO NAROZENÍ / PLACE OF BIRTH", who.born_in, 31, 30.4, 38, 1.6)
    code = "FM"[who.sex == "M"]
    told("personal_number", "RODNÉ ČÍSLO / PERSONAL NO.", f"{who.born:%y}{who.born.month + 50 * (code == 'F'):02}{who.born.day:02}/{rng.randint(0, 9999):04}", 31, 35.2, 30, 2.0)
    told("date_of_expiry", "PLATNOST DO / DATE OF EXPIRY", day(end), 31, 40.4, 24)
    told("document_number", "ČÍSLO DOKLADU / DOCUMENT NO.", f"{rng.randint(10**8, 10**9 - 1)}", 4.2, 46.6, 24, 2.2)
    sheet.print(f"{rng.randint(0, 999999):06}", 83.0, 49.5, 1.9, "mplus-code", "card_access_number", 20, colour=ink, turn=-90)
    if rng.random() < 0.6:
        sheet.above.append(patterns.hologram(rng, "film", 20, 30, 17, 17, rng.uniform(0.1, 0.3)))
    return sheet
