//! Whole policies, and the codes of their diagnostics.

use super::reporter::MAX_DIAGNOSTICS;
use super::{LintOptions, check};
use crate::policy::diagnostic::Severity;

/// The policy of the design: errors here would be false.
const CLASS: &str = r#"
version: 1
default: show
no_hub: show
refresh: 15s
roles:
  - name: class1234-students
    groups: [PythonForMorons101]
    scopes: ["access:services!service=class1234-web", "custom:class1234:use"]
custom_scopes: {"custom:class1234:use": {description: Use the class 1234 tools}}
kernels: {Class1234_Semester02: /srv/kernels/class1234}
cards:
  - {id: class1234-web, title: Class 1234 workbench, category: Class 1234, icon: workbench.svg, service: class1234-web}
  - {id: dashboards, category: Dashboards, servers: "*/dash-*"}
rules:
  - id: class1234
    match: {kernel: "Class1234_*"}
    show_when: {group: PythonForMorons101}
    contact: profx@example.edu
  - id: class1234-tools
    match: {proxy: "class1234-*", service: class1234-web}
    show_when: {kernel: Class1234_Semester02}
  - id: dashboards
    match: {server: {include: "*/dash-*", except: ["*/"]}}
    show_when: {scope: "access:servers!server={owner}/{name}"}
  - {id: exam, match: {command: "terminal:*"}, hide_when: {group: "exam-*"}, from: 2026-12-01T08:00:00Z, until: 2026-12-01T12:00:00Z}
grants:
  - {id: dashboards, to: {groups: [default]}, servers: {include: "*/dash-*", except: ["*/dash-private-*"], tags: [dashboard]}, until: 2027-02-28}
"#;

fn codes(text: &str, options: &LintOptions) -> Vec<&'static str> {
    let checked = check(text.as_bytes(), "policy.yaml", options);
    for diagnostic in &checked.diagnostics {
        println!("{diagnostic:?}");
    }
    checked
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

#[test]
fn a_good_policy_has_no_errors() {
    let checked = check(CLASS.as_bytes(), "policy.yaml", &LintOptions::default());
    assert_eq!(
        checked.of(Severity::Error).count(),
        0,
        "{:?}",
        checked.diagnostics
    );
    assert!(checked.document.is_some());
    let groups = ["PythonForMorons101", "exam-1", "default"].map(str::to_owned);
    let options = LintOptions {
        groups: Some(&groups),
        now_ms: Some(1_796_000_000_000),
    };
    assert!(codes(CLASS, &options).is_empty());
}

/// The codes of a policy that consists of one key beside `version`.
fn found(key: &str, value: &str) -> Vec<&'static str> {
    codes(
        &format!("version: 1\n{key}: {value}\n"),
        &LintOptions::default(),
    )
}

#[test]
fn scopes_of_roles() {
    for (scopes, expected) in [
        (
            "[self, inherit, users, \"servers!user=ann\", \"read:users!user\"]",
            vec![],
        ),
        (
            "[\"access:servers!server\", \"access:services!service=web\"]",
            vec![],
        ),
        (
            "[\"access:servers!server=ann/\", \"groups!group=a b\"]",
            vec![],
        ),
        ("[all]", vec!["SL301"]),
        ("[\"custom:x:y\"]", vec!["SL301"]),
        ("[\"users!group\"]", vec!["SL302"]),
        ("[\"users!user=\"]", vec!["SL302"]),
        ("[\"users!team=x\"]", vec!["SL302"]),
        ("[\"servers!user=a*\"]", vec!["SL303"]),
        ("[\"access:services!service=class-?\"]", vec!["SL303"]),
        ("[\"access:servers!service=web\"]", vec!["SL512"]),
        ("[\"access:servers!server=dash-1\"]", vec!["SL512"]),
        ("[groups, \"access:servers!group=g\"]", vec!["SL308"]),
        (
            "[\"admin:groups\", \"access:servers!group=g\"]",
            vec!["SL308"],
        ),
        ("[\"groups!group=h\", \"access:servers!group=g\"]", vec![]),
        ("[\"groups!group=g\", \"servers!group=g\"]", vec![]),
        (
            "[\"read:groups!group=g\", \"access:servers!group=g\"]",
            vec![],
        ),
        ("[]", vec!["SL510"]),
    ] {
        let roles = format!("[{{name: abc, groups: [g], scopes: {scopes}}}]");
        assert_eq!(found("roles", &roles), expected, "{scopes}");
    }
}

