"""The rules of the residence permit of Utopia: an example to start from, in Python.

`wit_world` is generated from the WIT file when the component is built.
"""

import datetime
import math
import re

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.hooks import (
    Check,
    Description,
    Error,
    Field,
    FieldRequest,
    LineShape,
    Outcome,
    Report,
)

DOCUMENT_TYPE = "utopia/residence-permit/2025"
NAME, VERSION = "residence-permit", "1.0.0"
# A field read with less confidence than this counts as unread.
LEAST_CONFIDENCE = 0.5

# What stands on the permit, in reading order.
FIELDS = [
    FieldRequest("surname", 0, " 'A-ZÀ-ÖØ-Þ-", 64, None),
    FieldRequest("given_names", 0, " 'A-ZÀ-ÖØ-Þ-", 64, None),
    FieldRequest("permit_number", 0, "0-9A-Z", 12, None),
    FieldRequest("date_of_birth", 0, "0-9.", 10, None),
    FieldRequest("date_of_issue", 0, "0-9.", 10, None),
    FieldRequest("date_of_expiry", 0, "0-9.", 10, None),
    FieldRequest("mrz", 0, "0-9A-Z<", 92, LineShape(3, 30)),
]


class Hooks(exports.Hooks):
    """The functions of the WIT file."""

    def describe(self):
        return Description(NAME, VERSION, [DOCUMENT_TYPE])

    def before(self, document_type, page_count, requested, today):
        check_type(document_type)
        parse_today(today)
        if page_count != 1:
            refuse(
                "pages.count",
                f"the document has {page_count} pages, and one of this type has 1",
            )
        if requested is None:
            return FIELDS
        if not requested:
            refuse("fields.none", "no field is asked for")
        known = {field.name: field for field in FIELDS}
        for position, name in enumerate(requested):
            shown = "".join(c for c in name if c.isprintable())[:64]
            if name not in known:
                refuse("fields.unknown", f"`{shown}` isn't a field of this document type")
            if name in requested[:position]:
                refuse("fields.duplicate", f"`{shown}` is asked for twice")
        return [known[name] for name in requested]

    def after(self, document_type, readings, today):
        check_type(document_type)
        permit = Permit(readings, parse_today(today))
        return Report(permit.fields(), permit.checks())


def refuse(code, message):
    raise Err(Error(code, message))


def check_type(document_type):
    if document_type != DOCUMENT_TYPE:
        refuse("document_type.unknown", "these rules don't know the document type")


def parse_today(today):
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", today):
        try:
            return datetime.date.fromisoformat(today)
        except ValueError:
            pass
    refuse("today.format", "the current date doesn't read like 2026-11-24")


def parse_date(text):
    found = re.fullmatch(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})", text)
    if not found:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return datetime.date(year, month, day)
    except ValueError:
        return None


def value_of(cell):
    return 0 if cell == "<" else int(cell, 36)


def digit_agrees(covered, digit):
    """ICAO Doc 9303 part 3, section 4.9."""
    total = sum(value_of(cell) * (7, 3, 1)[place % 3] for place, cell in enumerate(covered))
    return digit == str(total % 10)


def mod_97_10(text):
    """ISO/IEC 7064 MOD 97-10: the last two digits check what stands before them."""
    if not re.fullmatch(r"[0-9A-Z]+[0-9]{2}", text):
        return False
    return int("".join(str(int(c, 36)) for c in text)) % 97 == 1


class Zone:
    """A zone of TD1 format (part 5) of a residence permit."""

    CELLS = re.compile(r"(IR[A-Z0-9<]{28})\s*\n\s*([A-Z0-9<]{30})\s*\n\s*([A-Z0-9<]{30})")

    def __init__(self, lines):
        self.lines = lines
        first, second, _ = lines
        self.nationality = second[15:18].rstrip("<")
        self.date_of_birth, self.date_of_expiry = second[0:6], second[8:14]
        self.digits = {
            "document_number": digit_agrees(first[5:14], first[14]),
            "date_of_birth": digit_agrees(second[0:6], second[6]),
            "date_of_expiry": digit_agrees(second[8:14], second[14]),
            "composite": digit_agrees(
                first[5:] + second[0:7] + second[8:15] + second[18:29], second[29]
            ),
        }

    @classmethod
    def parse(cls, raw):
        found = cls.CELLS.fullmatch(raw.strip())
        return cls(found.groups()) if found and found.group(1)[5] != "<" else None


def agrees(in_zone, date):
    """The zone has two digits of the year, and fillers for what isn't known."""
    if in_zone == "<<<<<<":
        return False
    return all(cell in ("<", digit) for cell, digit in zip(in_zone, date.strftime("%y%m%d")))


