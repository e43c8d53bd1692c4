//! Roles, custom scopes, and the scopes that conditions ask for.

use std::collections::{HashMap, HashSet};

use super::rules::unique;
use super::{Cursor, Reporter};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::ScopeTemplate;
use crate::policy::source::{SourceNode, SourceValue};
use crate::scopes::text::{split, split_filter};
use crate::scopes::{
    CustomScope, Definitions, ScopeSet, check_exists, expand_leniently, is_custom_name,
};

/// Roles that exist without being defined; follows `jupyterhub.roles.get_default_roles`.
const DEFAULT_ROLES: &[&str] = &["user", "admin", "server", "token"];

/// Scopes that stand for others, or for none: nobody holds them as such.
const METASCOPES: &[&str] = &["self", "inherit", "(no_scope)"];

/// Scopes that exist, and custom scopes that roles grant.
pub struct ScopeTable<'a> {
    definitions: Definitions,
    /// Custom scopes with their subscopes.
    custom: HashMap<&'a str, Vec<&'a str>>,
    /// Custom scopes whose subscopes lead into a cycle, which the Hub cannot expand.
    cyclic: HashSet<&'a str>,
    /// NameTable of scopes in roles, with their subscopes.
    granted: HashSet<&'a str>,
    /// What those who have all roles hold.
    held: ScopeSet,
}

impl<'a> ScopeTable<'a> {
    /// Collects them from `custom_scopes` and `roles`.
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
        let roles = root.items_of("roles");
        let scopes = roles.iter().flat_map(|role| texts(role, "scopes"));
        let granted = reachable(scopes.clone().map(|scope| split(scope).0), &custom);
        let definitions = Definitions::with_custom(definitions);
        Self {
            held: expand_leniently(scopes, None, None, &definitions).scopes,
            definitions,
            cyclic: cyclic(&custom),
            granted,
            custom,
        }
    }

    /// Reports a scope that does not exist, or whose filter grants nothing; says whether all is well.
    fn check(&self, lint: &mut Reporter, at: &Cursor, scope: &str) -> bool {
        let (base, filter) = split(scope);
        let (entity, name) = split_filter(filter);
        if let Err(error) = check_exists(scope, &self.definitions) {
            let (message, help) = error
                .message
                .split_once(". ")
                .unwrap_or((&error.message, ""));
            let is_unknown = error.code == "unknown-scope";
            let near = is_unknown
                .then(|| lint.suggester.find(base, self.definitions.names()))
                .flatten();
            let help = match near {
                Some(near) => format!("Did you mean `{near}`?"),
                None if base.starts_with("custom:") => {
                    "Define it under `custom_scopes`.".to_owned()
                }
                None if help.is_empty() => "The Hub's documentation lists its scopes.".to_owned(),
                None => help.to_owned(),
            };
            let code = if is_unknown {
                DiagnosticCode::UNKNOWN_SCOPE
            } else {
                DiagnosticCode::BAD_FILTER
            };
            lint.report(
                code,
                at,
                format!("{}.", message.trim_end_matches('.')),
                help,
            );
            return false;
        }
        if filter.contains('=') && name.is_empty() {
            lint.report(
                DiagnosticCode::BAD_FILTER,
                at,
                format!("The filter `!{entity}=` names nothing."),
                format!("Write a name behind `!{entity}=`."),
            );
            return false;
        }
        if name.contains(['*', '?', '[']) {
            lint.report(
                DiagnosticCode::GLOB_IN_SCOPE,
                at,
                format!(
                    "The Hub takes {} literally, so this scope gives access to nothing.",
                    quoted(name)
                ),
                "Write one scope for each name. `grants` share servers by globs.",
            );
            return false;
        }
        let useful: &[&str] = match base {
            "access:servers" => &["user", "group", "server"],
            "access:services" => &["service"],
            _ => &["user", "group", "server", "service"],
        };
        if !filter.is_empty() && !useful.contains(&entity) {
            let useful: Vec<_> = useful
                .iter()
                .map(|entity| format!("`!{entity}=`"))
                .collect();
            lint.report(
                DiagnosticCode::IDLE_FILTER,
                at,
                format!("`{base}` does not look at `!{entity}`, so this gives access to nothing."),
                format!("Write {}.", useful.join(" or ")),
            );
        } else if entity == "server" && !name.is_empty() && !name.contains('/') {
            lint.report(
                DiagnosticCode::IDLE_FILTER,
                at,
                format!(
                    "{} is not the name of a server with its owner.",
                    quoted(name)
                ),
                format!("Write `!server=OWNER/{name}`; a default server is `!server=OWNER/`."),
            );
        }
        true
    }

    /// Checks the scope that a condition asks for.
    pub fn check_condition(&self, lint: &mut Reporter, at: &Cursor) {
        let Some(text) = at.node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        if ScopeTemplate::new(text).is_err() {
            return; // `shape` has said so.
        }
        let (base, filter) = split(text);
        if base.contains('{') {
            lint.report(
                DiagnosticCode::BAD_PLACEHOLDER,
                at,
                "A placeholder can only stand in the filter of a scope.",
                "Write the scope out, such as `access:servers!server={owner}/{name}`.",
            );
            return;
        }
        let filled = text.replace("{name}", "name").replace("{owner}", "owner");
        if !self.check(lint, at, &filled) {
            return;
        }
        if !filter.is_empty() && !filter.contains('=') {
            lint.report(
                DiagnosticCode::BAD_FILTER,
                at,
                format!("A condition must say which {filter}."),
                format!(
                    "Write a name: `{base}!{filter}=…`; `{{owner}}` and `{{name}}` are the card's."
                ),
            );
        } else if METASCOPES.contains(&base) {
            lint.report(
                DiagnosticCode::CONSTANT,
                at,
                format!("This never holds: `{base}` stands for other scopes, and nobody holds it as such."),
                "Write the scope that is meant.",
            );
        } else if self.custom.contains_key(base) && !self.granted.contains(base) {
            lint.report(
                DiagnosticCode::NOT_GRANTED,
                at,
                format!("No role here grants {}.", quoted(base)),
                "Add it to the `scopes` of a role, unless the Hub's own configuration does.",
            );
        } else if !is_asked_for(text) && !self.held.has(text, false, None).unwrap_or(true) {
            lint.report(
                DiagnosticCode::NOT_GRANTED,
                at,
                format!(
                    "No role here grants {}, and `configure` lets no token carry it to a server.",
                    quoted(text)
                ),
                "Add it to the `scopes` of a role here, or ask for a group.",
            );
        }
    }
}

