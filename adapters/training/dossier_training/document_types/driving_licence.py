"""`utopia/driving-licence/2022`: the front of a driving licence; no machine-readable zone."""

import numpy as np

from dossier_training import people
from dossier_training.document_types.declarations import DECLARATIONS
from dossier_training.documents import Document, categories
from dossier_training.page import Ink, Page

_DATE_FORM = DECLARATIONS["utopia"].date_form_of("driving-licence/2022")
_NUMERAL = Ink("FreeSans.ttf", 8, (120, 60, 80))
_VALUE = Ink("FreeSansBold.ttf", 12.5, (40, 20, 30))

# Field, numeral (as on licences of the 1968 Vienna convention), left, top.
_PLACES = (
    ("surname", "1.", 128, 40),
    ("given_names", "2.", 128, 62),
    ("date_of_birth", "3.", 128, 84),
    ("place_of_birth", "", 128, 104),
    ("date_of_issue", "4a.", 128, 126),
    ("date_of_expiry", "4b.", 252, 126),
    ("authority", "4c.", 128, 148),
    ("document_number", "5.", 128, 170),
    ("categories", "9.", 128, 216),
)


def document(rng: np.random.Generator) -> Document:
    """One licence."""
    person = people.person(rng, validity_years=15)
    day = lambda date: people.date_text(date, _DATE_FORM)  # noqa: E731
    fields = {
        "surname": person.surname,
        "given_names": person.given_names,
        "date_of_birth": day(person.birth),
        "place_of_birth": person.place,
        "date_of_issue": day(person.issue),
        "date_of_expiry": day(person.expiry),
        "authority": people.name(rng, 22, 2),
        "document_number": people.alphanumerics(rng, 10),
        "categories": categories(rng),
    }
    page = Page((244, 222, 230))
    page.guilloche(rng, 10, 26)
    page.caption(128, 12, "DRIVING LICENCE", Ink("FreeSansBold.ttf", 15, (150, 40, 90)))
    page.caption(14, 12, "UTOPIA", Ink("FreeSansBold.ttf", 13, (150, 40, 90)))
    page.portrait(rng, (14, 44, 108, 164))
    for name, numeral, left, top in _PLACES:
        page.caption(left - 14, top + 3, numeral, _NUMERAL)
        page.value(left, top, fields[name], _VALUE, name)
    return Document([page], [fields])
