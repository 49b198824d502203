//! `reference/contract.md`: the WIT files, as they are.

/// The page.
pub(super) fn page() -> String {
    let newest = include_str!("../../../../wit/v1.1/rules.wit");
    format!(
        "# The contract of rules

`dossier docs` writes this page from `wit/`: change it there.

Rules are a component that exports `hooks`, and `settings` where an operator may set something. The host speaks both
versions; [wit/README.md](../../../wit/README.md) tells how they may change, and
[plugins/README.md](../../../plugins/README.md) how rules are written.

## 1.1.0

```wit
{newest}```

## 1.0.0

```wit
{oldest}```
",
        oldest = dossier_plugin::WIT_V1,
    )
}
