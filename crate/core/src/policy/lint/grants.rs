//! Grants: what the Hub's shares must never reach.

use super::common::{self, check_unique, check_window};
use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::selectors::{self, SelectorNodes};
use crate::policy::card::Kind;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::{Glob, NameKind};
use crate::policy::source::SourceValue;

/// Checks `grants`.
pub fn check(reporter: &mut Reporter, root: &Cursor, names: &NameTable) {
    let grants = root.items_of("grants");
    check_unique(reporter, "grant", &grants, "id");
    for grant in &grants {
        check_window(reporter, grant, names.zone.as_ref());
        if let Some(to) = grant.get("to") {
            check_recipients(reporter, &to, names);
        }
        if let Some(servers) = grant.get("servers") {
            check_servers(reporter, &servers, names);
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
            "This names nobody.",
            "Write `{groups: [NAME]}` or `{users: [NAME]}`.",
        );
    }
}

fn check_servers(reporter: &mut Reporter, servers: &Cursor, names: &NameTable) {
    selectors::check(reporter, servers, Kind::Server.as_str());
    let is_map = matches!(servers.node.value, SourceValue::Map(_));
    let selects = ["include", "tags", "owners"].map(|key| servers.get(key));
    if is_map && selects.iter().all(Option::is_none) {
        reporter.report(
            DiagnosticCode::NOT_ONE_OF,
            servers,
            "This selects neither servers nor tags nor owners.",
            "Add `include: \"*/dash-*\"`, `tags: [dashboard]` or `owners: {groups: [NAME]}`.",
        );
    }
    if let Some(owners) = servers.get("owners") {
        check_recipients(reporter, &owners, names);
    }
    report_named_by_anybody(reporter, servers);
    let globs = SelectorNodes::new(servers);
    let except = selectors::compile(&globs.except, NameKind::Server);
    for cursor in &globs.include {
        let Some(text) = cursor.node.text() else {
            continue;
        };
        let glob = Glob::selecting(text, NameKind::Server);
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
            let owner = glob.split('/').next().unwrap_or_default();
            common::example_of(owner, run) + "/"
        })
}

/// Explains that users name their servers themselves.
fn report_named_by_anybody(reporter: &mut Reporter, servers: &Cursor) {
    let is_narrowed = servers.get("tags").or(servers.get("owners")).is_some();
    let globs = SelectorNodes::new(servers);
    let of_anybody = globs.include.iter().find(|glob| {
        let text = glob.node.text().unwrap_or_default();
        matches!(text.split_once('/'), Some(("*" | "**", _))) || text == "**"
    });
    if let (Some(glob), false) = (of_anybody, is_narrowed) {
        reporter.report(
            DiagnosticCode::NAMED_BY_ANYBODY,
            glob,
            "Whoever may start named servers may give one such a name, and so share it.",
            "If that is meant, nothing is to do. Otherwise name the owners: `owners: {groups: [NAME]}`.",
        );
    }
}
