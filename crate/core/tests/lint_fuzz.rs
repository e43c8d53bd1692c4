//! Lint on thousands of broken policies: it does not panic, its positions are in the file, and the reader
//! of policies accepts what lint accepts. `SCOPED_LAUNCHER_CASES` sets how many.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use scoped_launcher_core::policy::diagnostic::Severity;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::lint::{LintOptions, check};
use scoped_launcher_core::policy::schema;
use serde_json::{Value, json};

const DOCS: &str = include_str!("../../../docs/reference/lint.md");

/// A linear congruential generator: the same cases in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

fn cases() -> usize {
    let wanted = std::env::var("SCOPED_LAUNCHER_CASES").ok();
    wanted.and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

fn example_policies() -> Vec<&'static str> {
    let blocks = DOCS.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

fn everything() -> Value {
    json!({
        "version": 1, "default": "show", "no_hub": "hide", "refresh": "15s", "max_stale": 600,
        "roles": [{"name": "students", "description": "d", "scopes": ["self", "custom:class:use"],
                   "users": ["ann"], "groups": ["class"], "services": ["web"]}],
        "custom_scopes": {"custom:class:use": {"description": "d", "subscopes": ["custom:class:see"]},
                          "custom:class:see": {"description": "d"}},
        "tags": {"exam": [{"kernel": "exam-*"}, {"category": ["x", "y"]}]},
        "timezone": "Europe/Berlin", "sections": [{"category": "c", "rank": 1}], "list_hidden": {"service": "s"},
        "kernels": {"Class": "/srv/kernels/class"},
        "cards": [{"id": "c", "title": {"en": "t {user}", "de-AT": "{name}"}, "description": {"fr": "d"}, "category": "c", "icon": "i.svg",
                   "service": "web", "path": "p", "tags": ["t"], "rank": 1.5, "open_in": "lab"},
                  {"id": "d", "servers": {"include": "*/dash-*", "except": ["*/"]}, "own": true},
                  {"id": "p", "page": "lab/tree/{user}", "show_when": {"group": "class"}, "hide_when": {"admin": true},
                   "from": "2026-12-01 08:00", "until": "2027-01-01",
                   "weekly": [{"days": ["mon", "tue"], "from": "10:00", "until": "11:30"}],
                   "contact": "a@b.c", "message": {"en": "m", "de": "n"}, "request": {"group": "class", "reason": "required"}, "locked": true},
                  {"id": "f", "file": "a.ipynb"}, {"id": "u", "url": "http://example.edu", "allow_http": true},
                  {"id": "o", "command": "a:b", "args": {"x": [1]}}],
        "rules": [{"id": "r", "match": {"kernel": "K*", "server": {"include": ["*/dash-*"]}, "tag": "exam"},
                   "show_when": {"group": "class", "all": [{"user": ["a", "b"]}, {"not": {"scope": "access:servers!server={owner}/{name}"}}]},
                   "hide_when": {"any": [{"kernel": "Class"}, {"admin": true}, {"owner": false}, {"always": false}]},
                   "from": "2026-12-01", "until": "2026-12-01T12:00:00Z", "contact": "a@b.c", "message": "m",
                   "weekly": [{"days": ["mon"], "from": "10:00", "until": "11:30"}], "request": {"group": "class", "reason": "optional"}, "locked": false},
                  {"id": "s", "match": [{"proxy": "p", "service": ["web"], "command": "c:*", "profile": "a/*", "category": "x"},
                                        {"link": "p", "title": "t", "language": "R", "args": {"x": "1"}}],
                   "hide_when": {"admin": false}}],
        "grants": [{"id": "g", "to": {"groups": ["class"], "users": "x"}, "until": "2027-02-28",
                    "servers": {"include": ["*/dash-*"], "except": ["*/dash-private-*"], "tags": ["dashboard"]}},
                   {"id": "h", "to": {"groups": "class"}, "servers": {"tags": "x", "owners": {"groups": "g"}}, "from": "2026-01-01"}],
        "preview": {"admin": true},
    })
}

/// The places of a value and of all in it, as JSON pointers.
fn pointers(value: &Value, here: String, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, format!("{here}/{index}"), found);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                pointers(value, format!("{here}/{key}"), found);
            }
        }
        _ => {}
    }
    found.push(here);
}