/// Whether visitors' tokens carry a scope as far as their holders have it, or shares and the card say
/// who has it; follows `jupyterlab_scoped_launcher.hub.tokens`.
fn is_asked_for(scope: &str) -> bool {
    let (base, filter) = split(scope);
    base.starts_with("custom:")
        || base == "access:servers"
        || (base == "access:services" && filter.starts_with("service="))
        || scope.contains('{')
}

fn texts<'a>(at: &Cursor<'a>, key: &str) -> Vec<&'a str> {
    let items = at.node.get(key).map(SourceNode::items).unwrap_or_default();
    items.iter().filter_map(SourceNode::text).collect()
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

/// What is left when, again and again, scopes are taken away all of whose subscopes are: only
/// what leads into a cycle.
fn cyclic<'a>(custom: &HashMap<&'a str, Vec<&'a str>>) -> HashSet<&'a str> {
    let mut includers: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut left = HashMap::new();
    for (name, subscopes) in custom {
        let defined = subscopes.iter().filter(|name| custom.contains_key(*name));
        left.insert(*name, defined.clone().count());
        defined.for_each(|subscope| includers.entry(subscope).or_default().push(name));
    }
    let mut ends: Vec<&str> = left
        .iter()
        .filter(|(_, n)| **n == 0)
        .map(|(name, _)| *name)
        .collect();
    while let Some(end) = ends.pop() {
        left.remove(end);
        for includer in includers.get(end).into_iter().flatten() {
            if let Some(count) = left.get_mut(includer) {
                *count -= 1;
                if *count == 0 {
                    ends.push(includer);
                }
            }
        }
    }
    left.into_keys().collect()
}

/// Checks `custom_scopes` and `roles` as the Hub does when it starts.
pub fn check(lint: &mut Reporter, root: &Cursor, known: &ScopeTable) {
    check_custom_scopes(lint, root, known);
    let roles = root.items_of("roles");
    unique(lint, "role", &roles, "name");
    for role in &roles {
        check_role(lint, role, known);
    }
}

fn check_custom_scopes(lint: &mut Reporter, root: &Cursor, known: &ScopeTable) {
    let hub = Definitions::default();
    let custom_scopes = root.get("custom_scopes");
    for (entry, definition) in custom_scopes.iter().flat_map(Cursor::entries) {
        let name = entry.key.as_str();
        if hub.contains(name) {
            lint.report_key(
                DiagnosticCode::CUSTOM_SCOPE_CLASH,
                entry,
                &definition,
                format!("{} is the Hub's own scope.", quoted(name)),
                format!("Write another name, such as `custom:{name}`."),
            );
        } else if !is_custom_name(name) || name.ends_with('\n') {
            lint.report_key(
                DiagnosticCode::CUSTOM_SCOPE_NAME,
                entry,
                &definition,
                format!(
                    "The Hub refuses {} as the name of a custom scope.",
                    quoted(name)
                ),
                "Write `custom:` and at least three of a-z 0-9 _ - * : of which the first is a \
                 letter or digit, and the last is neither - nor :.",
            );
        }
        for subscope in definition.items_of("subscopes") {
            let Some(text) = subscope.node.text() else {
                continue;
            };
            if text.is_empty() || known.custom.contains_key(text) {
                continue;
            }
            let near = lint.suggester.find(text, known.custom.keys().copied());
            let help = match near {
                _ if hub.contains(split(text).0) => "Put both scopes into a role.".to_owned(),
                Some(near) => format!("Did you mean `{near}`?"),
                None => "Define it under `custom_scopes`.".to_owned(),
            };
            let message = format!("{} is not a custom scope of this policy.", quoted(text));
            lint.report(DiagnosticCode::BAD_SUBSCOPE, &subscope, message, help);
        }
        if let Some(subscopes) = definition.get("subscopes")
            && known.cyclic.contains(name)
        {
            lint.report(
                DiagnosticCode::BAD_SUBSCOPE,
                &subscopes,
                "These subscopes lead into a cycle.",
                "Remove one of them: a scope must not include itself.",
            );
        }
    }
}

