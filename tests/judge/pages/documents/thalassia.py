"""The back of Thalassia's identity card: address and authority in small print, Greek or Latin; TD1 zone."""

from random import Random

from pages import holders, patterns, zones
from pages.sheet import Sheet

_LATIN = ("romanian", "maltese", "turkish", "albanian", "croatian", "portuguese")
_EYES = {True: ("Καστανά", "Γαλανά", "Πράσινα", "Μαύρα", "Γκρίζα"), False: ("Brown", "Blue", "Green", "Black", "Grey")}


def back(rng: Random) -> Sheet:
    """Address and authority of 1.5 mm, other values of 1.8."""
    greek = rng.random() < 0.45
    who = holders.holder(rng, holders.GREEK if greek else _LATIN, youngest=12)
    start, end = holders.issued(rng, 10)
    face, heavier = ("vl-gothic", 0.04) if rng.random() < 0.65 else ("artemisia", 0.04)
    ink = rng.choice(["#141a20", "#25282c"])
    sheet = Sheet(85.6, 53.98, 3.18, "#e8eef5")
    add = sheet.below.append
    add('<defs><radialGradient id="wash" cx=".3" cy=".2" r="1.1"><stop stop-color="#fdf6dd"/><stop offset=".6" stop-color="#cfe3f1"/><stop offset="1" stop-color="#b4cbe6"/></radialGradient></defs><rect width="85.6" height="54" fill="url(#wash)"/>')
    add(patterns.waves(rng, 85.6, 40, ["#6f9cc4", "#c7a25b"], 30, 0.09, 0.6))
    add(patterns.rosette(rng, 70, 14, 12, ["#4f7fb0", "#b58d3c"], 0.5, 0.08))
    add(patterns.border(85.6, 53.98, 1.3, "#4f7fb0"))
    add('<rect y="32.6" width="85.6" height="21.4" fill="#f7fafd" opacity=".7"/>')
    add(patterns.arms(77.4, 25.4, 9, "#4f7fb0", 2))

    def told(name: str, captions: str, text: str, x: float, y: float, width: float, cap: float = 1.8, lines: int = 1) -> None:
        sheet.print(captions, x, y, 0.85, "jura", colour="#2c4f7d")
        sheet.print(text, x, y + cap + 0.9, cap, face, name, width, lines, ink, heavier=heavier, leading=1.8)

    def day(date) -> str:
        return f"{date.day:02}/{date.month:02}/{date.year}"

    offices = ("Διεύθυνση Αστυνομίας", "Δήμος", "Α.Τ.") if greek else ("Police Directorate", "Municipality of", "Security Office")
    number = rng.choice("ABEZHIKMN") + rng.choice("ABEHKMOPTX") + f"{rng.randint(0, 9999999):07}"
    told("address", "Διεύθυνση κατοικίας / Address", holders.address(rng, who.language), 4, 4.6, 40, 1.5, 3)
    told("place_of_birth", "Τόπος γέννησης / Place of birth", who.born_in, 4, 15.4, 38, 1.6)
    told("authority", "Εκδούσα αρχή / Authority", f"{rng.choice(offices)} {holders.place(rng, who.language)}", 4, 20.6, 40, 1.5, 2)
    told("date_of_issue", "Ημ. έκδοσης / Date of issue", day(start), 48, 4.6, 20)
    told("height", "Ύψος / Height", f"{rng.randint(148, 203)} cm", 48, 10.0, 12)
    told("eye_colour", "Μάτια / Eyes", rng.choice(_EYES[greek]), 64, 10.0, 18)
    personal = f"{rng.randint(10**8, 10**9 - 1)}"
    told("personal_number", "Α.Φ.Μ. / Tax No.", personal, 48, 15.4, 22)
    told("document_number", "Αρ. δελτίου / Card No.", number, 48, 20.8, 24, 2.0)
    optional = personal if rng.random() < 0.5 else ""
    entry = zones.Entry(rng.choice(["ID", "I", "IC"]), "QTH", "QTH", number, who.surname, who.given_names, who.born, who.sex, end, optional)
    sheet.print_zone(zones.td1(entry, "" if rng.random() < 0.8 else f"{rng.randint(100, 99999)}"), 4.2 + rng.uniform(-0.6, 0.8), 37.6 + rng.uniform(-0.4, 0.4), rng.uniform(4.9, 5.4), rng.uniform(0.26, 0.4), "#18181c")
    if rng.random() < 0.5:
        sheet.above.append(patterns.hologram(rng, "film", 36, 2, 14, 14, rng.uniform(0.1, 0.25)))
    return sheet
