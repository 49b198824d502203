"""The data page of Maravel's passport: Portuguese and English, mixed case, TD3 zone."""

from random import Random

from pages import holders, patterns, zones
from pages.sheet import Sheet

_MONTHS = "jan fev mar abr mai jun jul ago set out nov dez".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LANGUAGES = ("portuguese", "portuguese", "french", "spanish", "romanian", "maltese", "albanian")
_EYES = ("castanhos / brown", "azuis / blue", "verdes / green", "cinzentos / grey", "pretos / black")


def _day(day) -> str:
    month = day.month - 1
    ours, theirs = _MONTHS[0][month].capitalize(), _MONTHS[1][month]
    return f"{day.day:02} {ours} {day.year}" if ours == theirs else f"{day.day:02} {ours}/{theirs} {day.year}"


def passport(rng: Random) -> Sheet:
    """Values of 2.1 to 2.3 mm, place and authority of 1.5 to 1.7."""
    who = holders.holder(rng, _LANGUAGES, youngest=1)
    start, end = holders.issued(rng, 10)
    number = rng.choice("MRKP") + rng.choice("ABCDEFGHKLMNP") + f"{rng.randint(0, 9999999):07}"
    personal = f"{rng.randint(10**10, 10**11 - 1)}" if rng.random() < 0.5 else ""
    face, heavier, ink = ("mplus", 0.0, "#1b1b22") if rng.random() < 0.7 else ("elstob", 0.03, "#23202c")
    small = "yrsa-light"
    sheet = Sheet(125.0, 88.0, 2.6, "#f4efe6")
    add = sheet.below.append
    add('<defs><linearGradient id="wash" x2="1" y2=".6"><stop stop-color="#f6dcc6"/><stop offset=".5" stop-color="#e6ecdd"/><stop offset="1" stop-color="#c9dfe6"/></linearGradient></defs><rect width="125" height="88" fill="url(#wash)"/>')
    add(patterns.waves(rng, 125, 88, ["#c98f6a", "#7fa58f", "#7f9dbb"], 34, 0.11, 0.55))
    add(patterns.rosette(rng, 92, 44, 24, ["#b9785a", "#5b8aa5"], 0.5))
    add(patterns.arms(92, 44, 17, "#c3cbb4", 3))
    add('<rect y="63.6" width="125" height="24.4" fill="#fbf8f2" opacity=".72"/>')
    add(patterns.portrait(rng, "face", 5.5, 19.5, 34, 42.5, rng.random() < 0.15))
    add(patterns.ghost("face", 103, 37, 17, 21, rng.uniform(0.16, 0.3)))
    add(patterns.signature(rng, 88, 61.4, 24))
    sheet.print("REPÚBLICA DE MARAVEL", 5.5, 8, 2.7, "mplus-bold", colour="#5d2f36")
    sheet.print("REPUBLIC OF MARAVEL", 5.5, 11.8, 1.6, small, colour="#5d2f36")
    sheet.print("Passaporte / Passport", 5.5, 16.6, 2.0, "mplus", colour="#5d2f36")

    def caption(text: str, x: float, y: float) -> None:
        sheet.print(text, x, y, 1.0, small, colour="#5d2f36")

    def value(name: str, text: str, x: float, y: float, cap: float = 2.2, width: float = 60.0, lines: int = 1) -> None:
        sheet.print(text, x, y, cap, face, name, width, lines, ink, heavier=heavier)

    for text, x in (("Tipo / Type", 43), ("Código do país / Code of state", 58), ("N.º do passaporte / Passport No.", 91)):
        caption(text, x, 14)
    value("document_code", "P", 43, 17.6, 2.2, 8)
    value("issuing_state", "QMV", 58, 17.6)
    sheet.print(number, 91, 17.9, 2.6, "mplus-code", "document_number", 31, colour="#7d1420")
    caption("1. Apelido(s) / Surname", 43, 21.2)
    value("surname", who.surname, 43, 24.9, 2.3, 74)
    caption("2. Nome(s) próprio(s) / Given names", 43, 28.2)
    value("given_names", who.given_names, 43, 31.9, 2.3, 74)
    caption("3. Nacionalidade / Nationality", 43, 35.2)
    value("nationality", "Maravelense" if rng.random() < 0.85 else "Maravelense (QMV)", 43, 38.7, 2.1, 42)
    caption("4. Data de nascimento / Date of birth", 43, 42)
    value("date_of_birth", _day(who.born), 43, 45.5, 2.1, 36)
    caption("5. Sexo / Sex", 76, 42)
    value("sex", who.sex, 76, 45.5, 2.1, 8)
    caption("6. Altura / Height", 91, 35.2)
    value("height", f"1,{rng.randint(48, 99)} m", 91, 38.7, 2.1, 12)
    caption("7. Local de nascimento / Place of birth", 43, 48.6)
    value("place_of_birth", who.born_in, 43, 51.6, 1.6, 42)
    caption("8. Data de emissão / Date of issue", 43, 54.4)
    value("date_of_issue", _day(start), 43, 57.5, 1.9, 30)
    caption("9. Válido até / Date of expiry", 76, 54.4)
    value("date_of_expiry", _day(end), 76, 57.5, 1.9, 26)
    caption("10. Autoridade / Authority", 43, 60)
    value("authority", f"{rng.choice(['Governo Civil de', 'Conservatória de', 'Câmara de', 'Consulado em'])} {holders.place(rng, 'portuguese')}", 43, 62.6, 1.5, 44)
    caption("11. Olhos / Eyes", 91, 42)
    value("eye_colour", rng.choice(_EYES), 91, 45.3, 1.6, 30)
    entry = zones.Entry("P" if rng.random() < 0.7 else "PP", "QMV", "QMV", number, who.surname, who.given_names, who.born, who.sex, end, personal, rng.choice("0<"))
    sheet.print_zone(zones.td3(entry), 6.2 + rng.uniform(-0.8, 0.8), 74.6 + rng.uniform(-0.6, 0.6), 6.35, rng.uniform(0.25, 0.4), "#202024")
    if rng.random() < 0.45:
        sheet.above.append(patterns.stamp(rng, rng.uniform(34, 42), rng.uniform(54, 60), 8, rng.choice(["#20406e", "#6e2030", "#24583a"])))
    sheet.above.append(patterns.hologram(rng, "film", 26, 40, 28, 24, rng.uniform(0.1, 0.28)))
    return sheet
