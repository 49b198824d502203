//! What a zone tells, field by field: the same for every document type that has one.

use mrz::Date;

use super::{CheckDigit, Zone, ZoneExpiry, ZoneFormat, birth_date, zone_expiry};
use crate::dates::to_iso;
use crate::names::collapse;

/// A field's name, and its value if the zone has one that is certain.
pub type Told = (&'static str, Option<String>);

impl Zone {
    /// What the zone tells, in its own order: `issuing_state`, `surname`, `given_names`,
    /// `document_number`, `nationality`, `date_of_birth`, `sex`, `date_of_expiry`; then, where there is
    /// any, `personal_number` (TD3), `optional_data_1` and `optional_data_2` (TD1), `optional_data`.
    ///
    /// A value whose check digit doesn't agree is none. No value has fillers: in a number they stand for
    /// nothing, in optional data for spaces.
    #[must_use]
    pub fn told(&self, today: Date) -> Vec<Told> {
        let text = |value: &str| Some(value.replace('<', "")).filter(|value| !value.is_empty());
        let covered =
            |agrees: Option<bool>, value: Option<String>| value.filter(|_| agrees != Some(false));
        let number_agrees = self
            .check_digit(CheckDigit::DocumentNumber)
            .map(|agrees| agrees || self.number_agrees_in_the_older_belgian_way());
        let birth = birth_date(self.date_of_birth(), today).map(to_iso);
        let (cells, state) = (self.date_of_expiry(), self.issuing_state());
        let expiry = match zone_expiry(cells, state, self.format(), today) {
            ZoneExpiry::On(day) | ZoneExpiry::NoEnd(Some(day)) => Some(to_iso(day)),
            ZoneExpiry::NoEnd(None) | ZoneExpiry::Uncertain(_) | ZoneExpiry::NotADay => None,
        };
        let mut told = vec![
            ("issuing_state", text(self.issuing_state())),
            ("surname", text(&self.surname())),
            ("given_names", text(&self.given_names())),
            ("document_number", covered(number_agrees, text(self.document_number()))),
            ("nationality", text(self.nationality())),
            ("date_of_birth", covered(self.check_digit(CheckDigit::DateOfBirth), birth)),
            ("sex", self.sex().map(str::to_owned)),
            ("date_of_expiry", covered(self.check_digit(CheckDigit::DateOfExpiry), expiry)),
        ];
        if self.format() == ZoneFormat::Td3 {
            if let Some(number) = self.personal_number() {
                let agrees = self.check_digit(CheckDigit::OptionalData);
                told.push(("personal_number", covered(agrees, text(number))));
            }
            return told;
        }
        let names: &[&str] = match self.format() {
            ZoneFormat::Td1 => &["optional_data_1", "optional_data_2"],
            _ => &["optional_data"],
        };
        let data = names.iter().zip(self.optional_data()).filter(|(_, data)| !data.is_empty());
        told.extend(data.map(|(name, data)| (*name, Some(collapse(&data.replace('<', " "))))));
        told
    }

    /// Whether the number's check digit agrees as older cards of Belgium compute it: with the filler in
    /// between of a number that overflows, which part 5, note j, leaves out.
    #[must_use]
    pub fn number_agrees_in_the_older_belgian_way(&self) -> bool {
        if self.format != ZoneFormat::Td1
            || self.issuing_state() != "BEL"
            || !self.number_overflows()
        {
            return false;
        }
        let rest = self.cells(0, 15, 30).split('<').next().unwrap_or_default();
        let Some((rest, digit)) = rest.split_at_checked(rest.len().saturating_sub(1)) else {
            return false;
        };
        let covered = format!("{}<{rest}", self.cells(0, 5, 14));
        digit.parse::<u32>().is_ok_and(|digit| mrz::check_digit(&covered) == Ok(digit))
    }
}
