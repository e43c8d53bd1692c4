//! The JSON Schema of policies, from the Rust types and their comments.
//!
//! Types with a reader of their own (a selector may be text, a list or a mapping) have their shape
//! here; a test holds every shape against what the reader accepts.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::findings::Code;
use super::glob::Glob;
use super::model::{
    self, Condition, Entries, Match, Pattern, Selector, ServerSet, Tagging, Version,
};
use super::time::{Moment, Span};
use crate::error::Error;

/// The JSON Schema (draft 2020-12) of a policy file.
#[must_use]
pub fn policy() -> &'static Json {
    static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let schema = generator.into_root_schema_for::<model::Document>();
        let mut schema = schema.to_value();
        tidy(&mut schema);
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

/// Checks text by the `format` of its schema; formats without a check here pass.
pub(super) fn check_format(format: &str, text: &str) -> Option<(Code, Error)> {
    let (code, error) = match format {
        "glob" => (Code::BAD_GLOB, Glob::new(text, false).err()),
        "duration" => (Code::BAD_DURATION, Span::parse(text).err()),
        "date-or-time" => (Code::BAD_TIME, Moment::parse(text).err()),
        "scope" => (Code::BAD_PLACEHOLDER, model::Scope::new(text).err()),
        _ => return None,
    };
    error.map(|error| (code, error))
}

/// Makes the schema as strict as lint: no `null` (a key without a value is a mistake, not a
/// default), no empty text.
fn tidy(schema: &mut Json) {
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
        Json::Object(map) => map.values_mut().for_each(tidy),
        Json::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

macro_rules! shape_of {
    ($($type:ident is $shape:ty;)*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$shape>::json_schema(generator)
            }
        })*
    };
}

shape_of! {
    Selector is AnySelector;
    ServerSet is AnyServerSet;
    Match is AnyMatch;
    Tagging is AnyTagging;
    Condition is AnyCondition;
    Span is AnySpan;
}

impl JsonSchema for Version {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "const": 1})
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Glob".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "glob",
            "description": "`*` any run of characters except `/`, `**` any run, `?` one character \
                except `/`, `[a-z]` one of these, `[!a-z]` one not of these, `\\` takes the next as it is.",
        })
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-or-time",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2}))?$",
            "description": "A date (its whole day in UTC), or an RFC 3339 time with a zone.",
        })
    }
}

impl JsonSchema for model::Scope {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "scope",
            "description": "A scope of the Hub; `{name}` and `{owner}` in its filter are the card's.",
        })
    }
}

impl<T: JsonSchema> JsonSchema for Entries<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("EntriesOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<T>(),
        })
    }
}

/// Text is a whole number with a unit (`500ms`, `15s`, `10m`, `2h`, `1d`); a number counts seconds.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum AnySpan {
    Text(
        #[schemars(regex(pattern = r"^[0-9]+(ms|s|m|h|d)?$"), extend("format" = "duration"))]
        String,
    ),
    Seconds(#[schemars(range(min = 0, max = 31_622_400))] f64),
}

/// A glob, a list of globs of which one must match, or globs with exceptions.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum AnySelector {
    One(Pattern),
    OneOf(Vec<Pattern>),
    Except(Except),
}

#[derive(JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Except {
    /// What is chosen: a glob or a list of globs.
    include: OneOrMore,
    /// What is not: a glob or a list of globs.
    except: Option<OneOrMore>,
}

/// Servers by `owner/name`: a glob, a list of globs, or globs with exceptions and tags.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum AnyServerSet {
    One(Pattern),
    OneOf(Vec<Pattern>),
    Narrowed(Narrowed),
}

#[derive(JsonSchema)]
#[schemars(inline, deny_unknown_fields, extend("anyOf" = [{"required": ["include"]}, {"required": ["tags"]}]))]
#[expect(dead_code, reason = "only the shape is used")]
struct Narrowed {
    /// What is chosen: a glob or a list of globs.
    include: Option<OneOrMore>,
    /// What is not: a glob or a list of globs.
    except: Option<OneOrMore>,
    /// Only servers with one of these tags: a glob or a list of globs.
    tags: Option<OneOrMore>,
}

#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only the shape is used")]
enum OneOrMore {
    One(Pattern),
    More(Vec<Pattern>),
}

/// Cards by what they open; one selector that matches is enough.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
#[expect(dead_code, reason = "only the shape is used")]
struct AnyMatch {
    /// Kernel cards, by kernelspec name (without case).
    kernel: Option<Selector>,
    /// Cards of jupyter-server-proxy, by entry name.
    proxy: Option<Selector>,
    /// Cards of Hub services, by service name.
    service: Option<Selector>,
    /// Cards of servers, by `owner/name`; the default server is `owner/`.
    server: Option<Selector>,
    /// Other cards, by command id.
    command: Option<Selector>,
    /// Cards of any kind, by launcher section.
    category: Option<Selector>,
    /// Cards of any kind, by tag.
    tag: Option<Selector>,
}

/// The cards that get this tag; one selector that matches is enough.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
#[expect(dead_code, reason = "only the shape is used")]
struct AnyTagging {
    /// Kernel cards, by kernelspec name (without case).
    kernel: Option<Selector>,
    /// Cards of jupyter-server-proxy, by entry name.
    proxy: Option<Selector>,
    /// Cards of Hub services, by service name.
    service: Option<Selector>,
    /// Cards of servers, by `owner/name`; the default server is `owner/`.
    server: Option<Selector>,
    /// Other cards, by command id.
    command: Option<Selector>,
    /// Cards of any kind, by launcher section.
    category: Option<Selector>,
}

/// What must hold; several keys mean all of them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
#[expect(dead_code, reason = "only the shape is used")]
struct AnyCondition {
    /// The visitor is in such a group.
    group: Option<Selector>,
    /// The visitor has such a name.
    user: Option<Selector>,
    /// The visitor holds this scope by the Hub's rules.
    scope: Option<model::Scope>,
    /// This kernel exists and its card is shown. An exact name, without case.
    kernel: Option<String>,
    /// The visitor is an admin of the Hub, or is not.
    admin: Option<bool>,
    /// The visitor owns this server, or does not.
    owner: Option<bool>,
    /// Holds always, or never.
    always: Option<bool>,
    /// All of these hold.
    #[schemars(length(min = 1))]
    all: Option<Vec<Condition>>,
    /// One of these holds.
    #[schemars(length(min = 1))]
    any: Option<Vec<Condition>>,
    /// This does not hold.
    not: Option<Box<Condition>>,
}
