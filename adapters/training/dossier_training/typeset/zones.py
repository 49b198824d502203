"""Machine-readable zones as they are printed, faults included: what must be read as it stands."""

import numpy as np

from dossier_training import mrz, numbers, people
from dossier_training.typeset import typefaces

_CODES = {
    "td1": ("ID", "I", "I", "IR", "AR", "C1", "AC", "IT", "IP", "PT", "CA"),
    "td2": ("I", "ID", "V", "IR", "AR", "I"),
    "td3": ("P", "P", "P", "PP", "PM", "PA", "PC", "PO", "PD", "PS", "PN", "V"),
}
_STATES = "UTO D GBR FRA ESP ITA USA CAN CHE POL SWE NOR NLD BEL AUT HUN CZE SVK ROU BGR GRC PRT IRL DNK FIN EST LVA LTU HRV SRB UKR TUR AZE GEO KAZ CHN JPN IND BRA ARG MEX AUS NZL ZAF EGY NGA KEN RKS XXA UNO EUE".split()


def zone(rng: np.random.Generator) -> str:
    """One to three lines; one in eight has a character that is wrong in itself."""
    person = people.any_person(rng)
    kind = str(rng.choice(["td1", "td2", "td3", "visa-a", "visa-b", "licence"], p=[0.34, 0.12, 0.36, 0.06, 0.06, 0.06]))
    state = str(rng.choice(_STATES)) if rng.random() < 0.6 else people.letters(rng, 3)
    number = numbers.fill(rng, numbers.random_shape(rng, 6, 9)).translate({ord(c): None for c in "-/. "})[:9]
    optional = numbers.fill(rng, numbers.random_shape(rng, 4, 7)).translate({ord(c): None for c in "-/. "})[:7] if rng.random() < 0.4 else ""
    if kind == "licence":
        return _printed(rng, mrz.licence(state[:3], number, person.expiry, person.surname))
    form = "td3" if kind == "visa-a" else "td2" if kind == "visa-b" else kind
    code = "V" + people.letters(rng, int(rng.integers(0, 2))) if kind.startswith("visa") else str(rng.choice(_CODES[form]))
    nationality = state if rng.random() < 0.8 else str(rng.choice(_STATES))
    text = getattr(mrz, form)(code, state, person.surname, person.given_names, number, nationality, person.birth, person.sex, person.expiry, optional)
    if form == "td3" and not optional and rng.random() < 0.7:
        # Most states print the check digit of an empty personal number as 0.
        text = text[:-2] + "0" + text[-1]
    return _printed(rng, text)


def typeface(rng: np.random.Generator) -> str:
    """What a zone is set in: OCR-B, and now and then another monospaced face."""
    return str(rng.choice(["OCRB", "OCRB", "OCRBF", "OCRBL"])) if rng.random() < 0.9 else str(rng.choice(typefaces.KINDS["monospaced"][0]))


def _printed(rng: np.random.Generator, text: str) -> str:
    if rng.random() > 0.12:
        return text
    place = int(rng.integers(len(text)))
    wrong = str(rng.choice(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")))
    return text if text[place] == "\n" else text[:place] + wrong + text[place + 1 :]
