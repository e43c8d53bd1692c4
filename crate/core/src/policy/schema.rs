//! The JSON Schema of policies, from the Rust types and their comments.
//!
//! Types that do not derive their schema have it beside them in `document`, or here. Tests compare the
//! schema with what the reader accepts.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::diagnostic::DiagnosticCode;
use super::document::{Document, OrderedMap, ScopeTemplate, Template};
use super::glob::Glob;
use super::time::{Duration, TimeOfDay, TimeSpec, TimeZoneSpec};
use crate::error::Error;

/// The JSON Schema (draft 2020-12) of a policy file.
#[must_use]
pub fn policy() -> &'static Json {
    static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let schema = generator.into_root_schema_for::<Document>();
        let mut schema = schema.to_value();
        make_strict(&mut schema);
        if let Some(root) = schema.as_object_mut() {
            root.insert("title".to_owned(), json!("Launcher policy"));
        }
        schema
    });
    &SCHEMA
}

/// The types that [`policy`] refers to, by name.
pub(super) fn definitions() -> &'static Map<String, Json> {
    static DEFINITIONS: LazyLock<Map<String, Json>> = LazyLock::new(|| {
        let definitions = policy().get("$defs").and_then(Json::as_object);
        definitions.cloned().unwrap_or_default()
    });
    &DEFINITIONS
}

/// Checks text by the `format` of its schema. Text of other formats is not checked.
pub(super) fn check_format(format: &str, text: &str) -> Option<(DiagnosticCode, Error)> {
    let (code, error) = match format {
        "glob" => (DiagnosticCode::BAD_GLOB, Glob::check_length(text).err()),
        "duration" => (DiagnosticCode::BAD_DURATION, Duration::parse(text).err()),
        "date-or-time" => (DiagnosticCode::BAD_TIME, TimeSpec::parse(text).err()),
        "time-of-day" => (DiagnosticCode::BAD_TIME, TimeOfDay::parse(text).err()),
        "timezone" => (
            DiagnosticCode::BAD_TIMEZONE,
            TimeZoneSpec::parse(text).err(),
        ),
        "template" => (DiagnosticCode::BAD_PLACEHOLDER, Template::new(text).err()),
        "scope" => (
            DiagnosticCode::BAD_PLACEHOLDER,
            ScopeTemplate::new(text).err(),
        ),
        _ => return None,
    };
    error.map(|error| (code, error))
}

/// Makes the schema as strict as lint: no `null` (a key without a value is an error, and does not mean
/// the default), no empty text.
fn make_strict(schema: &mut Json) {
    let null = json!({"type": "null"});
    if let Some(schema) = schema.as_object_mut() {
        if let Some(Json::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Json::Array(alternatives)) = schema.get_mut("anyOf") {
            alternatives.retain(|alternative| *alternative != null);
            if let [Json::Object(only)] = alternatives.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                schema.extend(only);
            }
        }
        if schema.get("default").is_some_and(Json::is_null) {
            schema.remove("default");
        }
        let is_free_text = schema.get("type").is_some_and(|name| name == "string")
            && !schema.contains_key("const");
        if is_free_text {
            schema.insert("minLength".to_owned(), json!(1));
        }
    }
    match schema {
        Json::Object(map) => map.values_mut().for_each(make_strict),
        Json::Array(items) => items.iter_mut().for_each(make_strict),
        _ => {}
    }
}

impl JsonSchema for TimeSpec {
    fn schema_name() -> Cow<'static, str> {
        "TimeSpec".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-or-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$",
            "description": "A date (its whole day), or a time; both in the policy's `timezone` unless the time has a \
                zone of its own.",
        })
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Text is a whole number with a unit (`500ms`, `15s`, `10m`, `2h`, `1d`); a number counts seconds.",
            "anyOf": [
                {"type": "string", "format": "duration", "pattern": "^[0-9]+(ms|s|m|h|d)?$"},
                {"type": "number", "minimum": 0, "maximum": 31_622_400},
            ],
        })
    }
}

impl<T: JsonSchema> JsonSchema for OrderedMap<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("OrderedMapOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}
