//! Rules of several document types: what is the same whatever the types have.

use mrz::Date;

use crate::{FieldRequest, Observation, Reading, Refusal, Report, Search, Settings, requests};

/// The rules of one document type. [`export_document_rules!`](crate::export_document_rules) makes a
/// component of a list of them.
pub trait DocumentRules: Sized + 'static {
    /// The identifier.
    fn id(&self) -> &'static str;

    /// Refuses a document of so many pages where the type has others.
    ///
    /// # Errors
    /// `pages.count`.
    fn check_page_count(&self, page_count: u32) -> Result<(), Refusal>;

    /// Every field of a document of so many pages, in reading order.
    fn fields(&self, page_count: u32) -> Vec<FieldRequest>;

    /// The kinds of barcodes that a document is searched for.
    fn searches(&self) -> &'static [&'static str] {
        &[]
    }

    /// Normalises and checks readings of those fields, none twice, by what else was seen.
    fn report(
        &'static self,
        readings: &[Reading],
        seen: &Observation,
        today: Date,
        settings: Settings,
    ) -> Report;
}

/// The hook `before`: chooses the fields to read, those requested or else all of the document type.
///
/// # Errors
/// When the document type, the date, the number of pages or a requested field isn't right: the code
/// says which, and the message names the field.
pub fn before<T: DocumentRules>(
    document_types: &'static [T],
    document_type: &str,
    page_count: u32,
    requested: Option<&[String]>,
    today: &str,
) -> Result<Vec<FieldRequest>, Refusal> {
    let document_type = find(document_types, document_type)?;
    requests::parse_today(today)?;
    document_type.check_page_count(page_count)?;
    requests::choose(document_type.fields(page_count), requested)
}

/// The hook `after`: normalises and checks what was read.
///
/// # Errors
/// When the document type or the date isn't right, or a reading isn't a field of the type.
pub fn after<T: DocumentRules>(
    document_types: &'static [T],
    document_type: &str,
    readings: &[Reading],
    seen: &Observation,
    today: &str,
    settings: Settings,
) -> Result<Report, Refusal> {
    let document_type = find(document_types, document_type)?;
    let today = requests::parse_today(today)?;
    let names = readings.iter().map(|reading| reading.name.as_str()).collect::<Vec<_>>();
    requests::select(&document_type.fields(1), |field| field.name, &names)?;
    Ok(document_type.report(readings, seen, today, settings))
}

/// What documents of these types are searched for.
#[must_use]
pub fn searches<T: DocumentRules>(document_types: &'static [T]) -> Vec<Search> {
    let searched =
        document_types.iter().filter(|document_type| !document_type.searches().is_empty());
    let search = |document_type: &T| Search {
        document_type: document_type.id().to_owned(),
        sources: document_type.searches().iter().map(|source| (*source).to_owned()).collect(),
    };
    searched.map(search).collect()
}

fn find<T: DocumentRules>(document_types: &'static [T], id: &str) -> Result<&'static T, Refusal> {
    let found = document_types.iter().find(|document_type| document_type.id() == id);
    found.ok_or_else(requests::unknown_document_type)
}

/// Makes rules, and a component, of a list of document types that implement
/// [`DocumentRules`](crate::DocumentRules).
#[macro_export]
macro_rules! export_document_rules {
    ($rules:ident, $document_types:ident) => {
        $crate::document_rules!($rules, $document_types);
        $crate::export_configured_rules!($rules);
    };
}

/// The hooks of a type by a list of document types.
#[doc(hidden)]
#[macro_export]
macro_rules! document_rules {
    ($rules:ident, $document_types:ident) => {
        impl $crate::ConfiguredRules for $rules {}

        impl $crate::Rules for $rules {
            fn describe() -> $crate::Description {
                $crate::description!($document_types.iter().map($crate::DocumentRules::id))
            }

            fn before(
                document_type: &str,
                page_count: u32,
                requested: ::std::option::Option<&[::std::string::String]>,
                today: &str,
            ) -> ::std::result::Result<::std::vec::Vec<$crate::FieldRequest>, $crate::Refusal> {
                $crate::before(&$document_types, document_type, page_count, requested, today)
            }

            fn after(
                document_type: &str,
                readings: &[$crate::Reading],
                today: &str,
            ) -> ::std::result::Result<$crate::Report, $crate::Refusal> {
                let (seen, settings) =
                    ($crate::Observation::current(), $crate::Settings::current());
                $crate::after(&$document_types, document_type, readings, &seen, today, settings)
            }
        }
    };
}

/// As [`export_document_rules!`](crate::export_document_rules), of rules that look at what the host saw.
#[macro_export]
macro_rules! export_observant_document_rules {
    ($rules:ident, $document_types:ident) => {
        $crate::document_rules!($rules, $document_types);
        $crate::export_observant_rules!($rules);

        impl $crate::ObservantRules for $rules {
            fn searches() -> ::std::vec::Vec<$crate::Search> {
                $crate::searches(&$document_types)
            }
        }
    };
}