fn mutate(random: &mut Random, policy: &mut Value) {
    let replacements = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("*"),
        json!("[a"),
        json!("{name}"),
        json!("15s"),
        json!("2026-01-01"),
        json!("2026-01-01T00:00:00"),
        json!("Europe/Berlin"),
        json!("10:00"),
        json!([{"days": ["mon"], "from": "10:00", "until": "10:00"}]),
        json!("show"),
        json!("lab"),
        json!("a\u{0}b"),
        json!([]),
        json!([1]),
        json!(["x"]),
        json!([[]]),
        json!({}),
        json!({"x": 1}),
        json!({"en": "x"}),
        json!({"en": "x", "EN": "x"}),
        json!({"include": "x"}),
        json!({"except": "x"}),
        json!({"tags": "x"}),
        json!({"admin": true}),
        json!([{"admin": true}]),
        json!({"always": "x"}),
    ];
    let keys = [
        "x",
        "id",
        "match",
        "tags",
        "include",
        "kernel",
        "all",
        "not",
        "version",
        "group",
        "description",
    ];
    let mut places = Vec::new();
    pointers(policy, String::new(), &mut places);
    let place = random.of(&places).clone();
    let replacement = random.of(&replacements).clone();
    let key = (*random.of(&keys)).to_owned();
    let choice = random.below(4);
    match policy.pointer_mut(&place) {
        Some(Value::Object(entries)) if choice == 0 => _ = entries.insert(key, replacement),
        Some(Value::Object(entries)) if choice == 1 => {
            let names: Vec<_> = entries.keys().cloned().collect();
            if !names.is_empty() {
                entries.remove(random.of(&names));
            }
        }
        Some(Value::Array(items)) if choice == 0 => items.push(replacement),
        Some(value) => *value = replacement,
        None => {}
    }
}

#[test]
fn the_policy_has_every_key() {
    let policy = everything().to_string();
    let definitions = schema::policy()["$defs"].as_object().unwrap();
    let types = definitions.values().chain([schema::policy()]);
    let properties = types.filter_map(|definition| definition["properties"].as_object());
    for key in properties.flat_map(|properties| properties.keys()) {
        assert!(
            policy.contains(&format!("\"{key}\":")),
            "add `{key}` to everything()"
        );
    }
}

#[test]
fn what_lint_accepts_the_reader_accepts() {
    let base = everything();
    let unbroken = check(
        base.to_string().as_bytes(),
        "p.json",
        &LintOptions::default(),
    );
    assert_eq!(
        unbroken.of(Severity::Error).count(),
        0,
        "{:?}",
        unbroken.diagnostics
    );
    let mut random = Random(1);
    let (mut accepted, mut refused) = (0, 0);
    for _ in 0..cases() {
        let mut policy = base.clone();
        for _ in 0..=random.below(3) {
            mutate(&mut random, &mut policy);
        }
        let checked = check(
            policy.to_string().as_bytes(),
            "p.json",
            &LintOptions::default(),
        );
        let read = serde_json::from_value::<Document>(policy.clone());
        let errors: Vec<_> = checked.of(Severity::Error).collect();
        match read {
            Err(error) => assert!(!errors.is_empty(), "{policy}\nis refused: {error}"),
            Ok(document) if errors.is_empty() => assert_eq!(checked.document, Some(document)),
            Ok(_) => {}
        }
        // Lint reports this where the reader refuses what lint has accepted.
        let missed = errors
            .iter()
            .find(|diagnostic| diagnostic.message.starts_with("This policy cannot be read"));
        assert!(missed.is_none(), "{policy}\n{missed:?}");
        if errors.is_empty() {
            accepted += 1;
        } else {
            refused += 1;
        }
    }
    assert!(
        accepted * 50 > cases() && refused > accepted,
        "{accepted} accepted, {refused} refused"
    );
}

#[test]
fn no_bytes_make_it_panic() {
    let policies = example_policies();
    let snippets = [
        "\n",
        "\t",
        "  ",
        ":",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "!x ",
        "#",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "? ",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "é",
        "😀",
        "\\u0000",
        "~",
        "\r",
        "\0",
        "<<: ",
        "{name}",
        "1e9999",
        "0x",
        "`",
        "@",
    ];
    let mut random = Random(2);
    for _ in 0..cases() {
        let mut policy: Vec<char> = random.of(&policies).chars().collect();
        for _ in 0..=random.below(6) {
            let place = random.below(policy.len() + 1);
            match random.below(3) {
                0 => _ = policy.splice(place..place, random.of(&snippets).chars()),
                1 => policy.truncate(place),
                _ => _ = policy.drain(place..policy.len().min(place + random.below(8))),
            }
        }
        let text: String = policy.into_iter().collect();
        let mut bytes = text.clone().into_bytes();
        if random.below(20) == 0 {
            bytes.push(0xff);
        }
        let lines = text.split(['\n', '\r']).count();
        for diagnostic in check(&bytes, "p.yaml", &LintOptions::default()).diagnostics {
            let place = diagnostic.span;
            assert!(
                place.line >= 1 && place.column >= 1,
                "{diagnostic:?}\n{text}"
            );
            assert!(place.line <= lines + 1, "{diagnostic:?}\n{text}");
            assert!(
                !diagnostic.message.is_empty() && !diagnostic.help.is_empty(),
                "{diagnostic:?}"
            );
        }
    }
}
