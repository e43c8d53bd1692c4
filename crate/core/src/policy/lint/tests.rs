//! Whole policies, and the codes of their diagnostics.
//! Long because each kind of mistake has its cases.

use super::reporter::MAX_DIAGNOSTICS;
use super::{LintOptions, check};
use crate::policy::diagnostic::Severity;

/// The policy of the design: errors here would be false.
const CLASS: &str = r##"
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
timezone: Europe/Berlin
sections: [{category: Class 1234, rank: 1}]
list_hidden: {group: instructors}
tags: {exam: [{kernel: "exam-*"}, {title: "*exam*"}]}
cards:
  - {id: class1234-web, title: Class 1234 workbench, category: Class 1234, icon: workbench.svg, service: class1234-web}
  - {id: week-1, title: "Week 1 of {user}", page: "git-pull?repo=https://example.edu/week1&user={user}", show_when: {group: PythonForMorons101}, contact: profx@example.edu}
  - {id: syllabus, url: "https://example.edu/syllabus#week1"}
  - {id: task, file: week1/task.ipynb}
  - {id: r, command: "fileeditor:create-new", args: {fileExt: r}}
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
  - {id: exam, match: {command: "terminal:*"}, hide_when: {group: "exam-*"}, from: 2026-12-01 08:00, until: 2026-12-01 12:00}
  - {id: lessons, match: {command: "htop:*"}, hide_when: {not: {group: default}}, weekly: [{days: [tue], from: "10:00", until: "11:30"}], message: |
      Only in lessons.
      Ask us.
      , request: {group: default}, locked: true}
grants:
  - {id: dashboards, to: {groups: [default]}, servers: {include: "*/dash-*", except: ["*/dash-private-*"], tags: [dashboard]}, until: 2027-02-28}
"##;

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
    let groups = ["PythonForMorons101", "exam-1", "default", "instructors"].map(str::to_owned);
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
        let mut codes = found("grants", &grants);
        codes.retain(|code| *code != "SL522");
        let expected = if reaches { vec!["SL401"] } else { vec![] };
        assert_eq!(codes, expected, "{servers}");
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
            0,
        ),
        (
            "{id: r, match: [{tag: \"?\"}, {proxy: x}], show_when: {kernel: a1}}",
            1,
        ),
        (
            "{id: r, match: {kernel: b1}, show_when: {kernel: \"?1\"}}",
            1,
        ),
        (
            "{id: r, match: {kernel: b1}, show_when: {kernel: {include: \"?1\", except: b1}}}",
            0,
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
    assert!(found("preview", "{kernel: \"class*\"}").is_empty());
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

/// The codes of a policy with these rules.
fn codes_of_rules(rules: &str) -> Vec<&'static str> {
    found("rules", &format!("[{rules}]"))
}

#[test]
fn two_rules_that_show_one_card() {
    let class = "{id: class, match: {kernel: \"class-*\"}, show_when: {group: g}}";
    for (second, expected) in [
        (
            "{id: r, match: {kernel: class-1}, show_when: {owner: true}}",
            vec!["SL518"],
        ),
        (
            "{id: r, match: {kernel: \"*\"}, show_when: {owner: true}}",
            vec!["SL518"],
        ),
        (
            "{id: r, match: {category: Notebook}, show_when: {owner: true}}",
            vec!["SL518"],
        ),
        (
            "{id: r, match: {tag: exam}, show_when: {owner: true}}",
            vec!["SL518"],
        ),
        (
            "{id: r, match: [{proxy: x}, {language: R}], show_when: {owner: true}}",
            vec!["SL518"],
        ),
        (
            "{id: r, match: {kernel: class-1}, hide_when: {owner: true}}",
            vec![],
        ),
        (
            "{id: r, match: {kernel: class-1}, show_when: {group: g}}",
            vec![],
        ),
        (
            "{id: r, match: {proxy: \"*\"}, show_when: {owner: true}}",
            vec![],
        ),
        (
            "{id: r, match: {kernel: {include: \"*\", except: \"class-*\"}}, show_when: {owner: true}}",
            vec![],
        ),
    ] {
        let rules = format!("{class}, {second}");
        assert_eq!(codes_of_rules(&rules), expected, "{second}");
    }
    let card = "{id: w, service: web, show_when: {group: g}}";
    let text = format!(
        "version: 1\ncards: [{card}]\nrules: [{{id: r, match: {{service: web}}, show_when: {{owner: true}}}}]\n"
    );
    assert_eq!(codes(&text, &LintOptions::default()), ["SL518"]);
}

#[test]
fn rules_that_change_nothing_beside_one_with_the_same_match() {
    for (rules, expected) in [
        (
            "{id: a, match: {kernel: k}, show_when: {always: true}}, {id: b, match: {kernel: k}, show_when: {group: g}}",
            vec!["SL503"],
        ),
        (
            "{id: a, match: {kernel: k}, show_when: {group: g}}, {id: b, match: {kernel: k}, show_when: {group: g}}",
            vec!["SL503"],
        ),
        (
            "{id: a, match: {kernel: k}, hide_when: {always: true}}, {id: b, match: {kernel: k}, show_when: {group: g}}",
            vec!["SL503"],
        ),
        (
            "{id: a, match: {kernel: k}, hide_when: {group: g}}, {id: b, match: {kernel: k}, hide_when: {group: g}, weekly: [{days: [mon], from: \"08:00\", until: \"09:00\"}]}",
            vec![],
        ),
    ] {
        assert_eq!(codes_of_rules(rules), expected, "{rules}");
    }
}

