//! Keys and types, checked by the JSON Schema of the Rust types.

use serde_json::{Map, Number, Value as Json};

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::schema;
use crate::policy::source::{SourceNode, SourceValue};

/// Reports unknown and missing keys, wrong types, and text that is not of its kind.
pub fn check(reporter: &mut Reporter, root: &Cursor) {
    SchemaCheck {
        definitions: schema::definitions(),
    }
    .value(reporter, root, schema::policy());
}

struct SchemaCheck {
    definitions: &'static Map<String, Json>,
}

impl SchemaCheck {
    fn value(&self, reporter: &mut Reporter, cursor: &Cursor, schema: &Json) {
        if reporter.is_full() {
            return;
        }
        let alternatives = self.alternatives(schema);
        let matching = alternatives
            .iter()
            .copied()
            .find(|schema| has_type(cursor.node, schema));
        let Some(schema) = matching else {
            return report_wrong_type(reporter, cursor, &alternatives);
        };
        match &cursor.node.value {
            SourceValue::Map(_) => self.map(reporter, cursor, schema),
            SourceValue::List(items) => {
                let min_items = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
                if (items.len() as u64) < min_items {
                    report_empty(reporter, cursor);
                }
                if let Some(items) = schema.get("items") {
                    for item in cursor.items() {
                        self.value(reporter, &item, items);
                    }
                }
            }
            _ if check_constants(reporter, cursor, &alternatives) => {}
            SourceValue::Text(text) => check_text(reporter, cursor, text, schema),
            SourceValue::Number(number) => check_number(reporter, cursor, number, schema),
            SourceValue::Bool(_) | SourceValue::Null => {}
        }
    }

    fn map(&self, reporter: &mut Reporter, cursor: &Cursor, schema: &Json) {
        let none = Map::new();
        let keys = schema
            .get("properties")
            .and_then(Json::as_object)
            .unwrap_or(&none);
        let others = schema
            .get("additionalProperties")
            .filter(|schema| schema.is_object());
        let allows_all = schema.get("additionalProperties") == Some(&Json::Bool(true));
        for (entry, value) in cursor.entries() {
            match keys.get(&entry.key).or(others) {
                Some(schema) => self.value(reporter, &value, schema),
                None if allows_all => {}
                None => {
                    let near = reporter
                        .suggester
                        .find(&entry.key, keys.keys().map(String::as_str));
                    let help = match near {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None => format!("The keys here are {}.", list_names(keys.keys())),
                    };
                    reporter.report_key(
                        DiagnosticCode::UNKNOWN_KEY,
                        entry,
                        &value,
                        format!("Unknown key {}.", quoted(&entry.key)),
                        help,
                    );
                }
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if cursor.node.get(key).is_none() {
                reporter.report(
                    DiagnosticCode::MISSING_KEY,
                    cursor,
                    format!("The key `{key}` is missing."),
                    format!("Add `{key}: …`."),
                );
            }
        }
        let min_properties = schema
            .get("minProperties")
            .and_then(Json::as_u64)
            .unwrap_or(0);
        if (cursor.node.entries().len() as u64) < min_properties {
            report_empty(reporter, cursor);
        }
    }

    /// The schema without references: itself, or the alternatives that it consists of.
    fn alternatives<'a>(&'a self, schema: &'a Json) -> Vec<&'a Json> {
        let name = schema.get("$ref").and_then(Json::as_str);
        let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
        let definition = name.and_then(|name| self.definitions.get(name));
        let schema = definition.unwrap_or(schema);
        let any_of = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        match any_of.and_then(Json::as_array) {
            // Beside a type, alternatives only say which keys go together.
            Some(all) if schema.get("type").is_none() => {
                all.iter().flat_map(|one| self.alternatives(one)).collect()
            }
            _ => vec![schema],
        }
    }
}

fn has_type(node: &SourceNode, schema: &Json) -> bool {
    match schema.get("type").and_then(Json::as_str) {
        Some("object") => matches!(node.value, SourceValue::Map(_)),
        Some("array") => matches!(node.value, SourceValue::List(_)),
        Some("string") => matches!(node.value, SourceValue::Text(_)),
        Some("boolean") => matches!(node.value, SourceValue::Bool(_)),
        Some("integer" | "number") => matches!(node.value, SourceValue::Number(_)),
        _ => true,
    }
}

fn report_wrong_type(reporter: &mut Reporter, cursor: &Cursor, alternatives: &[&Json]) {
    let may_be = |type_name: &str| {
        let types = alternatives.iter().filter_map(|schema| schema.get("type"));
        types.filter_map(Json::as_str).any(|name| name == type_name)
    };
    let help = match &cursor.node.value {
        SourceValue::Null => "Write a value, or delete the key.".to_owned(),
        SourceValue::Text(text) if may_be("boolean") => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => "Write `true`: in YAML 1.2 this is text.".to_owned(),
            "no" | "off" | "false" => "Write `false`: in YAML 1.2 this is text.".to_owned(),
            _ => "Write `true` or `false`.".to_owned(),
        },
        SourceValue::Number(_) | SourceValue::Bool(_) if may_be("string") => {
            format!("Write it in quotes: \"{}\".", cursor.node.to_json())
        }
        SourceValue::Text(text) if may_be("array") => format!("Write [{text}]."),
        _ => format!("Write {}.", expected_types(alternatives)),
    };
    reporter.report(
        DiagnosticCode::WRONG_TYPE,
        cursor,
        format!(
            "This must be {}, but it is {}.",
            expected_types(alternatives),
            cursor.node.kind()
        ),
        help,
    );
}

