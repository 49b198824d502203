//! A declaration as it is read and judged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_derive::Deserialize;

/// Longest file in bytes.
const MOST_BYTES: u64 = 64 << 10;
/// Most document types of a state, pages of a document and fields of a page.
const MOST_DOCUMENTS: usize = 64;
const MOST_PAGES: usize = 8;
const MOST_FIELDS: usize = 32;
/// Longest text of a declaration in characters.
const MOST_CHARACTERS: usize = 64;

/// The fields that documents may have, by the names that every state uses.
const FIELDS: [&str; 21] = [
    "address",
    "authority",
    "card_access_number",
    "categories",
    "date_of_birth",
    "date_of_expiry",
    "date_of_issue",
    "document_code",
    "document_number",
    "eye_colour",
    "full_name",
    "given_names",
    "height",
    "issuing_state",
    "mrz",
    "nationality",
    "personal_number",
    "place_of_birth",
    "restrictions",
    "sex",
    "surname",
];
const ZONE: &str = "mrz";
const PERSONAL_NUMBER: &str = "personal_number";

/// What a state declares of its documents.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What the state is called.
    pub name: String,
    pub(crate) code: String,
    date_form: DateForm,
    #[serde(default)]
    pub(crate) months: Months,
    #[serde(default)]
    pub(crate) calendar: Calendar,
    #[serde(default)]
    pub(crate) sexes: Sexes,
    document_number: Number,
    personal_number: Option<Number>,
    #[serde(default)]
    pub(crate) characters: BTreeMap<String, String>,
    pub(crate) documents: BTreeMap<String, Document>,
}

/// How a number is made up.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Number {
    pub(crate) shape: String,
    pub(crate) check: Option<Check>,
}

/// How the check character of a number is computed.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Check {
    Icao,
    Luhn,
    Ean,
    #[serde(rename = "weighted-11")]
    Weighted11,
    #[serde(rename = "letter-23")]
    Letter23,
    #[serde(rename = "letter-31")]
    Letter31,
}

/// How documents write the sex.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sexes {
    #[serde(rename = "F")]
    pub(crate) female: String,
    #[serde(rename = "M")]
    pub(crate) male: String,
    #[serde(rename = "X")]
    pub(crate) other: String,
}

/// The calendar that years are counted in.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Calendar {
    #[default]
    Gregorian,
    Buddhist,
    SolarHijri,
}

/// The language of the months' names.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Months {
    #[default]
    En,
    De,
    Es,
    Fi,
    Fr,
    Pl,
    Tr,
}

/// A document type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) zone: Option<Zone>,
    pub(crate) barcode: Option<Barcode>,
    optional_data: Option<String>,
    #[serde(default)]
    pub(crate) foreigners: bool,
    date_form: Option<DateForm>,
    document_number: Option<Number>,
    pub(crate) pages: Vec<Vec<String>>,
}

/// A kind of machine-readable zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Zone {
    Td1,
    Td2,
    Td3,
    Licence,
}

/// A kind of barcode.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Barcode {
    /// AAMVA's PDF417, with the issuer's number.
    Aamva { issuer: String },
}

/// Day, month and year as a document writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DateForm {
    pub(crate) order: PartOrder,
    pub(crate) separator: char,
    pub(crate) has_month_name: bool,
}

/// The order of the parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartOrder {
    DayMonthYear,
    MonthDayYear,
    YearMonthDay,
}

/// A file is no declaration that rules could be made of.
#[derive(Debug, thiserror::Error)]
pub enum DeclarationError {
    /// A file can't be read or written.
    #[error("{}: {source}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A key is unknown, missing, or of another type.
    #[error("{}: {source}", file.display())]
    Toml {
        /// The file.
        file: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("{}: {at}: {reason}", file.display())]
    Value {
        /// The file.
        file: PathBuf,
        /// The document, if it is one's, and the key.
        at: String,
        /// Why.
        reason: String,
    },
    /// Nothing is built here.
    #[error("{variable} is not set: this is for build scripts")]
    NotABuildScript {
        /// The variable that cargo sets.
        variable: &'static str,
    },
}

