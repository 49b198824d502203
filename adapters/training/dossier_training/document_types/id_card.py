"""`utopia/id-card/2023`: both sides of a TD1 identity card (ICAO Doc 9303 part 5)."""

import numpy as np

from dossier_training import fonts, mrz, people
from dossier_training.document_types.declarations import DECLARATIONS
from dossier_training.documents import Document, draw_mrz
from dossier_training.page import Ink, Page

_DATE_FORM = DECLARATIONS["utopia"].date_form_of("id-card/2023")
_CAPTION = Ink("DejaVuSans.ttf", 6, (60, 100, 80))
_VALUE = Ink("DejaVuSans-Bold.ttf", 11.5, (20, 40, 30))
_MRZ = Ink(fonts.OCR_B, 15, (15, 15, 15))

_FRONT = (
    ("surname", "NAME", 136, 52),
    ("given_names", "GIVEN NAMES", 136, 80),
    ("date_of_birth", "DATE OF BIRTH", 136, 108),
    ("sex", "SEX", 256, 108),
    ("nationality", "NATIONALITY", 136, 136),
    ("document_number", "CARD NUMBER", 136, 164),
    ("date_of_expiry", "VALID UNTIL", 136, 192),
)
_BACK = (
    ("date_of_issue", "DATE OF ISSUE", 20, 24),
    ("authority", "AUTHORITY", 20, 56),
)


def document(rng: np.random.Generator) -> Document:
    """One card, front and back."""
    person = people.person(rng)
    number = people.letters(rng, 2) + people.digits(rng, 7)
    day = lambda date: people.date_text(date, _DATE_FORM)  # noqa: E731
    front = {
        "surname": person.surname,
        "given_names": person.given_names,
        "date_of_birth": day(person.birth),
        "sex": person.sex,
        "nationality": "UTO",
        "document_number": number,
        "date_of_expiry": day(person.expiry),
    }
    back = {
        "date_of_issue": day(person.issue),
        "authority": people.name(rng, 22, 2),
        "mrz": mrz.td1("ID", "UTO", person.surname, person.given_names, number, "UTO", person.birth, person.sex, person.expiry),
    }
    pages = [Page((218, 238, 224)), Page((226, 236, 222))]
    for page in pages:
        page.guilloche(rng, 8, 24)
    pages[0].caption(20, 14, "UTOPIA", Ink("DejaVuSans-Bold.ttf", 16, (20, 110, 70)))
    pages[0].caption(136, 18, "IDENTITY CARD", Ink("DejaVuSans.ttf", 10, (20, 110, 70)))
    pages[0].portrait(rng, (20, 52, 120, 190))
    pages[1].portrait(rng, (310, 24, 360, 86))
    for page, places, fields in ((pages[0], _FRONT, front), (pages[1], _BACK, back)):
        for name, caption, left, top in places:
            page.caption(left, top, caption, _CAPTION)
            page.value(left, top + 8, fields[name], _VALUE, name)
    draw_mrz(pages[1], back["mrz"], 16, 178, 22, 11.7, _MRZ)
    return Document(pages, [front, back])
