//! Ops on scopes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::read;
use crate::error::Error;
use crate::scopes::ScopeSet;

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
    let parsed = ScopeSet::parse(texts(&request.scopes))?;
    let mut answer: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for scope in parsed.iter() {
        let entities = answer.entry(scope.base).or_default();
        if let Some((entity, name)) = scope.filter {
            entities.entry(entity).or_default().insert(name);
        }
    }
    let answer = answer.into_iter().map(|(base, entities)| {
        // Only a scope without a filter has no names.
        let filters = match entities.is_empty() {
            true => Value::Bool(true),
            false => json!(entities),
        };
        (base.to_owned(), filters)
    });
    Ok(json!({"parsed": answer.collect::<Map<String, Value>>()}))
}
