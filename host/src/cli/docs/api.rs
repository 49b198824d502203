//! `reference/api.md`: the description of the listener for documents, for people to look things up in.

use std::fmt::Write as _;

use serde_json::Value;

use super::{head, row};
use crate::api::openapi_text;

const METHODS: [&str; 3] = ["get", "post", "delete"];

const TOP: &str = "\
# The API, route by route

`dossier docs` writes this page from the description that the host gives out as `/openapi.json`
([openapi.json](../openapi.json)): change it where the routes are.

[For clients](../client.md) tells what it is for and what the answers mean. Every route may also refuse with the codes
of [any request](errors.md#any-request), and all but the probes and `/v2` with those of [who asks](errors.md#who-asks).
";

/// The page.
pub(super) fn page() -> String {
    // It was made of what is described.
    let described = serde_json::from_str::<Value>(openapi_text()).unwrap_or_default();
    let mut page = TOP.to_owned();
    for (path, item) in entries(&described["paths"]) {
        for (method, operation) in METHODS.iter().filter_map(|name| Some((name, item.get(name)?))) {
            write_operation(&mut page, path, method, operation);
        }
    }
    page += "\n## Schemas\n";
    for (name, schema) in entries(&described["components"]["schemas"]) {
        write_schema(&mut page, name, schema);
    }
    page
}

// Writing to a String can't fail.
fn write_operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let summary = text(&operation["summary"]);
    let _ = write!(page, "\n## {} {path}\n\n{summary}\n", method.to_uppercase());
    if let Some(parameters) = operation["parameters"].as_array() {
        page.push('\n');
        *page += &head(["parameter", "in", "type", "meaning"]);
        for parameter in parameters {
            let name = format!("`{}`", text(&parameter["name"]));
            let (place, meaning) = (text(&parameter["in"]), text(&parameter["description"]));
            *page += &row([&name, place, &kind(&parameter["schema"]), meaning]);
        }
    }
    for (media, content) in entries(&operation["requestBody"]["content"]) {
        let _ = write!(page, "\nBody, `{media}`: {}\n", kind(&content["schema"]));
    }
    page.push('\n');
    *page += &head(["status", "answer", "body"]);
    for (status, response) in entries(&operation["responses"]) {
        let content = entries(&response["content"]).next();
        let body = content.map_or_else(String::new, |(_, content)| kind(&content["schema"]));
        *page += &row([status, text(&response["description"]), &body]);
    }
}

fn write_schema(page: &mut String, name: &str, schema: &Value) {
    let _ = write!(page, "\n### {name}\n\n");
    let about = text(&schema["description"]);
    if !about.is_empty() {
        let _ = write!(page, "{about}\n\n");
    }
    let parts = schema["allOf"].as_array().map_or_else(|| vec![schema], |all| all.iter().collect());
    *page += &head(["key", "type", "always there", "meaning"]);
    for part in parts {
        if part.get("$ref").is_some() {
            *page += &row(["all of", &kind(part), "", ""]);
        }
        let required = part["required"].as_array().cloned().unwrap_or_default();
        for (key, property) in entries(&part["properties"]) {
            let is_required = required.iter().any(|name| name == key);
            let key = format!("`{key}`");
            let always = if is_required { "yes" } else { "" };
            *page += &row([&key, &kind(property), always, text(&property["description"])]);
        }
    }
}

/// What a value is, in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(parts) = schema["oneOf"].as_array() {
        return parts.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    if let Some(first) = schema["allOf"].as_array().and_then(|parts| parts.first()) {
        return kind(first);
    }
    if let Some(words) = schema["enum"].as_array() {
        let words = words.iter().map(|word| format!("`{}`", text(word)));
        return words.collect::<Vec<_>>().join(", ");
    }
    let of = |name: &str| match name {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" if schema["properties"].is_object() => {
            let keys = entries(&schema["properties"]).map(|(key, _)| format!("`{key}`"));
            keys.collect::<Vec<_>>().join(", ")
        }
        name => format!("{name}{}", bounds(schema)),
    };
    match &schema["type"] {
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(of).collect::<Vec<_>>().join(" or ")
        }
        name => name.as_str().map(of).unwrap_or_default(),
    }
}

fn bounds(schema: &Value) -> String {
    let bound = |least: &str, most: &str, of: &str| match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => format!(", {least} to {most}{of}"),
        (Some(least), None) => format!(", from {least}{of}"),
        (None, Some(most)) => format!(", up to {most}{of}"),
        (None, None) => String::new(),
    };
    bound("minimum", "maximum", "") + &bound("minLength", "maxLength", " long")
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = object.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
