//! The glue: translates between WIT and [`Rules`], once for each published version of the package.
//! What wit-bindgen generates is the raw interface of a component; nothing else of this crate is.

/// `dossier:rules@1.0.0`, the world `rules`.
#[expect(missing_docs, reason = "generated from the WIT file, which documents it")]
pub mod v1 {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "rules",
        pub_export_macro: true,
        default_bindings_module: "dossier_rules_sdk::component::v1",
    });
}

/// `dossier:rules@1.1.0`, the world `configured-rules`.
#[expect(missing_docs, reason = "generated from the WIT file, which documents it")]
pub mod v1_1 {
    wit_bindgen::generate!({
        path: "../../wit/v1.1",
        world: "configured-rules",
        pub_export_macro: true,
        default_bindings_module: "dossier_rules_sdk::component::v1_1",
    });
}

/// `dossier:rules@1.2.0`, the world `observant-rules`.
#[expect(missing_docs, reason = "generated from the WIT file, which documents it")]
pub mod v1_2 {
    wit_bindgen::generate!({
        path: "../../wit/v1.2",
        world: "observant-rules",
        pub_export_macro: true,
        default_bindings_module: "dossier_rules_sdk::component::v1_2",
    });

    use exports::dossier::rules::{evidence, hooks};

    use crate::{Barcode, ObservantRules, Observation, Outcome, SeenPage};

    impl<T: ObservantRules> evidence::Guest for T {
        fn searches() -> Vec<evidence::Search> {
            let searches = T::searches().into_iter();
            let search = |crate::Search { document_type, sources }| evidence::Search {
                document_type,
                sources,
            };
            searches.map(search).collect()
        }

        fn observe(document_type: String, seen: evidence::Observation) {
            T::observe(&document_type, observation(seen));
        }
    }

    fn observation(seen: evidence::Observation) -> Observation {
        let page = |page: evidence::Page| SeenPage {
            picture: page.picture,
            is_rectified: page.is_rectified,
            rotation_degrees: page.rotation_degrees,
            score: page.score,
        };
        let check = |check: evidence::Check| {
            let outcome = match check.outcome {
                hooks::Outcome::Passed => Outcome::Passed,
                hooks::Outcome::Failed => Outcome::Failed,
                hooks::Outcome::NotPerformed => Outcome::NotPerformed,
            };
            (check.code, outcome)
        };
        let candidate =
            |candidate: evidence::Candidate| (candidate.document_type, candidate.confidence);
        let barcode =
            |evidence::Barcode { source, page, content }| Barcode { source, page, content };
        Observation {
            pages: seen.pages.into_iter().map(page).collect(),
            checks: seen.checks.into_iter().map(check).collect(),
            candidates: seen.candidates.into_iter().map(candidate).collect(),
            barcodes: seen.barcodes.into_iter().map(barcode).collect(),
        }
    }
}

/// Implements the settings of one version: they are the same since 1.1.0.
macro_rules! implement_settings {
    ($version:ident) => {
        const _: () = {
            use $version::exports::dossier::rules::{hooks, settings};

            use crate::ConfiguredRules;

            impl<T: ConfiguredRules> settings::Guest for T {
                fn configure(document_type: String, settings: String) -> Result<(), hooks::Error> {
                    T::configure(&document_type, &settings).map_err(|refusal| hooks::Error {
                        code: refusal.code.to_owned(),
                        message: refusal.message,
                    })
                }
            }
        };
    };
}

/// Implements the hooks of one version: the records of all are the same.
macro_rules! implement_hooks {
    ($version:ident) => {
        const _: () = {
            use $version::exports::dossier::rules::hooks;

            use crate::{Check, Field, FieldRequest, Outcome, Reading, Refusal, Report, Rules};

            impl<T: Rules> hooks::Guest for T {
                fn describe() -> hooks::Description {
                    let crate::Description { name, version, document_types } = T::describe();
                    hooks::Description { name, version, document_types }
                }

                fn before(
                    document_type: String,
                    page_count: u32,
                    requested: Option<Vec<String>>,
                    today: String,
                ) -> Result<Vec<hooks::FieldRequest>, hooks::Error> {
                    T::before(&document_type, page_count, requested.as_deref(), &today)
                        .map(|fields| fields.into_iter().map(field_request).collect())
                        .map_err(error)
                }

                fn after(
                    document_type: String,
                    readings: Vec<hooks::Reading>,
                    today: String,
                ) -> Result<hooks::Report, hooks::Error> {
                    let readings = readings.into_iter().map(reading).collect::<Vec<_>>();
                    T::after(&document_type, &readings, &today).map(report).map_err(error)
                }
            }

            fn reading(reading: hooks::Reading) -> Reading {
                let hooks::Reading { name, page, raw, confidence } = reading;
                Reading { name, page, raw, confidence }
            }

            fn error(refusal: Refusal) -> hooks::Error {
                hooks::Error { code: refusal.code.to_owned(), message: refusal.message }
            }

            fn field_request(field: FieldRequest) -> hooks::FieldRequest {
                hooks::FieldRequest {
                    name: field.name.to_owned(),
                    page: field.page,
                    characters: field.characters.to_owned(),
                    max_length: field.max_length,
                    shape: field.shape.map(|(lines, characters_per_line)| hooks::LineShape {
                        lines,
                        characters_per_line,
                    }),
                }
            }

            fn report(report: Report) -> hooks::Report {
                let field = |field: Field| hooks::Field {
                    name: field.name,
                    value: field.value,
                    source: field.source.to_owned(),
                };
                let check = |check: Check| hooks::Check {
                    code: check.code.to_owned(),
                    outcome: match check.outcome {
                        Outcome::Passed => hooks::Outcome::Passed,
                        Outcome::Failed => hooks::Outcome::Failed,
                        Outcome::NotPerformed => hooks::Outcome::NotPerformed,
                    },
                    fields: check.fields.into_iter().map(str::to_owned).collect(),
                    message: check.message.into_owned(),
                };
                hooks::Report {
                    fields: report.fields.into_iter().map(field).collect(),
                    checks: report.checks.into_iter().map(check).collect(),
                }
            }
        };
    };
}

implement_hooks!(v1);
implement_hooks!(v1_1);
implement_hooks!(v1_2);
implement_settings!(v1_1);
implement_settings!(v1_2);
