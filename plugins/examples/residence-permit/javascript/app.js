// The rules of the residence permit of Utopia: an example to start from, in JavaScript.

const DOCUMENT_TYPE = "utopia/residence-permit/2025";
const NAME = "residence-permit";
const VERSION = "1.0.0";
// A field read with less confidence than this counts as unread.
const LEAST_CONFIDENCE = 0.5;

// What stands on the permit, in reading order.
const field = (name, characters, maxLength, shape) => ({ name, page: 0, characters, maxLength, shape });
const FIELDS = [
  field("surname", " 'A-ZÀ-ÖØ-Þ-", 64),
  field("given_names", " 'A-ZÀ-ÖØ-Þ-", 64),
  field("permit_number", "0-9A-Z", 12),
  field("date_of_birth", "0-9.", 10),
  field("date_of_issue", "0-9.", 10),
  field("date_of_expiry", "0-9.", 10),
  field("mrz", "0-9A-Z<", 92, { lines: 3, charactersPerLine: 30 }),
];

// The functions of the WIT file.
export const hooks = {
  describe() {
    return { name: NAME, version: VERSION, documentTypes: [DOCUMENT_TYPE] };
  },

  before(documentType, pageCount, requested, today) {
    checkType(documentType);
    parseToday(today);
    if (pageCount !== 1) {
      refuse("pages.count", `the document has ${pageCount} pages, and one of this type has 1`);
    }
    if (requested === undefined) return FIELDS;
    if (requested.length === 0) refuse("fields.none", "no field is asked for");
    return requested.map((name, position) => {
      const shown = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "").slice(0, 64);
      const known = FIELDS.find((known) => known.name === name);
      if (!known) refuse("fields.unknown", `\`${shown}\` isn't a field of this document type`);
      if (requested.indexOf(name) !== position) {
        refuse("fields.duplicate", `\`${shown}\` is asked for twice`);
      }
      return known;
    });
  },

  after(documentType, readings, today) {
    checkType(documentType);
    const permit = new Permit(readings, parseToday(today));
    return { fields: permit.fields(), checks: permit.checks() };
  },
};

function refuse(code, message) {
  // What is thrown is the `error` of the WIT file's result.
  throw { code, message };
}

function checkType(documentType) {
  if (documentType !== DOCUMENT_TYPE) {
    refuse("document_type.unknown", "these rules don't know the document type");
  }
}

// Days are ISO 8601 texts here: they compare as texts, and the clock stands still anyway.
function realDay(year, month, day) {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const isDay = month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
  const padded = (number, length) => String(number).padStart(length, "0");
  return isDay ? `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}` : null;
}

function parseToday(today) {
  const found = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(today);
  const day = found && realDay(Number(found[1]), Number(found[2]), Number(found[3]));
  if (!day) refuse("today.format", "the current date doesn't read like 2026-11-24");
  return day;
}

function parseDate(text) {
  const found = /^([0-9]{2})\.([0-9]{2})\.([0-9]{4})$/.exec(text);
  return found ? realDay(Number(found[3]), Number(found[2]), Number(found[1])) : null;
}

// ICAO Doc 9303 part 3, section 4.9.
function digitAgrees(covered, digit) {
  const value = (cell) => (cell === "<" ? 0 : parseInt(cell, 36));
  const total = [...covered].reduce((sum, cell, place) => sum + value(cell) * [7, 3, 1][place % 3], 0);
  return digit === String(total % 10);
}