#[test]
fn scopes_of_conditions() {
    for (scope, expected) in [
        ("access:servers!server={owner}/{name}", vec![]),
        ("access:services!service={name}", vec![]),
        ("list:users", vec!["SL507"]),
        ("read:groups!group={name}", vec![]),
        ("access:servers!user={owner}", vec![]),
        ("access:servers!server={owner}/*", vec!["SL303"]),
        ("access:servers!server={name}", vec!["SL512"]),
        ("access:servers!server", vec!["SL302"]),
        ("access:{name}", vec!["SL110"]),
        ("access:servers!server={owner}/{nme}", vec!["SL110"]),
        ("acess:servers", vec!["SL301"]),
        ("self", vec!["SL508"]),
    ] {
        let preview = format!("{{scope: \"{scope}\"}}");
        assert_eq!(found("preview", &preview), expected, "{scope}");
    }
}

#[test]
fn grants_never_reach_default_servers() {
    for (servers, reaches) in [
        ("\"*/dash-*\"", false),
        ("\"*/?*\"", false),
        ("[\"profx/a\", \"*/b\"]", false),
        ("{include: \"*/*\", except: \"*/\"}", false),
        ("{include: \"**\", except: [\"*/\", \"*/x\"]}", false),
        ("{tags: [dashboard]}", false),
        ("\"*/\"", true),
        ("\"**\"", true),
        ("\"*/*\"", true),
        ("\"profx/*\"", true),
        ("\"profx/**\"", true),
        ("\"dash-**\"", true),
        ("\"[a-c]*/*\"", true),
        ("\"[!a]?/*\"", true),
        ("[\"*/dash-*\", \"ann/\"]", true),
        ("{include: \"*/*\", except: \"profx/\"}", true),
        ("{include: \"*/*\", except: \"*/?*\"}", true),
        ("{include: \"*/*\", tags: [dashboard]}", true),
    ] {
        let grants = format!("[{{id: a, to: {{users: x}}, servers: {servers}}}]");
        let expected = if reaches { vec!["SL401"] } else { vec![] };
        assert_eq!(found("grants", &grants), expected, "{servers}");
    }
}

#[test]
fn cycles_of_kernels() {
    let rules =
        |rules: &str| format!("version: 1\ntags: {{t: {{kernel: \"a*\"}}}}\nrules: [{rules}]\n");
    for (text, cycles) in [
        ("{id: r, match: {kernel: A1}, show_when: {kernel: a1}}", 1),
        (
            "{id: r, match: {kernel: \"a*\"}, hide_when: {all: [{not: {any: [{kernel: A1}]}}]}}",
            1,
        ),
        ("{id: r, match: {tag: t}, show_when: {kernel: a1}}", 1),
        (
            "{id: r, match: {tag: \"?\", proxy: x}, show_when: {kernel: a1}}",
            1,
        ),
        (
            "{id: r, match: {kernel: a}, show_when: {kernel: b}}, {id: s, match: {kernel: b}, show_when: {kernel: c}}, {id: u, match: {kernel: c}, show_when: {kernel: a}}",
            1,
        ),
        (
            "{id: r, match: {kernel: {include: \"a*\", except: a1}}, show_when: {kernel: a1}}",
            0,
        ),
        ("{id: r, match: {tag: other}, show_when: {kernel: a1}}", 0),
        (
            "{id: r, match: {category: \"Note*\"}, show_when: {kernel: a1}}",
            1,
        ),
        (
            "{id: r, match: {category: Class}, show_when: {kernel: a1}}",
            0,
        ),
        (
            "{id: r, match: {proxy: a1, service: a1}, show_when: {kernel: a1}}",
            0,
        ),
        (
            "{id: r, match: {kernel: a}, show_when: {kernel: b}}, {id: s, match: {kernel: b}, show_when: {group: g}}",
            0,
        ),
    ] {
        let found = codes(&rules(text), &LintOptions::default());
        let count = found.iter().filter(|code| **code == "SL202").count();
        assert_eq!(count, cycles, "{text}: {found:?}");
    }
}

#[test]
fn contacts_icons_and_paths() {
    for (contact, is_good) in [
        ("profx@example.edu", true),
        ("mailto:profx@example.edu?subject=Class", true),
        ("https://help.example.edu/ask?about=class#top", true),
        ("HTTP://example.edu", true),
        ("profx", false),
        ("javascript:alert(1)", false),
        ("JavaScript://a@b", false),
        ("data:text/html,x", false),
        ("https://", false),
        ("a@b@c", false),
        ("a b@c", false),
        ("a@b, c@d", false),
        ("//example.edu", false),
    ] {
        let rules = format!(
            "[{{id: a, match: {{kernel: x}}, show_when: {{admin: true}}, contact: \"{contact}\"}}]"
        );
        assert_eq!(found("rules", &rules).is_empty(), is_good, "{contact}");
    }
    for (key, text, is_good) in [
        ("icon", "workbench.svg", true),
        ("icon", "/hub/static/x.png", true),
        ("icon", "https://example.edu/x.svg", true),
        ("icon", "data:image/svg+xml;base64,AA", true),
        ("icon", "data:text/html,x", false),
        ("icon", " javascript:alert(1)", false),
        ("path", "tree/week1?x=1", true),
        ("path", "/lab", true),
        ("path", "a/../../b", false),
        ("path", "//example.edu", false),
        ("path", "https://example.edu", false),
        ("path", "a\\\\b", false),
    ] {
        let cards = format!("[{{id: a, service: web, {key}: \"{text}\"}}]");
        let expected = if is_good { vec![] } else { vec!["SL113"] };
        assert_eq!(found("cards", &cards), expected, "{key} {text}");
    }
}