impl Default for Sexes {
    fn default() -> Self {
        let [female, male, other] = ["F", "M", "X"].map(str::to_owned);
        Self { female, male, other }
    }
}

impl Declaration {
    /// Reads a declaration and judges it.
    ///
    /// # Errors
    /// When the file can't be read or is no declaration; the message names file, document and key.
    pub fn read(file: &Path) -> Result<Self, DeclarationError> {
        let unreadable = |source| DeclarationError::File { file: file.to_owned(), source };
        let opened = std::fs::File::open(file).map_err(unreadable)?;
        let mut text = String::new();
        opened.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
        Self::parse(&text, file)
    }

    /// Reads a declaration from its text; `file` is for messages.
    ///
    /// # Errors
    /// As [`Declaration::read`].
    pub fn parse(text: &str, file: &Path) -> Result<Self, DeclarationError> {
        let invalid = |at: String, reason: String| DeclarationError::Value {
            file: file.to_owned(),
            at,
            reason,
        };
        if text.len() as u64 > MOST_BYTES {
            return Err(invalid("file".to_owned(), format!("it has more than {MOST_BYTES} bytes")));
        }
        let declaration = toml::from_str::<Self>(text).map_err(|source| {
            DeclarationError::Toml { file: file.to_owned(), source: Box::new(source) }
        })?;
        declaration.judge().map_err(|(at, reason)| invalid(at, reason))?;
        Ok(declaration)
    }

    /// The fields of each page of a document, by its name, in reading order.
    #[must_use]
    pub fn pages(&self, document: &str) -> Option<&[Vec<String>]> {
        self.documents.get(document).map(|document| document.pages.as_slice())
    }

    /// The names of the documents.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    pub(crate) fn number_of(&self, document: &Document) -> Number {
        document.document_number.clone().unwrap_or_else(|| self.document_number.clone())
    }

    /// The holder's number, of a document that shows it.
    pub(crate) fn personal_number_of(&self, document: &Document) -> Option<&Number> {
        self.personal_number.as_ref().filter(|_| document.has(PERSONAL_NUMBER))
    }

    /// How a document writes dates.
    pub(crate) fn dates_of(&self, document: &Document) -> DateForm {
        document.date_form.unwrap_or(self.date_form)
    }

    fn judge(&self) -> Result<(), (String, String)> {
        let here = |key: &'static str| move |reason: String| (key.to_owned(), reason);
        text(&self.name).map_err(here("name"))?;
        if self.code.len() != 3 || !self.code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(here("code")("it is no code of three capitals".to_owned()));
        }
        for sex in [&self.sexes.female, &self.sexes.male, &self.sexes.other] {
            text(sex).map_err(here("sexes"))?;
        }
        number(&self.document_number).map_err(here("document_number"))?;
        self.personal_number.iter().try_for_each(number).map_err(here(PERSONAL_NUMBER))?;
        for (name, characters) in &self.characters {
            known(name).and_then(|()| text(characters)).map_err(here("characters"))?;
        }
        if !(1..=MOST_DOCUMENTS).contains(&self.documents.len()) {
            return Err(here("documents")(format!("a state has 1 to {MOST_DOCUMENTS}")));
        }
        for (name, document) in &self.documents {
            let at = |(key, reason): (&str, String)| (format!("{name}: {key}"), reason);
            self.judge_document(name, document).map_err(at)?;
        }
        Ok(())
    }

    fn judge_document(
        &self,
        name: &str,
        document: &Document,
    ) -> Result<(), (&'static str, String)> {
        let segment = |part: &str| {
            let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            !part.is_empty() && part.len() <= MOST_CHARACTERS && part.bytes().all(is_plain)
        };
        if !name.split_once('/').is_some_and(|(kind, year)| segment(kind) && segment(year)) {
            return Err((
                "name",
                "a document is called kind/version, in a-z, 0-9 and -".to_owned(),
            ));
        }
        let own = document.document_number.iter().try_for_each(number);
        own.map_err(|reason| ("document_number", reason))?;
        if !(1..=MOST_PAGES).contains(&document.pages.len()) {
            return Err(("pages", format!("a document has 1 to {MOST_PAGES}")));
        }
        let mut seen = BTreeSet::new();
        for page in &document.pages {
            // A page of a document with a barcode may have nothing else.
            let fewest = usize::from(document.barcode.is_none());
            if !(fewest..=MOST_FIELDS).contains(&page.len()) {
                return Err(("pages", format!("a page has {fewest} to {MOST_FIELDS} fields")));
            }
            for field in page {
                known(field).map_err(|reason| ("pages", reason))?;
                if !seen.insert(field) {
                    return Err(("pages", format!("{field} stands twice")));
                }
            }
        }
        if let Some(Barcode::Aamva { issuer }) = &document.barcode
            && (issuer.len() != 6 || !issuer.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(("barcode", "an issuer's number has six digits".to_owned()));
        }
        if document.zone.is_some() != document.has(ZONE) {
            return Err((
                "zone",
                "a document with a zone has the field mrz, and no other".to_owned(),
            ));
        }
        if document.has(PERSONAL_NUMBER) && self.personal_number.is_none() {
            return Err(("pages", "the state has no personal_number".to_owned()));
        }
        match (document.optional_data.as_deref(), document.zone) {
            (None, _) => Ok(()),
            (Some(PERSONAL_NUMBER), Some(zone)) if zone != Zone::Licence => {
                let has_one = self.personal_number.is_some();
                let reason = || ("optional_data", "the state has no personal_number".to_owned());
                has_one.then_some(()).ok_or_else(reason)
            }
            _ => Err(("optional_data", "only a personal_number, in a zone of Doc 9303".to_owned())),
        }
    }
}