fn check_role(lint: &mut Reporter, role: &Cursor, known: &ScopeTable) {
    let name = role.text("name").unwrap_or_default();
    if let Some(at) = role.get("name")
        && at
            .node
            .text()
            .is_some_and(|name| !name.is_empty() && !is_role_name(name))
    {
        lint.report(
            DiagnosticCode::BAD_NAME,
            &at,
            format!("The Hub refuses {} as the name of a role.", quoted(name)),
            "Write 3 to 255 of a-z 0-9 - _ ~ . of which the first is a letter and the last a letter or digit.",
        );
    }
    for key in ["description", "scopes"] {
        if let Some(at) = role.get(key)
            && name == "admin"
        {
            let message = format!("The Hub lets nobody change the `{key}` of the role `admin`.");
            lint.report(
                DiagnosticCode::FIXED_ROLE,
                &at,
                message,
                "Delete the key, or rename the role.",
            );
        }
    }
    let scopes = role.items_of("scopes");
    for at in &scopes {
        let Some(scope) = at.node.text().filter(|scope| !scope.is_empty()) else {
            continue;
        };
        if ["{name}", "{owner}"]
            .iter()
            .any(|name| scope.contains(name))
        {
            lint.report(
                DiagnosticCode::BAD_PLACEHOLDER,
                at,
                "A role knows no card, so nothing stands for placeholders here.",
                "Write the names out. `grants` share servers by globs.",
            );
        } else {
            known.check(lint, at, scope);
        }
    }
    report_takeover(lint, role, &scopes, known);
    report_idle(lint, role, name, &scopes);
}

/// Follows `jupyterhub.roles._validate_role_name`.
fn is_role_name(name: &str) -> bool {
    let letter = |c: u8| c.is_ascii_lowercase();
    let letter_or_digit = |c: u8| letter(c) || c.is_ascii_digit();
    match name.as_bytes() {
        [first, inner @ .., last] => {
            letter(*first)
                && (1..=253).contains(&inner.len())
                && inner
                    .iter()
                    .all(|&c| letter_or_digit(c) || b"-_~.".contains(&c))
                && letter_or_digit(*last)
        }
        _ => false,
    }
}

/// Who may put people into a group and may open the servers of its members, may open any server.
fn report_takeover(lint: &mut Reporter, role: &Cursor, scopes: &[Cursor], known: &ScopeTable) {
    let texts = scopes.iter().filter_map(|at| at.node.text());
    if !texts
        .clone()
        .any(|text| text.starts_with("access:servers!group="))
    {
        return; // No other scope includes this one.
    }
    let held = expand_leniently(texts, None, None, &known.definitions).scopes;
    for scope in held.iter().filter(|scope| scope.base == "access:servers") {
        let Some(("group", group)) = scope.filter else {
            continue;
        };
        let membership = format!("groups!group={group}");
        if !held.has(&membership, false, None).unwrap_or(false) {
            continue;
        }
        let text = scope.text();
        let at = scopes.iter().find(|at| at.node.text() == Some(&text));
        lint.report(
            DiagnosticCode::GROUP_TAKEOVER,
            at.unwrap_or(role),
            format!(
                "With `{membership}` in the same role, its holders can put anybody into the group \
                 and open their servers: this is access to all servers."
            ),
            "Give the two scopes to different people, or share servers by `grants`.",
        );
    }
}

fn report_idle(lint: &mut Reporter, role: &Cursor, name: &str, scopes: &[Cursor]) {
    let is_default = DEFAULT_ROLES.contains(&name);
    if let Some(at) = role.get("scopes")
        && name == "user"
        && !scopes
            .iter()
            .any(|scope| matches!(scope.node.text(), Some("self" | "inherit")))
    {
        lint.report(
            DiagnosticCode::USER_WITHOUT_SELF,
            &at,
            "This replaces what every user holds, and users need `self` for their own servers.",
            "Add `self`, or set `c.JupyterHub.extra_user_scopes` instead.",
        );
    }
    let is_empty = |key| match role.node.get(key).map(|node| &node.value) {
        Some(SourceValue::List(items)) => items.is_empty(),
        Some(_) => false,
        None => true,
    };
    let missing = if is_empty("scopes") && !is_default {
        "scopes"
    } else if ["users", "groups", "services"].into_iter().all(is_empty) && !is_default {
        "users, groups or services"
    } else {
        return;
    };
    lint.report(
        DiagnosticCode::IDLE_ROLE,
        role,
        format!("This role has no {missing}, so it changes nothing."),
        format!("Add {missing}, or delete the role."),
    );
}
