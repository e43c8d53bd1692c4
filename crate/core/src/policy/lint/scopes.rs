//! Scopes: which exist, which roles grant, and the scopes that conditions ask for.

use std::collections::{HashMap, HashSet};

use super::cursor::Cursor;
use super::reporter::Reporter;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::ScopeTemplate;
use crate::policy::source::SourceNode;
use crate::scopes::text::{split, split_filter};
use crate::scopes::{CustomScope, Definitions, ScopeSet, check_exists, expand_leniently};

/// Scopes that stand for others, or for none: nobody holds them as such.
const METASCOPES: &[&str] = &["self", "inherit", "(no_scope)"];

/// Scopes that exist, and scopes that roles grant.
pub struct ScopeTable<'a> {
    /// The Hub's scopes and the custom ones.
    pub definitions: Definitions,
    /// Custom scopes with their subscopes.
    pub custom: HashMap<&'a str, Vec<&'a str>>,
    /// Custom scopes whose subscopes lead into a cycle, which the Hub cannot expand.
    pub cyclic: HashSet<&'a str>,
    /// The scopes of roles without their filters, with their subscopes.
    granted: HashSet<&'a str>,
    /// What somebody with all roles holds.
    held: ScopeSet,
}

impl<'a> ScopeTable<'a> {
    /// Collects scopes from `custom_scopes` and `roles`.
    pub fn new(root: &Cursor<'a>) -> Self {
        let custom_scopes = root.get("custom_scopes");
        let custom_scopes = custom_scopes.iter().flat_map(Cursor::entries);
        let custom: HashMap<_, Vec<_>> = custom_scopes
            .map(|(entry, definition)| (entry.key.as_str(), texts(&definition, "subscopes")))
            .collect();
        let definitions = custom.iter().map(|(name, subscopes)| {
            let definition = CustomScope {
                description: String::new(),
                subscopes: subscopes.iter().map(|&name| name.to_owned()).collect(),
            };
            ((*name).to_owned(), definition)
        });
        let definitions = Definitions::with_custom(definitions);
        let roles = root.items_of("roles");
        let scopes = roles.iter().flat_map(|role| texts(role, "scopes"));
        Self {
            granted: reachable(scopes.clone().map(|scope| split(scope).0), &custom),
            held: expand_leniently(scopes, None, None, &definitions).scopes,
            cyclic: cyclic(&custom),
            definitions,
            custom,
        }
    }

    /// Reports a scope that does not exist, or whose filter grants nothing; true if there is no error.
    pub fn check(&self, reporter: &mut Reporter, cursor: &Cursor, scope: &str) -> bool {
        if !self.check_exists(reporter, cursor, scope) {
            return false;
        }
        let (base, filter) = split(scope);
        let (entity, name) = split_filter(filter);
        if filter.contains('=') && name.is_empty() {
            reporter.report(
                DiagnosticCode::BAD_FILTER,
                cursor,
                format!("The filter `!{entity}=` has no name."),
                format!("Write a name after `!{entity}=`."),
            );
            return false;
        }
        if name.contains(['*', '?', '[']) {
            reporter.report(
                DiagnosticCode::GLOB_IN_SCOPE,
                cursor,
                format!(
                    "The Hub takes {} literally, so this scope gives access to nothing.",
                    quoted(name)
                ),
                "Write one scope for each name. `grants` share servers by globs.",
            );
            return false;
        }
        check_filter_has_effect(reporter, cursor, base, filter);
        true
    }

    fn check_exists(&self, reporter: &mut Reporter, cursor: &Cursor, scope: &str) -> bool {
        let Err(error) = check_exists(scope, &self.definitions) else {
            return true;
        };
        let base = split(scope).0;
        let (message, help) = error
            .message
            .split_once(". ")
            .unwrap_or((&error.message, ""));
        let is_unknown = error.code == "unknown-scope";
        let near = is_unknown
            .then(|| reporter.suggester.find(base, self.definitions.names()))
            .flatten();
        let help = match near {
            Some(near) => format!("Did you mean `{near}`?"),
            None if base.starts_with("custom:") => "Define it under `custom_scopes`.".to_owned(),
            None if help.is_empty() => {
                "See the list of scopes in JupyterHub's documentation.".to_owned()
            }
            None => help.to_owned(),
        };
        let code = if is_unknown {
            DiagnosticCode::UNKNOWN_SCOPE
        } else {
            DiagnosticCode::BAD_FILTER
        };
        let message = format!("{}.", message.trim_end_matches('.'));
        reporter.report(code, cursor, message, help);
        false
    }

