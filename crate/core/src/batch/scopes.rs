//! Ops on scopes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::read;
use crate::error::Error;
use crate::scopes::{self, Filters};

/// A text of the request, borrowed from the line where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn texts<'s>(list: &'s [Text<'_>]) -> impl Iterator<Item = &'s str> {
    list.iter().map(|text| text.0.as_ref())
}

#[derive(Deserialize)]
struct Scopes<'a> {
    #[serde(borrow)]
    scopes: Vec<Text<'a>>,
}

/// `parse`: as `jupyterhub.scopes.parse_scopes`.
pub(super) fn parse(line: &str) -> Result<Value, Error> {
    let request: Scopes = read(line)?;
    let parsed: Map<String, Value> = scopes::parse(texts(&request.scopes))?
        .into_iter()
        .map(|(base, filters)| {
            let filters = match filters {
                Filters::All => Value::Bool(true),
                Filters::Only(names) => json!(names),
            };
            (base.to_owned(), filters)
        })
        .collect();
    Ok(json!({"parsed": parsed}))
}
