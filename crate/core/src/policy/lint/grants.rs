//! Grants: what the Hub's shares must never reach.

use super::common::{check_unique, check_window};
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::selectors::{self, SelectorNodes};
use crate::policy::card::Kind;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::Glob;
use crate::policy::source::SourceValue;

/// Checks `grants`.
pub fn check(reporter: &mut Reporter, root: &Cursor, names: &NameTable) {
    let grants = root.items_of("grants");
    check_unique(reporter, "grant", &grants, "id");
    for grant in &grants {
        check_window(reporter, grant);
        if let Some(to) = grant.get("to") {
            check_recipients(reporter, &to, names);
        }
        if let Some(servers) = grant.get("servers") {
            check_servers(reporter, &servers);
        }
    }
}

fn check_recipients(reporter: &mut Reporter, to: &Cursor, names: &NameTable) {
    if let Some(groups) = to.get("groups") {
        selectors::check(reporter, &groups, "group");
        names.check_groups_exist(reporter, &groups);
    }
    if let Some(users) = to.get("users") {
        selectors::check(reporter, &users, "user");
    }
    if matches!(&to.node.value, SourceValue::Map(entries) if entries.is_empty()) {
        reporter.report(
            DiagnosticCode::GRANT_WITHOUT_RECIPIENTS,
            to,
            "This grant has no recipients.",
            "Write `to: {groups: [NAME]}` or `to: {users: [NAME]}`.",
        );
    }
}

fn check_servers(reporter: &mut Reporter, servers: &Cursor) {
    selectors::check(reporter, servers, Kind::Server.as_str());
    let is_map = matches!(servers.node.value, SourceValue::Map(_));
    let (include, tags) = (servers.get("include"), servers.get("tags"));
    if is_map && include.is_none() && tags.is_none() {
        reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            servers,
            "This selects neither servers nor tags.",
            "Add `include: \"*/dash-*\"` or `tags: [dashboard]`.",
        );
    }
    let globs = SelectorNodes::new(servers);
    let except = selectors::compile(&globs.except, false);
    for cursor in &globs.include {
        let Some(text) = cursor.node.text() else {
            continue;
        };
        let Ok(glob) = Glob::new(text, false) else {
            continue;
        };
        let is_reached = |server: &String| {
            glob.matches(server) && !except.iter().any(|except| except.matches(server))
        };
        if let Some(server) = default_servers(text).find(is_reached) {
            reporter.report(
                DiagnosticCode::DEFAULT_SERVERS,
                cursor,
                format!(
                    "{} reaches default servers, such as {}, where a guest may act as the owner.",
                    quoted(text),
                    quoted(&server)
                ),
                "Write `*/?*` for named servers only, or add `except: \"*/\"`.",
            );
        }
    }
}

/// Default servers, `owner/`, that a glob is likely to match if it matches any: its part before the
/// first `/`, with different texts for what may vary.
fn default_servers(glob: &str) -> impl Iterator<Item = String> {
    ["owner", "another-owner", "xy", "x", ""]
        .into_iter()
        .map(move |run| {
            let mut server = String::new();
            let mut rest = glob.chars();
            while let Some(c) = rest.next() {
                match c {
                    '/' => break,
                    '*' => server.push_str(run),
                    '?' => server.push('x'),
                    '\\' => server.extend(rest.next()),
                    '[' => server.push(class_member(&mut rest)),
                    _ => server.push(c),
                }
            }
            server.push('/');
            server
        })
}

/// A character that the class matches whose `[` was read; reads up to its `]`.
fn class_member(rest: &mut std::str::Chars) -> char {
    let mut inside: Vec<char> = Vec::new();
    while let Some(c) = rest.next() {
        match c {
            ']' => break,
            '\\' => inside.extend(rest.next()),
            _ => inside.push(c),
        }
    }
    match inside.as_slice() {
        // A name is unlikely to have this character, so a negated class is likely to match it.
        ['!' | '^', ..] | [] => '~',
        [first, ..] => *first,
    }
}
