"""`utopia/passport/2024`: the data page of a TD3 passport (ICAO Doc 9303 part 4)."""

import numpy as np

from dossier_training import fonts, mrz, people
from dossier_training.document_types.declarations import DECLARATIONS
from dossier_training.documents import Document, draw_mrz
from dossier_training.page import Ink, Page

_DATE_FORM = DECLARATIONS["utopia"].date_form_of("passport/2024")
_CAPTION = Ink("LiberationSans-Regular.ttf", 6.5, (70, 80, 120))
_VALUE = Ink("LiberationSans-Bold.ttf", 12.5, (25, 25, 40))
_NUMBER = Ink(fonts.OCR_B, 13, (30, 20, 30))
_MRZ = Ink(fonts.OCR_B, 14, (15, 15, 20))

# Field, caption, left, top of the caption.
_PLACES = (
    ("surname", "Surname / Nom", 122, 44),
    ("given_names", "Given names / Prénoms", 122, 68),
    ("nationality", "Nationality / Nationalité", 122, 92),
    ("date_of_birth", "Date of birth / Date de naissance", 122, 116),
    ("sex", "Sex / Sexe", 250, 116),
    ("place_of_birth", "Place of birth / Lieu de naissance", 122, 140),
    ("date_of_issue", "Date of issue / Date de délivrance", 122, 164),
    ("date_of_expiry", "Date of expiry / Date d'expiration", 250, 164),
)


def document(rng: np.random.Generator) -> Document:
    """One passport."""
    person = people.person(rng)
    number = "P" + people.digits(rng, 8)
    day = lambda date: people.date_text(date, _DATE_FORM)  # noqa: E731
    fields = {
        "surname": person.surname,
        "given_names": person.given_names,
        "document_number": number,
        "nationality": "UTO",
        "date_of_birth": day(person.birth),
        "sex": person.sex,
        "place_of_birth": person.place,
        "date_of_issue": day(person.issue),
        "date_of_expiry": day(person.expiry),
        "mrz": mrz.td3("P", "UTO", person.surname, person.given_names, number, "UTO", person.birth, person.sex, person.expiry),
    }
    page = Page((222, 228, 240))
    page.guilloche(rng, 9, 24)
    page.caption(14, 8, "REPUBLIC OF UTOPIA", Ink("LiberationSerif-Bold.ttf", 13, (60, 60, 140)))
    page.caption(14, 26, "PASSPORT / PASSEPORT", Ink("LiberationSans-Bold.ttf", 8, (60, 60, 140)))
    page.portrait(rng, (14, 46, 108, 168))
    page.caption(270, 14, "Passport No. / No. du passeport", _CAPTION)
    page.value(270, 22, number, _NUMBER, "document_number")
    for name, caption, left, top in _PLACES:
        page.caption(left, top, caption, _CAPTION)
        page.value(left, top + 7.5, fields[name], _VALUE, name)
    draw_mrz(page, fields["mrz"], 9, 208, 20, 8.32, _MRZ)
    return Document([page], [fields])