#[test]
fn duplicate_names() {
    for (key, value) in [
        (
            "roles",
            "[{name: abc, users: [a], scopes: [self]}, {name: abc, users: [b], scopes: [self]}]",
        ),
        ("cards", "[{id: a, service: x}, {id: a, service: y}]"),
        (
            "grants",
            "[{id: a, to: {users: x}, servers: a/b}, {id: a, to: {users: y}, servers: a/b}]",
        ),
        ("kernels", "{Class: /a, class: /b}"),
    ] {
        assert_eq!(found(key, value), ["SL201"], "{key}");
    }
}

#[test]
fn globs_that_never_match() {
    for (selector, expected) in [
        ("{server: \"*/dash\"}", vec![]),
        ("{server: \"**\"}", vec![]),
        ("{server: dash}", vec!["SL502"]),
        ("{kernel: \"a/b\"}", vec!["SL502"]),
        ("{kernel: []}", vec!["SL502"]),
        ("{kernel: {include: [a, b], except: [b]}}", vec!["SL502"]),
        ("{kernel: {include: a, except: \"**\"}}", vec!["SL502"]),
        ("{kernel: {include: a1, except: \"A*\"}}", vec!["SL502"]),
        ("{proxy: {include: a1, except: \"A*\"}}", vec![]),
        ("{category: \"Class / 1234\"}", vec![]),
    ] {
        let rules = format!("[{{id: a, match: {selector}, show_when: {{admin: true}}}}]");
        assert_eq!(found("rules", &rules), expected, "{selector}");
    }
    assert_eq!(found("preview", "{kernel: \"class*\"}"), ["SL502"]);
}

#[test]
fn rules_for_cards_that_another_rule_always_hides() {
    let hidden = "{id: all, match: {kernel: \"*\", proxy: \"**\"}, hide_when: {always: true}}";
    for (selectors, expected) in [
        ("{kernel: a}", vec!["SL503"]),
        ("{kernel: a, proxy: [b, c]}", vec!["SL503"]),
        ("{kernel: a, service: b}", vec![]),
        ("{tag: a}", vec![]),
    ] {
        let rules =
            format!("[{hidden}, {{id: r, match: {selectors}, show_when: {{admin: true}}}}]");
        assert_eq!(found("rules", &rules), expected, "{selectors}");
    }
}

#[test]
fn conditions_may_ask_for_scopes_that_roles_grant() {
    let policy = |scope: &str| {
        format!(
            "version: 1\nroles: [{{name: boss, users: [b], scopes: [{scope}]}}]\nrules: [{{id: a, match: {{kernel: k}}, show_when: {{scope: \"list:users\"}}}}]\n"
        )
    };
    assert_eq!(
        codes(&policy("\"admin:users\""), &LintOptions::default()),
        [""; 0]
    );
    assert_eq!(
        codes(
            &policy("\"list:users!user={name}\""),
            &LintOptions::default()
        ),
        ["SL110", "SL507"]
    );
}

#[test]
fn an_error_is_reported_after_a_thousand_warnings() {
    let rules = (0..1_500).map(|i| format!("  - {{id: r{i}, match: {{kernel: k{i}}}}}\n"));
    let rules = rules.collect::<String>();
    let warned = check(
        format!("version: 1\nrules:\n{rules}").as_bytes(),
        "p",
        &LintOptions::default(),
    );
    assert_eq!(warned.diagnostics.len(), MAX_DIAGNOSTICS);
    assert!(warned.document.is_some());
    // Grants are checked after rules.
    let grants = "grants: [{id: a, to: {users: x}, servers: \"**\"}]\n";
    let text = format!("version: 1\nrules:\n{rules}{grants}");
    let checked = check(text.as_bytes(), "p", &LintOptions::default());
    assert_eq!(checked.of(Severity::Error).count(), 1);
    assert!(checked.document.is_none());
}
