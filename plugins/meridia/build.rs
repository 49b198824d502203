//! Makes Rust of `document-types.toml`.

fn main() -> std::process::ExitCode {
    dossier_rules_declaration::build()
}