impl Document {
    pub(crate) fn has(&self, field: &str) -> bool {
        self.pages.iter().flatten().any(|name| name == field)
    }

    /// Whether the holder's number stands on the document and in its zone.
    pub(crate) fn repeats_personal_number(&self) -> bool {
        self.optional_data.as_deref() == Some(PERSONAL_NUMBER) && self.has(PERSONAL_NUMBER)
    }
}

fn known(field: &str) -> Result<(), String> {
    let is_known = FIELDS.contains(&field);
    is_known.then_some(()).ok_or_else(|| format!("{field} is no field of any document"))
}

fn text(text: &str) -> Result<(), String> {
    let is_short = (1..=MOST_CHARACTERS).contains(&text.chars().count());
    let is_text = is_short && !text.chars().any(char::is_control);
    let reason = || format!("it has 1 to {MOST_CHARACTERS} characters, none of control");
    is_text.then_some(()).ok_or_else(reason)
}

/// A shape has at most one `#`, at its end, where a check says what it is; braces hold a date of birth.
fn number(number: &Number) -> Result<(), String> {
    text(&number.shape)?;
    let body = number.shape.strip_suffix('#');
    if body.is_some() != number.check.is_some() || body.unwrap_or_default().contains('#') {
        return Err("a check character is the last, #, and has a check".to_owned());
    }
    let rest = ["{DDMMYY}", "{YYMMDD}"]
        .iter()
        .fold(number.shape.clone(), |rest, date| rest.replacen(date, "", 1));
    if rest.contains(['{', '}']) {
        return Err("braces hold DDMMYY or YYMMDD".to_owned());
    }
    Ok(())
}

impl TryFrom<String> for DateForm {
    type Error = String;

    fn try_from(form: String) -> Result<Self, Self::Error> {
        let reason =
            || format!("`{form}` is no date form: D, M or MON, and Y, one character between them");
        let plain = form.replacen("MON", "M", 1);
        let [first, before, second, after, third] =
            plain.chars().collect::<Vec<_>>().try_into().map_err(|_| reason())?;
        let order = match (first, second, third) {
            ('D', 'M', 'Y') => PartOrder::DayMonthYear,
            ('M', 'D', 'Y') => PartOrder::MonthDayYear,
            ('Y', 'M', 'D') => PartOrder::YearMonthDay,
            _ => return Err(reason()),
        };
        let is_separator = before == after && matches!(before, '.' | '/' | '-' | ' ');
        let has_month_name = plain.len() != form.len();
        let form = Self { order, separator: before, has_month_name };
        is_separator.then_some(form).ok_or_else(reason)
    }
}