fn expected_types(alternatives: &[&Json]) -> String {
    let kinds = alternatives
        .iter()
        .map(|schema| match schema.get("type").and_then(Json::as_str) {
            Some("object") => "a mapping",
            Some("array") => "a list",
            Some("string") => "text",
            Some("boolean") => "true or false",
            _ => "a number",
        });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.dedup();
    kinds.join(" or ")
}

/// Reports a value that is none of the constants; says whether there are constants.
fn check_constants(reporter: &mut Reporter, cursor: &Cursor, alternatives: &[&Json]) -> bool {
    let constants = alternatives.iter().filter_map(|schema| schema.get("const"));
    let constants: Vec<&Json> = constants.collect();
    let value = cursor.node.to_json();
    if constants.is_empty() || constants.contains(&&value) {
        return !constants.is_empty();
    }
    let constants: Vec<String> = constants.into_iter().map(unquoted).collect();
    let near = reporter
        .suggester
        .find(&unquoted(&value), constants.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Write one of {}.", list_names(&constants)),
    };
    let message = format!("{} is not allowed here.", quoted(&unquoted(&value)));
    reporter.report(DiagnosticCode::WRONG_VALUE, cursor, message, help);
    true
}

/// Text without quotes, anything else as JSON.
fn unquoted(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn check_number(reporter: &mut Reporter, cursor: &Cursor, number: &Number, schema: &Json) {
    let bound = |name| schema.get(name).and_then(Json::as_f64);
    let (minimum, maximum) = (bound("minimum"), bound("maximum"));
    let number = number.as_f64();
    if number < minimum || maximum.is_some() && number > maximum {
        let from = minimum.unwrap_or(f64::MIN);
        let to = maximum.unwrap_or(f64::MAX);
        let help = format!("Write a number from {from} to {to}.");
        reporter.report(
            DiagnosticCode::WRONG_VALUE,
            cursor,
            "This number is out of range.",
            help,
        );
    }
}

fn check_text(reporter: &mut Reporter, cursor: &Cursor, text: &str, schema: &Json) {
    if text.is_empty() {
        return report_empty(reporter, cursor);
    }
    let format = schema.get("format").and_then(Json::as_str);
    if let Some((code, error)) = schema::check_format(format.unwrap_or_default(), text) {
        reporter.report_error(code, cursor, &error);
    }
}

fn report_empty(reporter: &mut Reporter, cursor: &Cursor) {
    reporter.report(
        DiagnosticCode::EMPTY,
        cursor,
        format!("This is {} without content.", cursor.node.kind()),
        "Write a value, or delete the key.",
    );
}

fn list_names<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let quoted = names.into_iter().map(|name| format!("`{}`", name.as_ref()));
    quoted.collect::<Vec<_>>().join(", ")
}
