//! The description as one page for people. What it says stands in the description; nothing is loaded.

use serde_json::Value;

/// Keywords of operations, in the order of the page.
const METHODS: [&str; 3] = ["get", "post", "delete"];
/// Schemas within schemas are shown down to here; deeper ones stand by their names.
const DEEPEST: usize = 6;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h2{border-top:1px solid #ccc;padding-top:1rem}code,pre{font-family:ui-monospace,monospace;font-size:.9em}\
pre{background:#f4f4f4;padding:.75rem;overflow:auto}table{border-collapse:collapse;width:100%}\
td,th{border:1px solid #ddd;padding:.25rem .5rem;text-align:left;vertical-align:top}";

/// The page of a description.
pub(super) fn of(description: &str) -> String {
    let description = serde_json::from_str::<Value>(description).unwrap_or_default();
    let mut page = String::from("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    let title = text(&description["info"]["title"]);
    page += &format!("<title>{title}</title><style>{STYLE}</style><h1>{title}</h1>");
    page += &format!("<p>{}</p>", text(&description["info"]["description"]));
    page += "<p>The description itself: <a href=\"/openapi.json\">openapi.json</a></p><ul>";
    let operations = operations(&description);
    for (path, method, operation) in &operations {
        let name = format!("{} {path}", method.to_uppercase());
        let summary = text(&operation["summary"]);
        let anchor = anchor(path, method);
        page += &format!("<li><a href=\"#{anchor}\"><code>{}</code></a> {summary}", escaped(&name));
    }
    page += "</ul>";
    for (path, method, operation) in operations {
        page += &section(&description, path, method, operation);
    }
    page += "<h2>Schemas</h2>";
    for (name, schema) in entries(&description["components"]["schemas"]) {
        let shown = serde_json::to_string_pretty(schema).unwrap_or_default();
        page += &format!("<h3 id=\"{name}\">{name}</h3><pre>{}</pre>", escaped(&shown));
    }
    page += "</html>\n";
    page
}

fn operations(description: &Value) -> Vec<(&str, &'static str, &Value)> {
    let paths = entries(&description["paths"]);
    let operations = paths.flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path, method, item.get(method)?)))
    });
    operations.collect()
}

fn section(description: &Value, path: &str, method: &str, operation: &Value) -> String {
    let name = escaped(&format!("{} {path}", method.to_uppercase()));
    let anchor = anchor(path, method);
    let mut section = format!("<h2 id=\"{anchor}\"><code>{name}</code></h2>");
    section += &format!("<p>{}</p>", text(&operation["summary"]));
    section += &format!("<p>{}</p>", text(&operation["description"]));
    if let Some(parameters) = operation["parameters"].as_array() {
        section += "<table><tr><th>parameter<th>in<th>meaning";
        for parameter in parameters {
            let cells = ["name", "in", "description"].map(|key| text(&parameter[key]));
            section +=
                &format!("<tr><td><code>{}</code><td>{}<td>{}", cells[0], cells[1], cells[2]);
        }
        section += "</table>";
    }
    for (media, content) in entries(&operation["requestBody"]["content"]) {
        section += &format!("<p>Body, <code>{}</code>:</p>", escaped(media));
        section += &shape(description, &content["schema"]);
    }
    section += "<table><tr><th>status<th>what<th>body";
    for (status, response) in entries(&operation["responses"]) {
        let media = entries(&response["content"]).map(|(media, content)| {
            let schema = schema_name(&content["schema"]);
            format!("<code>{}</code> {schema}", escaped(media))
        });
        let media = media.collect::<Vec<_>>().join("<br>");
        let told = text(&response["description"]);
        section += &format!("<tr><td>{status}<td>{told}<td>{media}");
    }
    section += "</table>";
    section
}

/// A schema, as an example of the types of its values.
fn shape(description: &Value, schema: &Value) -> String {
    let shown = example(description, schema, 0);
    let shown = serde_json::to_string_pretty(&shown).unwrap_or_default();
    format!("<pre>{}</pre>", escaped(&shown))
}

fn example(description: &Value, schema: &Value, depth: usize) -> Value {
    if depth == DEEPEST {
        return Value::from("…");
    }
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.trim_start_matches('#');
        let target = description.pointer(pointer).unwrap_or(&Value::Null);
        return example(description, target, depth + 1);
    }
    if let Some(properties) = schema["properties"].as_object() {
        let examples = properties
            .iter()
            .map(|(name, schema)| (name.clone(), example(description, schema, depth + 1)));
        return Value::Object(examples.collect());
    }
    if schema.get("items").is_some() {
        return Value::Array(vec![example(description, &schema["items"], depth + 1)]);
    }
    let one_of = schema["oneOf"].as_array().and_then(|schemas| schemas.last());
    if let Some(one) = one_of {
        return example(description, one, depth + 1);
    }
    match &schema["type"] {
        Value::Array(types) => types.first().cloned().unwrap_or_default(),
        kind => kind.clone(),
    }
}

fn schema_name(schema: &Value) -> String {
    let all_of = schema["allOf"].as_array().and_then(|schemas| schemas.first());
    let name = all_of.unwrap_or(schema)["$ref"].as_str().and_then(|path| path.rsplit('/').next());
    name.map_or_else(String::new, |name| {
        let name = escaped(name);
        format!("<a href=\"#{name}\">{name}</a>")
    })
}

fn anchor(path: &str, method: &str) -> String {
    let plain = path.chars().filter(char::is_ascii_alphanumeric);
    format!("{method}-{}", plain.collect::<String>())
}

fn entries(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = object.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value) -> String {
    escaped(value.as_str().unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