def judged(code, fields, holds, message, otherwise):
    if holds:
        return Check(code, Outcome.PASSED, fields, message)
    return Check(code, Outcome.FAILED, fields, otherwise)


def not_performed(code, fields, message):
    return Check(code, Outcome.NOT_PERFORMED, fields, message)


class Permit:
    """What was read of one permit."""

    def __init__(self, readings, today):
        self.readings = readings
        self.today = today
        self.raw = {reading.name: reading.raw.strip() for reading in readings}
        self.zone = Zone.parse(self.raw["mrz"]) if "mrz" in self.raw else None

    def date(self, name):
        return parse_date(self.raw[name]) if name in self.raw else None

    def value(self, name):
        if name == "mrz":
            return "\n".join(self.zone.lines) if self.zone else None
        if name in ("surname", "given_names"):
            return " ".join(self.raw[name].split()) or None
        if name == "permit_number":
            return self.raw[name] or None
        date = self.date(name)
        return date.isoformat() if date else None

    def fields(self):
        fields = [
            Field(name, self.value(name), "mrz" if name == "mrz" else "visual")
            for name in self.raw
        ]
        if self.zone:
            fields.append(Field("nationality", self.zone.nationality, "mrz"))
        return fields

    def checks(self):
        dates = ("date_of_birth", "date_of_issue", "date_of_expiry")
        digits = ("document_number", "date_of_birth", "date_of_expiry", "composite")
        return [
            self.confidence(),
            self.permit_number(),
            *(self.date_format(name) for name in dates),
            self.after_issue(),
            self.expiry(),
            self.zone_format(),
            *(self.check_digit(name) for name in digits),
            self.same_date("date_of_birth"),
            self.same_date("date_of_expiry"),
        ]

    def confidence(self):
        names = [field.name for field in FIELDS if field.name in self.raw]
        unsure = any(
            math.isnan(reading.confidence) or reading.confidence < LEAST_CONFIDENCE
            for reading in self.readings
        )
        return judged(
            "reading.confidence",
            names,
            not unsure,
            "every field was read with confidence",
            "a field was read with little confidence",
        )

    def permit_number(self):
        code, fields = "permit_number.check_digits", ["permit_number"]
        if "permit_number" not in self.raw:
            return not_performed(code, fields, "the field was not read")
        number = self.raw["permit_number"]
        return judged(
            code,
            fields,
            len(number) == 12 and number.startswith("RP") and mod_97_10(number),
            "the check digits of the permit number agree",
            "the check digits of the permit number don't agree",
        )

    def date_format(self, name):
        if name not in self.raw:
            return not_performed(f"{name}.format", [name], "the field was not read")
        return judged(
            f"{name}.format",
            [name],
            self.date(name) is not None,
            "the date is a real day",
            "the date isn't a real day written like 01.01.2000",
        )

    def after_issue(self):
        code, fields = "date_of_expiry.after_issue", ["date_of_issue", "date_of_expiry"]
        issue, expiry = self.date("date_of_issue"), self.date("date_of_expiry")
        if issue is None or expiry is None:
            return not_performed(code, fields, "a date was not read, or is none")
        return judged(
            code,
            fields,
            issue < expiry,
            "the permit expires after its issue",
            "the permit expires before its issue",
        )

    def expiry(self):
        code, fields = "document.expiry", ["date_of_expiry"]
        expiry = self.date("date_of_expiry")
        if expiry is None:
            return not_performed(code, fields, "a date was not read, or is none")
        return judged(
            code,
            fields,
            expiry >= self.today,
            "the permit has not expired",
            "the permit has expired",
        )

    def zone_format(self):
        if "mrz" not in self.raw:
            return not_performed("mrz.format", ["mrz"], "the field was not read")
        return judged(
            "mrz.format",
            ["mrz"],
            self.zone is not None,
            "the zone is one of a residence permit",
            "the zone isn't one of a residence permit",
        )

    def check_digit(self, name):
        code = f"mrz.check_digit.{name}"
        if self.zone is None:
            return not_performed(code, ["mrz"], "no zone of a residence permit was read")
        return judged(
            code,
            ["mrz"],
            self.zone.digits[name],
            "the check digit agrees",
            "the check digit doesn't agree",
        )

    def same_date(self, name):
        code, fields = f"mrz.matches.{name}", [name, "mrz"]
        date = self.date(name)
        if date is None or self.zone is None:
            return not_performed(code, fields, "a zone was not read, or has no date")
        return judged(
            code,
            fields,
            agrees(getattr(self.zone, name), date),
            "both zones say the same",
            "the zones differ",
        )