    /// Checks the scope that a condition asks for.
    pub fn check_condition(&self, reporter: &mut Reporter, cursor: &Cursor) {
        let Some(text) = cursor.node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        if ScopeTemplate::new(text).is_err() {
            return; // `schema_check` has reported it.
        }
        let (base, filter) = split(text);
        if base.contains('{') {
            reporter.report(
                DiagnosticCode::BAD_PLACEHOLDER,
                cursor,
                "A placeholder can only be in the filter of a scope.",
                "Write the scope out, such as `access:servers!server={owner}/{name}`.",
            );
            return;
        }
        let filled = text.replace("{name}", "name").replace("{owner}", "owner");
        if !self.check(reporter, cursor, &filled) {
            return;
        }
        if !filter.is_empty() && !filter.contains('=') {
            reporter.report(
                DiagnosticCode::BAD_FILTER,
                cursor,
                format!("A condition must say which {filter}."),
                format!(
                    "Write a name: `{base}!{filter}=…`; `{{owner}}` and `{{name}}` are the card's."
                ),
            );
        } else if METASCOPES.contains(&base) {
            reporter.report(
                DiagnosticCode::CONSTANT,
                cursor,
                format!("This never holds: `{base}` stands for other scopes, and nobody holds it as such."),
                "Write the scope that you mean.",
            );
        } else if self.custom.contains_key(base) && !self.granted.contains(base) {
            reporter.report(
                DiagnosticCode::NOT_GRANTED,
                cursor,
                format!("No role here grants {}.", quoted(base)),
                "Add it to the `scopes` of a role, unless the Hub's own configuration does.",
            );
        } else if !reaches_server(text) && !self.held.has(text, false, None).unwrap_or(true) {
            reporter.report(
                DiagnosticCode::NOT_GRANTED,
                cursor,
                format!(
                    "No role here grants {}, and visitors' tokens do not carry it to a server.",
                    quoted(text)
                ),
                "Add it to the `scopes` of a role here, or ask for a group.",
            );
        }
    }
}

/// Warns of a filter that the scope does not look at.
fn check_filter_has_effect(reporter: &mut Reporter, cursor: &Cursor, base: &str, filter: &str) {
    let (entity, name) = split_filter(filter);
    let entities: &[&str] = match base {
        "access:servers" => &["user", "group", "server"],
        "access:services" => &["service"],
        _ => &["user", "group", "server", "service"],
    };
    if !filter.is_empty() && !entities.contains(&entity) {
        let filters: Vec<_> = entities
            .iter()
            .map(|entity| format!("`!{entity}=`"))
            .collect();
        reporter.report(
            DiagnosticCode::INEFFECTIVE_FILTER,
            cursor,
            format!("`{base}` ignores `!{entity}`, so this gives access to nothing."),
            format!("Write {}.", filters.join(" or ")),
        );
    } else if entity == "server" && !name.is_empty() && !name.contains('/') {
        reporter.report(
            DiagnosticCode::INEFFECTIVE_FILTER,
            cursor,
            format!("The name {} of a server lacks its owner.", quoted(name)),
            format!("Write `!server=OWNER/{name}`; a default server is `!server=OWNER/`."),
        );
    }
}

/// Whether visitors' tokens carry a scope to their servers, or shares and the card say who has it;
/// follows `jupyterlab_scoped_launcher.hub.tokens`.
fn reaches_server(scope: &str) -> bool {
    let (base, filter) = split(scope);
    base.starts_with("custom:")
        || base == "access:servers"
        || (base == "access:services" && filter.starts_with("service="))
        || scope.contains('{')
}

fn texts<'a>(cursor: &Cursor<'a>, key: &str) -> Vec<&'a str> {
    let items = cursor.node.get(key).map(SourceNode::items);
    let items = items.unwrap_or_default().iter();
    items.filter_map(SourceNode::text).collect()
}

/// Scopes and, of custom ones, all their subscopes.
fn reachable<'a>(
    scopes: impl Iterator<Item = &'a str>,
    custom: &HashMap<&'a str, Vec<&'a str>>,
) -> HashSet<&'a str> {
    let mut left: Vec<&str> = scopes.collect();
    let mut reached = HashSet::new();
    while let Some(scope) = left.pop() {
        if reached.insert(scope) {
            left.extend(custom.get(scope).into_iter().flatten());
        }
    }
    reached
}

/// Custom scopes whose subscopes lead into a cycle: those that have no place in a topological order
/// (Kahn's algorithm, for all scopes at once).
fn cyclic<'a>(custom: &HashMap<&'a str, Vec<&'a str>>) -> HashSet<&'a str> {
    let mut includers: HashMap<&str, Vec<&str>> = HashMap::new();
    // Scopes without a place so far, with the number of their subscopes without one.
    let mut unplaced = HashMap::new();
    for (name, subscopes) in custom {
        let defined = subscopes.iter().filter(|name| custom.contains_key(*name));
        unplaced.insert(*name, defined.clone().count());
        defined.for_each(|subscope| includers.entry(subscope).or_default().push(name));
    }
    let ready = unplaced.iter().filter(|(_, count)| **count == 0);
    let mut ready: Vec<&str> = ready.map(|(name, _)| *name).collect();
    while let Some(scope) = ready.pop() {
        unplaced.remove(scope);
        for includer in includers.get(scope).into_iter().flatten() {
            if let Some(count) = unplaced.get_mut(includer) {
                *count -= 1;
                if *count == 0 {
                    ready.push(includer);
                }
            }
        }
    }
    unplaced.into_keys().collect()
}
