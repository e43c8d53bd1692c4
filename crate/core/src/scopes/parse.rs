//! Scopes as a table, in the shape of `jupyterhub.scopes.parse_scopes`.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{empty_filter, split, split_filter};
use crate::error::Error;

/// What a base scope is held for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filters<'a> {
    /// Everything: the scope is held without a filter.
    All,
    /// Only these names, by entity (`user`, `server`, `service`, `group`).
    Only(BTreeMap<&'a str, BTreeSet<&'a str>>),
}

/// Base scopes and what each is held for.
pub type Parsed<'a> = BTreeMap<&'a str, Filters<'a>>;

/// Parses expanded scopes; follows `jupyterhub.scopes.parse_scopes`.
///
/// The order matters as it does there: a filter after its unfiltered scope is not looked at.
///
/// # Errors
/// `empty-filter` for a filter without a name.
pub fn parse<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Result<Parsed<'a>, Error> {
    let mut parsed = Parsed::new();
    for scope in scopes {
        let (base, filter) = split(scope);
        if filter.is_empty() {
            parsed.insert(base, Filters::All);
            continue;
        }
        let held = parsed
            .entry(base)
            .or_insert_with(|| Filters::Only(BTreeMap::new()));
        if let Filters::Only(entities) = held {
            let (entity, name) = split_filter(filter);
            if name.is_empty() {
                return Err(empty_filter(base, filter));
            }
            entities.entry(entity).or_default().insert(name);
        }
    }
    Ok(parsed)
}
