//! The shape of the file: keys and types, as the schema of the Rust types has them.

use serde_json::{Map, Number, Value as Json};

use super::{Cursor, Reporter};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::schema;
use crate::policy::source::{SourceNode, SourceValue};

/// Reports unknown and missing keys, wrong types, and text that is not of its kind.
pub fn check(lint: &mut Reporter, root: &Cursor) {
    SchemaCheck {
        definitions: schema::definitions(),
    }
    .value(lint, root, schema::policy());
}

struct SchemaCheck {
    definitions: &'static Map<String, Json>,
}

impl SchemaCheck {
    fn value(&self, lint: &mut Reporter, at: &Cursor, schema: &Json) {
        if lint.is_full() {
            return;
        }
        let alternatives = self.alternatives(schema);
        let fitting = alternatives
            .iter()
            .copied()
            .find(|schema| has_type(at.node, schema));
        let Some(schema) = fitting else {
            return wrong_type(lint, at, &alternatives);
        };
        match &at.node.value {
            SourceValue::Map(_) => self.map(lint, at, schema),
            SourceValue::List(items) => {
                let at_least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
                if (items.len() as u64) < at_least {
                    empty(lint, at);
                }
                if let Some(items) = schema.get("items") {
                    for item in at.items() {
                        self.value(lint, &item, items);
                    }
                }
            }
            _ if check_constants(lint, at, &alternatives) => {}
            SourceValue::Text(text) => check_text(lint, at, text, schema),
            SourceValue::Number(number) => check_number(lint, at, number, schema),
            SourceValue::Bool(_) | SourceValue::Null => {}
        }
    }

    fn map(&self, lint: &mut Reporter, at: &Cursor, schema: &Json) {
        let none = Map::new();
        let keys = schema
            .get("properties")
            .and_then(Json::as_object)
            .unwrap_or(&none);
        let others = schema
            .get("additionalProperties")
            .filter(|schema| schema.is_object());
        for (entry, at) in at.entries() {
            match keys.get(&entry.key).or(others) {
                Some(schema) => self.value(lint, &at, schema),
                None => {
                    let near = lint
                        .suggester
                        .find(&entry.key, keys.keys().map(String::as_str));
                    let help = match near {
                        Some(near) => format!("Did you mean `{near}`?"),
                        None => format!("Keys here: {}.", names(keys.keys())),
                    };
                    lint.report_key(
                        DiagnosticCode::UNKNOWN_KEY,
                        entry,
                        &at,
                        format!("There is no key {} here.", quoted(&entry.key)),
                        help,
                    );
                }
            }
        }
        let required = schema.get("required").and_then(Json::as_array);
        for key in required.into_iter().flatten().filter_map(Json::as_str) {
            if at.node.get(key).is_none() {
                lint.report(
                    DiagnosticCode::MISSING_KEY,
                    at,
                    format!("The key `{key}` is missing here."),
                    format!("Add `{key}: …`."),
                );
            }
        }
        let at_least = schema
            .get("minProperties")
            .and_then(Json::as_u64)
            .unwrap_or(0);
        if (at.node.entries().len() as u64) < at_least {
            empty(lint, at);
        }
    }

    /// The schema without references: one, or the alternatives that it consists of.
    fn alternatives<'a>(&'a self, schema: &'a Json) -> Vec<&'a Json> {
        let name = schema.get("$ref").and_then(Json::as_str);
        let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
        let definition = name.and_then(|name| self.definitions.get(name));
        let schema = definition.unwrap_or(schema);
        let any_of = schema.get("anyOf").or_else(|| schema.get("oneOf"));
        match any_of.and_then(Json::as_array) {
            // Beside a type, they only say which keys go together.
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

fn wrong_type(lint: &mut Reporter, at: &Cursor, alternatives: &[&Json]) {
    let wanted = |wanted: &str| {
        let types = alternatives.iter().filter_map(|schema| schema.get("type"));
        types.filter_map(Json::as_str).any(|name| name == wanted)
    };
    let help = match &at.node.value {
        SourceValue::Null => "Write a value, or delete the key.".to_owned(),
        SourceValue::Text(text) if wanted("boolean") => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" => "Write `true`: in YAML 1.2 this is text.".to_owned(),
            "no" | "off" | "false" => "Write `false`: in YAML 1.2 this is text.".to_owned(),
            _ => "Write `true` or `false`.".to_owned(),
        },
        SourceValue::Number(_) | SourceValue::Bool(_) if wanted("string") => {
            format!("Write it in quotes: \"{}\".", at.node.to_json())
        }
        SourceValue::Text(text) if wanted("array") => format!("Write [{text}]."),
        _ => format!("Write {}.", expected(alternatives)),
    };
    lint.report(
        DiagnosticCode::WRONG_TYPE,
        at,
        format!(
            "This must be {}, and it is {}.",
            expected(alternatives),
            at.node.kind()
        ),
        help,
    );
}

fn expected(alternatives: &[&Json]) -> String {
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
fn check_constants(lint: &mut Reporter, at: &Cursor, alternatives: &[&Json]) -> bool {
    let wanted = alternatives.iter().filter_map(|schema| schema.get("const"));
    let wanted: Vec<&Json> = wanted.collect();
    let value = at.node.to_json();
    if wanted.is_empty() || wanted.contains(&&value) {
        return !wanted.is_empty();
    }
    let wanted: Vec<String> = wanted.into_iter().map(plain).collect();
    let near = lint
        .suggester
        .find(&plain(&value), wanted.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("Did you mean `{near}`?"),
        None => format!("Write one of {}.", names(&wanted)),
    };
    let message = format!("This cannot be {}.", quoted(&plain(&value)));
    lint.report(DiagnosticCode::WRONG_VALUE, at, message, help);
    true
}

/// Text without quotes, anything else as JSON.
fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn check_number(lint: &mut Reporter, at: &Cursor, number: &Number, schema: &Json) {
    let bound = |name| schema.get(name).and_then(Json::as_f64);
    let (least, most) = (bound("minimum"), bound("maximum"));
    let number = number.as_f64();
    if number < least || most.is_some() && number > most {
        let from = least.unwrap_or(f64::MIN);
        let to = most.unwrap_or(f64::MAX);
        let help = format!("Write a number from {from} to {to}.");
        lint.report(
            DiagnosticCode::WRONG_VALUE,
            at,
            "This number is out of range.",
            help,
        );
    }
}

fn check_text(lint: &mut Reporter, at: &Cursor, text: &str, schema: &Json) {
    if text.is_empty() {
        return empty(lint, at);
    }
    let format = schema.get("format").and_then(Json::as_str);
    if let Some((code, error)) = schema::check_format(format.unwrap_or_default(), text) {
        lint.report_error(code, at, &error);
    }
}

fn empty(lint: &mut Reporter, at: &Cursor) {
    lint.report(
        DiagnosticCode::EMPTY,
        at,
        format!("This is {} without content.", at.node.kind()),
        "Write what is meant, or delete the key.",
    );
}

fn names<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> String {
    let quoted = names.into_iter().map(|name| format!("`{}`", name.as_ref()));
    quoted.collect::<Vec<_>>().join(", ")
}
