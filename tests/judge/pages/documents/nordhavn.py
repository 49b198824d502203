"""Nordhavn's residence permit: Swedish and English captions, chip, holders from everywhere, remarks on two lines."""

from random import Random

from pages import holders, patterns
from pages.sheet import Sheet

_NATIONS = {
    "vietnamese": "Vietnam", "turkish": "Türkiye", "icelandic": "Island", "polish": "Polen", "french": "Frankrike", "spanish": "Spanien",
    "romanian": "Rumänien", "lithuanian": "Litauen", "latvian": "Lettland", "estonian": "Estland", "albanian": "Albanien", "hungarian": "Ungern",
    "portuguese": "Portugal", "croatian": "Kroatien", "swedish": "Sverige",
}  # fmt: skip
_REMARKS = (
    "Arbetstillstånd", "Student, arbete högst 20 h/vecka", "Familjemedlem till unionsmedborgare", "Får ej arbeta. Återresa tillåten",
    "Varaktigt bosatt – EU", "Säsongsarbete t.o.m. oktober, Ås hamn", "Forskare, rörlighet inom regionen", "Egen näringsverksamhet",
    "Skyddsbehövande, art. 24:2 (ny prövning)", "Au pair, byte av familj kräver ansökan", "Praktikant (6 mån.)", "Tidigare: U-7731 / förlängt",
)  # fmt: skip


def permit(rng: Random) -> Sheet:
    """Values of 1.9 to 2.2 mm, remarks and authority of 1.5."""
    who = holders.holder(rng, tuple(_NATIONS), youngest=3)
    start, end = holders.issued(rng, rng.choice([2, 3, 5]))
    face, heavier = ("mplus-code", 0.0) if rng.random() < 0.6 else ("yrsa", 0.04)
    ink = rng.choice(["#191d24", "#2b2b2b"])
    sheet = Sheet(85.6, 53.98, 3.18, "#e9eef6")
    add = sheet.below.append
    add('<defs><linearGradient id="wash" x2="1" y2=".3"><stop stop-color="#c6d6f0"/><stop offset=".5" stop-color="#f1f0f6"/><stop offset="1" stop-color="#f3d8c9"/></linearGradient></defs><rect width="85.6" height="54" fill="url(#wash)"/>')
    add(patterns.waves(rng, 85.6, 54, ["#6d86c2", "#c98a6c"], 40, 0.08, 0.55))
    add(patterns.rosette(rng, 20, 30, 18, ["#5873b5", "#b8785b"], 0.4, 0.08))
    add(patterns.arms(78, 8.4, 9, "#3c5596", 4))
    add(patterns.chip(5.5, 13))
    add(patterns.portrait(rng, "face", 60.2, 17, 21.5, 27.5, rng.random() < 0.5))
    add(patterns.ghost("face", 4.6, 34.5, 11.5, 14.7, rng.uniform(0.16, 0.32)))
    add(patterns.signature(rng, 62, 50.0, 16, "#223"))
    sheet.print("UPPEHÅLLSTILLSTÅND", 4.2, 6.4, 2.2, "quicksand-bold", colour="#2c4380")
    sheet.print("RESIDENCE PERMIT", 4.2, 10.2, 1.5, "quicksand", colour="#2c4380")
    sheet.print("NORDHAVN", 54.5, 6.4, 1.9, "quicksand-bold", colour="#2c4380", spacing=0.25)

    def told(name: str, captions: str, text: str, x: float, y: float, width: float, cap: float = 2.0, lines: int = 1) -> None:
        sheet.print(captions, x, y, 0.8, "quicksand", colour="#2c4380")
        sheet.print(text, x, y + cap + 0.85, cap, face, name, width, lines, ink, heavier=heavier)

    def day(date) -> str:
        return f"{date.year}-{date.month:02}-{date.day:02}"

    number = rng.choice("UVXY") + rng.choice("ABCDEFGH") + f"{rng.randint(0, 9999999):07}"
    sheet.print(number, 38.5, 10.4, 1.9, face, "document_number", 20, 1, "#2c4380", heavier=heavier)
    told("full_name", "NAMN / NAME", f"{who.surname} {who.given_names}", 20, 13.6, 39, 2.0, 2)
    told("date_of_expiry", "GILTIGT T.O.M. / VALID UNTIL", day(end), 20, 22.4, 19)
    told("date_of_issue", "UTFÄRDAT / ISSUED", day(start), 42, 22.4, 17)
    told("date_of_birth", "FÖDELSETID / DATE OF BIRTH", day(who.born), 20, 27.4, 19)
    told("sex", "KÖN / SEX", who.sex, 42, 27.4, 5)
    told("nationality", "MEDBORGARSKAP / NATIONALITY", _NATIONS[who.language], 20, 32.4, 19, 1.7)
    told("place_of_birth", "FÖDELSEORT / PLACE OF BIRTH", who.born_in, 42, 32.4, 17, 1.6, 1)
    told("restrictions", "ANMÄRKNINGAR / REMARKS", rng.choice(_REMARKS), 20, 37.0, 38, 1.5, 2)
    offices = ("Migrationsverket", "Polisen", "Länsstyrelsen")
    told("authority", "MYNDIGHET / AUTHORITY", f"{rng.choice(offices)} {holders.place(rng, 'swedish')}", 20, 43.4, 38, 1.5)
    sheet.print(f"{rng.randint(0, 999999):06}", 20, 50.6, 2.0, face, "card_access_number", 16, 1, ink, heavier=heavier)
    if rng.random() < 0.6:
        sheet.above.append(patterns.hologram(rng, "film", 48, 28, 16, 16, rng.uniform(0.1, 0.26)))
    return sheet