#[test]
fn what_hardly_matches_what_was_meant() {
    for (matches, expected) in [
        ("{command: Terminal}", vec!["SL521"]),
        ("{command: \"terminal:create-new\"}", vec![]),
        ("{title: Terminal}", vec![]),
        ("{kernel: \"*\", tag: exam}", vec!["SL520"]),
        ("[{kernel: \"*\"}, {tag: exam}]", vec![]),
        ("{kernel: \"*\", language: R}", vec![]),
        (
            "{command: \"fileeditor:*\", args: {fileExt: \"[r\"}}",
            vec!["SL517"],
        ),
        (
            "{command: \"fileeditor:*\", args: '{\"fileExt\":\"r\"}'}",
            vec![],
        ),
        ("{category: \"CS101 [Fall 2026] Section A\"}", vec![]),
        ("{title: \"a\\u202eb\"}", vec!["SL523"]),
    ] {
        let rules = format!("{{id: a, match: {matches}, show_when: {{admin: true}}}}");
        assert_eq!(codes_of_rules(&rules), expected, "{matches}");
    }
    // A name that cannot be read as a glob is a name.
    assert_eq!(found("preview", "{group: \"CN=R+D,OU=[x\"}"), ["SL517"]);
    assert!(found("preview", "{group: \"EXAMPLE\\\\Domain Users\"}").is_empty());
}

#[test]
fn what_cards_open() {
    for (card, expected) in [
        ("service: web, path: \"user/{user}\"", vec![]),
        (
            "servers: \"*/dash-*\", own: true, title: \"{owner}: {name}\"",
            vec![],
        ),
        ("page: \"git-pull?repo=https://example.edu/a/../b\"", vec![]),
        ("file: \"a b/c.ipynb\"", vec![]),
        ("url: \"https://example.edu/{user}\"", vec![]),
        ("url: \"http://example.edu\", allow_http: true", vec![]),
        ("command: \"a:b\", args: {x: [1, {y: null}]}", vec![]),
        ("command: \"a:b\", args: {x: [1, {y: 2}]}", vec![]),
        ("title: x", vec!["SL106"]),
        ("service: web, page: x", vec!["SL106"]),
        ("page: x, path: y", vec!["SL106"]),
        ("service: web, own: true", vec!["SL106"]),
        ("service: web, args: {a: b}", vec!["SL106"]),
        ("page: \"../x\"", vec!["SL113"]),
        ("page: \"https://example.edu\"", vec!["SL113"]),
        ("file: \"/a/../b\"", vec!["SL113"]),
        ("url: \"http://example.edu\"", vec!["SL113"]),
        (
            "url: \"javascript:alert(1)\", allow_http: true",
            vec!["SL113"],
        ),
        ("url: \"https:///x\"", vec!["SL113"]),
        ("url: \"https://{user}.example.edu\"", vec!["SL113"]),
        ("url: example.edu", vec!["SL113"]),
        ("service: web, path: \"{nme}\"", vec!["SL110"]),
        ("service: web, title: \"a}\"", vec!["SL110"]),
        ("service: web, message: Ask us", vec!["SL501"]),
        (
            "service: web, show_when: {always: true}, contact: nobody",
            vec!["SL111"],
        ),
        (
            "service: web, show_when: {not: {always: true}}",
            vec!["SL508"],
        ),
        (
            "service: web, show_when: {group: g}, until: 2027-02-28",
            vec!["SL519"],
        ),
        (
            "service: web, show_when: {group: g}, from: 2027-02-28 08:00",
            vec!["SL108"],
        ),
        (
            "service: web, icon: \"https://example.edu/x.svg\"",
            vec!["SL524"],
        ),
        ("service: web, icon: icons/x.svg", vec!["SL524"]),
        ("service: web, icon: workbench", vec!["SL524"]),
        ("service: web, icon: \"ui-components:python\"", vec![]),
    ] {
        let cards = format!("[{{id: a, {card}}}]");
        assert_eq!(found("cards", &cards), expected, "{card}");
    }
    assert_eq!(
        found(
            "sections",
            "[{category: a, rank: 1}, {category: a, rank: 2}]"
        ),
        ["SL201"]
    );
    assert_eq!(found("timezone", "Berlin"), ["SL114"]);
}

#[test]
fn each_mistake_in_a_window_is_reported_once() {
    for (window, expected) in [
        ("until: 2026-12-01, from: 2027-12-02", vec!["SL504"]),
        (
            "weekly: [{days: [], from: \"10:00\", until: \"11:00\"}]",
            vec!["SL105"],
        ),
        (
            "weekly: [{days: [tuesday], from: \"10:00\", until: \"11:00\"}]",
            vec!["SL104"],
        ),
        (
            "weekly: [{days: [tue], from: \"10\", until: \"11:00\"}]",
            vec!["SL108"],
        ),
        (
            "weekly: [{days: [tue], from: \"10:00\", until: \"10:00\"}]",
            vec!["SL108"],
        ),
        ("weekly: [{days: [tue], from: \"10:00\"}]", vec!["SL103"]),
        (
            "weekly: [{days: [tue], from: \"10:00\", until: \"24:00\"}]",
            vec![],
        ),
    ] {
        let rules = format!("{{id: a, match: {{kernel: x}}, show_when: {{group: g}}, {window}}}");
        assert_eq!(codes_of_rules(&rules), expected, "{window}");
    }
    assert_eq!(
        found(
            "roles",
            "[{name: abc, groups: [g], scopes: [\"read:users!user={user}\"]}]"
        ),
        ["SL110"]
    );
}

#[test]
fn default_hide_with_a_card_that_is_shown() {
    let text = "version: 1\ndefault: hide\ncards: [{id: a, service: web, show_when: {group: g}}]\n";
    assert!(codes(text, &LintOptions::default()).is_empty());
}
