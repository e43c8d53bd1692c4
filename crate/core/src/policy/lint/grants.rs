//! Grants: what the Hub's shares must never reach.

use super::conditions::NameTable;
use super::rules::{check_window, unique};
use super::selectors::{self, SelectorNodes, compiled};
use super::{Cursor, Reporter};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::Glob;

/// Checks `grants`.
pub fn check(lint: &mut Reporter, root: &Cursor, names: &NameTable) {
    let grants = root.items_of("grants");
    unique(lint, "grant", &grants, "id");
    for grant in &grants {
        check_window(lint, grant);
        if let Some(to) = grant.get("to") {
            check_recipients(lint, &to, names);
        }
        if let Some(servers) = grant.get("servers") {
            check_servers(lint, &servers);
        }
    }
}

fn check_recipients(lint: &mut Reporter, to: &Cursor, names: &NameTable) {
    if let Some(groups) = to.get("groups") {
        selectors::check(lint, &groups, "group");
        names.check_groups(lint, &groups);
    }
    if let Some(users) = to.get("users") {
        selectors::check(lint, &users, "user");
    }
    if to.node.kind() == "a mapping" && to.node.entries().is_empty() {
        lint.report(
            DiagnosticCode::GRANT_TO_NOBODY,
            to,
            "This grant is to nobody.",
            "Write `to: {groups: [NAME]}` or `to: {users: [NAME]}`.",
        );
    }
}

fn check_servers(lint: &mut Reporter, servers: &Cursor) {
    selectors::check(lint, servers, "server");
    let is_map = servers.node.kind() == "a mapping";
    let (include, tags) = (servers.get("include"), servers.get("tags"));
    if is_map && include.is_none() && tags.is_none() {
        lint.report(
            DiagnosticCode::NOT_ONE_OF,
            servers,
            "This says neither which servers nor which tags.",
            "Add `include: \"*/dash-*\"` or `tags: [dashboard]`.",
        );
    }
    let globs = SelectorNodes::of(servers);
    let except = compiled(&globs.except, false);
    for at in &globs.include {
        let Some(text) = at.node.text() else { continue };
        let Ok(glob) = Glob::new(text, false) else {
            continue;
        };
        let reached = default_servers(text)
            .find(|server| glob.matches(server) && !except.iter().any(|glob| glob.matches(server)));
        if let Some(server) = reached {
            lint.report(
                DiagnosticCode::DEFAULT_SERVERS,
                at,
                format!(
                    "{} reaches default servers, such as {}: everything that their owners do.",
                    quoted(text),
                    quoted(&server)
                ),
                "Write `*/?*` for named servers only, or add `except: \"*/\"`.",
            );
        }
    }
}

/// Default servers, `owner/`, that a glob is likely to match if it matches any: its part before the
/// first `/` with different fillings for what may vary.
fn default_servers(glob: &str) -> impl Iterator<Item = String> {
    ["owner", "another-owner", "xy", "x", ""]
        .into_iter()
        .map(move |filling| {
            let mut server = String::new();
            let mut rest = glob.chars();
            while let Some(c) = rest.next() {
                match c {
                    '/' => break,
                    '*' => server.push_str(filling),
                    '?' => server.push('x'),
                    '\\' => server.extend(rest.next()),
                    '[' => server.push(member(&mut rest)),
                    _ => server.push(c),
                }
            }
            server.push('/');
            server
        })
}

/// A character of the class whose `[` was read; goes on behind its `]`.
fn member(rest: &mut std::str::Chars) -> char {
    let mut inside: Vec<char> = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            ']' => break,
            '\\' => inside.extend(rest.next()),
            _ => inside.push(c),
        }
    }
    match inside.as_slice() {
        // Of what a negated class leaves, a name is unlikely to have this one elsewhere.
        ['!' | '^', ..] | [] => '~',
        [first, ..] => *first,
    }
}