// ISO/IEC 7064 MOD 97-10: the last two digits check what stands before them.
function mod97(text) {
  if (!/^[0-9A-Z]+[0-9]{2}$/.test(text)) return false;
  const digits = [...text].map((c) => parseInt(c, 36)).join("");
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

// A zone of TD1 format (part 5) of a residence permit.
function parseZone(raw) {
  const lines = raw.trim().split("\n").map((line) => line.trim());
  const isZone =
    lines.length === 3 &&
    lines.every((line) => /^[A-Z0-9<]{30}$/.test(line)) &&
    lines[0].startsWith("IR") &&
    lines[0][5] !== "<";
  if (!isZone) return null;
  const [first, second] = lines;
  const composite = first.slice(5) + second.slice(0, 7) + second.slice(8, 15) + second.slice(18, 29);
  return {
    lines,
    nationality: second.slice(15, 18).replace(/<+$/, ""),
    date_of_birth: second.slice(0, 6),
    date_of_expiry: second.slice(8, 14),
    digits: {
      document_number: digitAgrees(first.slice(5, 14), first[14]),
      date_of_birth: digitAgrees(second.slice(0, 6), second[6]),
      date_of_expiry: digitAgrees(second.slice(8, 14), second[14]),
      composite: digitAgrees(composite, second[29]),
    },
  };
}

// The zone has two digits of the year, and fillers for what isn't known.
function agrees(inZone, date) {
  const digits = date.slice(2).replaceAll("-", "");
  return inZone !== "<<<<<<" && [...inZone].every((cell, place) => cell === "<" || cell === digits[place]);
}

const judged = (code, fields, holds, message, otherwise) =>
  holds
    ? { code, outcome: "passed", fields, message }
    : { code, outcome: "failed", fields, message: otherwise };
const notPerformed = (code, fields, message) => ({ code, outcome: "not-performed", fields, message });

// What was read of one permit.
class Permit {
  constructor(readings, today) {
    this.readings = readings;
    this.today = today;
    this.raw = new Map(readings.map((reading) => [reading.name, reading.raw.trim()]));
    this.zone = this.raw.has("mrz") ? parseZone(this.raw.get("mrz")) : null;
  }

  date(name) {
    return this.raw.has(name) ? parseDate(this.raw.get(name)) : null;
  }

  value(name) {
    const raw = this.raw.get(name);
    if (name === "mrz") return this.zone?.lines.join("\n");
    if (name === "surname" || name === "given_names") return raw.split(/\s+/).join(" ") || undefined;
    if (name === "permit_number") return raw || undefined;
    return this.date(name) ?? undefined;
  }

  fields() {
    const fields = [...this.raw.keys()].map((name) => ({
      name,
      value: this.value(name),
      source: name === "mrz" ? "mrz" : "visual",
    }));
    if (this.zone) fields.push({ name: "nationality", value: this.zone.nationality, source: "mrz" });
    return fields;
  }

  checks() {
    const dates = ["date_of_birth", "date_of_issue", "date_of_expiry"];
    const digits = ["document_number", "date_of_birth", "date_of_expiry", "composite"];
    return [
      this.confidence(),
      this.permitNumber(),
      ...dates.map((name) => this.dateFormat(name)),
      this.afterIssue(),
      this.expiry(),
      this.zoneFormat(),
      ...digits.map((name) => this.checkDigit(name)),
      this.sameDate("date_of_birth"),
      this.sameDate("date_of_expiry"),
    ];
  }

  confidence() {
    const names = FIELDS.map((field) => field.name).filter((name) => this.raw.has(name));
    const isSure = (reading) => reading.confidence >= LEAST_CONFIDENCE;
    return judged(
      "reading.confidence",
      names,
      this.readings.every(isSure),
      "every field was read with confidence",
      "a field was read with little confidence",
    );
  }

  permitNumber() {
    const [code, fields] = ["permit_number.check_digits", ["permit_number"]];
    if (!this.raw.has("permit_number")) return notPerformed(code, fields, "the field was not read");
    const number = this.raw.get("permit_number");
    return judged(
      code,
      fields,
      number.length === 12 && number.startsWith("RP") && mod97(number),
      "the check digits of the permit number agree",
      "the check digits of the permit number don't agree",
    );
  }

  dateFormat(name) {
    const code = `${name}.format`;
    if (!this.raw.has(name)) return notPerformed(code, [name], "the field was not read");
    return judged(
      code,
      [name],
      this.date(name) !== null,
      "the date is a real day",
      "the date isn't a real day written like 01.01.2000",
    );
  }

  afterIssue() {
    const [code, fields] = ["date_of_expiry.after_issue", ["date_of_issue", "date_of_expiry"]];
    const [issue, expiry] = [this.date("date_of_issue"), this.date("date_of_expiry")];
    if (!issue || !expiry) return notPerformed(code, fields, "a date was not read, or is none");
    return judged(
      code,
      fields,
      issue < expiry,
      "the permit expires after its issue",
      "the permit expires before its issue",
    );
  }

  expiry() {
    const [code, fields] = ["document.expiry", ["date_of_expiry"]];
    const expiry = this.date("date_of_expiry");
    if (!expiry) return notPerformed(code, fields, "a date was not read, or is none");
    return judged(
      code,
      fields,
      expiry >= this.today,
      "the permit has not expired",
      "the permit has expired",
    );
  }

  zoneFormat() {
    if (!this.raw.has("mrz")) return notPerformed("mrz.format", ["mrz"], "the field was not read");
    return judged(
      "mrz.format",
      ["mrz"],
      this.zone !== null,
      "the zone is one of a residence permit",
      "the zone isn't one of a residence permit",
    );
  }

  checkDigit(name) {
    const code = `mrz.check_digit.${name}`;
    if (!this.zone) return notPerformed(code, ["mrz"], "no zone of a residence permit was read");
    return judged(
      code,
      ["mrz"],
      this.zone.digits[name],
      "the check digit agrees",
      "the check digit doesn't agree",
    );
  }

  sameDate(name) {
    const [code, fields] = [`mrz.matches.${name}`, [name, "mrz"]];
    const date = this.date(name);
    if (!date || !this.zone) {
      return notPerformed(code, fields, "a zone was not read, or has no date");
    }
    return judged(
      code,
      fields,
      agrees(this.zone[name], date),
      "both zones say the same",
      "the zones differ",
    );
  }
}
