//! Roles and custom scopes, checked as the Hub does when it starts.

use super::common::check_unique;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::scopes::ScopeTable;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::source::SourceValue;
use crate::scopes::text::split;
use crate::scopes::{Definitions, expand_leniently, is_custom_name, is_default_role, is_role_name};

/// Checks `custom_scopes` and `roles`.
pub fn check(reporter: &mut Reporter, root: &Cursor, scopes: &ScopeTable) {
    check_custom_scopes(reporter, root, scopes);
    let roles = root.items_of("roles");
    check_unique(reporter, "role", &roles, "name");
    for role in &roles {
        check_role(reporter, role, scopes);
    }
}

fn check_custom_scopes(reporter: &mut Reporter, root: &Cursor, scopes: &ScopeTable) {
    let hub = Definitions::default();
    let custom_scopes = root.get("custom_scopes");
    for (entry, definition) in custom_scopes.iter().flat_map(Cursor::entries) {
        let name = entry.key.as_str();
        if hub.contains(name) {
            reporter.report_key(
                DiagnosticCode::CUSTOM_SCOPE_CLASH,
                entry,
                &definition,
                format!("{} is one of the Hub's own scopes.", quoted(name)),
                format!("Write another name, such as `custom:{name}`."),
            );
        } else if !is_custom_name(name) || name.ends_with('\n') {
            reporter.report_key(
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
            check_subscope(reporter, &subscope, scopes, &hub);
        }
        if let Some(subscopes) = definition.get("subscopes")
            && scopes.cyclic.contains(name)
        {
            reporter.report(
                DiagnosticCode::BAD_SUBSCOPE,
                &subscopes,
                "These subscopes form a cycle.",
                "Remove one of them: a scope must not include itself.",
            );
        }
    }
}

fn check_subscope(
    reporter: &mut Reporter,
    subscope: &Cursor,
    scopes: &ScopeTable,
    hub: &Definitions,
) {
    let Some(text) = subscope.node.text().filter(|text| !text.is_empty()) else {
        return;
    };
    if scopes.custom.contains_key(text) {
        return;
    }
    let near = reporter.suggester.find(text, scopes.custom.keys().copied());
    let help = match near {
        _ if hub.contains(split(text).0) => "Put both scopes into a role.".to_owned(),
        Some(near) => format!("Did you mean `{near}`?"),
        None => "Define it under `custom_scopes`.".to_owned(),
    };
    reporter.report(
        DiagnosticCode::BAD_SUBSCOPE,
        subscope,
        format!("{} is not a custom scope of this policy.", quoted(text)),
        help,
    );
}

fn check_role(reporter: &mut Reporter, role: &Cursor, scopes: &ScopeTable) {
    let name = role.text("name").unwrap_or_default();
    let is_valid = is_role_name(name) && !name.ends_with('\n');
    if let Some(cursor) = role.get("name")
        && !name.is_empty()
        && !is_valid
    {
        reporter.report(
            DiagnosticCode::BAD_NAME,
            &cursor,
            format!("The Hub refuses {} as the name of a role.", quoted(name)),
            "Write 3 to 255 of a-z 0-9 - _ ~ . of which the first is a letter and the last a letter or digit.",
        );
    }
    for key in ["description", "scopes"] {
        if let Some(cursor) = role.get(key)
            && name == "admin"
        {
            reporter.report(
                DiagnosticCode::FIXED_ROLE,
                &cursor,
                format!("The Hub does not allow you to change the `{key}` of the role `admin`."),
                "Delete the key, or rename the role.",
            );
        }
    }
    let role_scopes = role.items_of("scopes");
    for cursor in &role_scopes {
        let Some(scope) = cursor.node.text().filter(|scope| !scope.is_empty()) else {
            continue;
        };
        if has_placeholder(scope) {
            reporter.report(
                DiagnosticCode::BAD_PLACEHOLDER,
                cursor,
                "A role has no card, so placeholders have no value here.",
                "Write the names out. `grants` share servers by globs.",
            );
        } else {
            scopes.check(reporter, cursor, scope);
        }
    }
    report_group_takeover(reporter, role, &role_scopes, scopes);
    report_user_without_self(reporter, role, name, &role_scopes);
    report_ineffective(reporter, role, name);
}

fn has_placeholder(scope: &str) -> bool {
    let mut placeholders = ["{name}", "{owner}", "{user}"].into_iter();
    placeholders.any(|placeholder| scope.contains(placeholder))
}

/// Reports a role whose holders may open any server: by adding its owner to a group, and opening the
/// servers of its members.
fn report_group_takeover(
    reporter: &mut Reporter,
    role: &Cursor,
    role_scopes: &[Cursor],
    scopes: &ScopeTable,
) {
    let texts = role_scopes.iter().filter_map(|scope| scope.node.text());
    // No other scope includes this one.
    let mut access = texts
        .clone()
        .filter(|scope| scope.starts_with("access:servers!group="));
    if access.next().is_none() {
        return;
    }
    let held = expand_leniently(texts, None, None, &scopes.definitions).scopes;
    for scope in held.iter().filter(|scope| scope.base == "access:servers") {
        let Some(("group", group)) = scope.filter else {
            continue;
        };
        let membership = format!("groups!group={group}");
        if !held.has(&membership, false, None).unwrap_or(false) {
            continue;
        }
        let text = scope.text();
        let mut written = role_scopes.iter();
        let written = written.find(|scope| scope.node.text() == Some(&text));
        reporter.report(
            DiagnosticCode::GROUP_TAKEOVER,
            written.unwrap_or(role),
            format!(
                "With `{membership}` in the same role, its holders can put anybody into the group \
                 and open their servers: this is access to all servers."
            ),
            "Give the two scopes to different people, or share servers by `grants`.",
        );
    }
}

fn report_user_without_self(
    reporter: &mut Reporter,
    role: &Cursor,
    name: &str,
    role_scopes: &[Cursor],
) {
    let mut texts = role_scopes.iter().map(|scope| scope.node.text());
    if let Some(scopes) = role.get("scopes")
        && name == "user"
        && !texts.any(|scope| matches!(scope, Some("self" | "inherit")))
    {
        reporter.report(
            DiagnosticCode::USER_WITHOUT_SELF,
            &scopes,
            "This replaces what every user holds, and users need `self` for their own servers.",
            "Add `self`, or set `c.JupyterHub.extra_user_scopes` instead.",
        );
    }
}

/// Reports a role without scopes or without holders.
fn report_ineffective(reporter: &mut Reporter, role: &Cursor, name: &str) {
    if is_default_role(name) {
        return;
    }
    let is_empty = |key| match role.node.get(key).map(|node| &node.value) {
        Some(SourceValue::List(items)) => items.is_empty(),
        Some(_) => false,
        None => true,
    };
    let missing = if is_empty("scopes") {
        "scopes"
    } else if ["users", "groups", "services"].into_iter().all(is_empty) {
        "users, groups or services"
    } else {
        return;
    };
    reporter.report(
        DiagnosticCode::INEFFECTIVE_ROLE,
        role,
        format!("This role has no {missing}, so it changes nothing."),
        format!("Add {missing}, or delete the role."),
    );
}
