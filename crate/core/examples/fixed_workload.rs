//! Answers one fixed line of the batch contract, for `scripts/check-instructions.mjs` to count instructions.
//!
//! `fixed_workload OP` with one of `lint` (read and check a policy file of 300 rules), `compile` (read the same policy
//! as JSON, compile it, decide no card), `decide` (also match and decide 500 cards) and `expand` (expand 200 scopes).
//! Prints the length of the answer.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::indexing_slicing
)]

use serde_json::{Value, json};

const RULES: usize = 300;
const CARDS: usize = 500;

fn main() {
    let op = std::env::args().nth(1).expect("an op");
    let line = match op.as_str() {
        "lint" => json!({"op": "lint", "policy": policy().to_string()}),
        "compile" => decide_line(0),
        "decide" => decide_line(CARDS),
        "expand" => {
            json!({"op": "expand", "scopes": scopes(), "owner": {"kind": "user", "name": "ann"}})
        }
        _ => Value::Null,
    };
    let line = line.to_string();
    let answer = scoped_launcher_core::batch::answer(&line);
    // An error would be fast.
    assert!(!answer.starts_with(r#"{"error""#), "{answer}");
    println!("{} {}", op, answer.len());
}

fn decide_line(cards: usize) -> Value {
    let groups: Vec<String> = (0..50).map(|n| format!("course-{}", n * 2)).collect();
    json!({
        "op": "decide",
        "policy": policy(),
        "context": {
            "hub": true, "user": "ann", "admin": false, "groups": groups, "scopes": scopes(), "shares": ["bob/dash-6-5"],
            "server": {"owner": "ann", "name": ""}, "now": "2026-12-01T09:00:00Z",
        },
        "cards": (0..cards).map(card).collect::<Vec<_>>(),
    })
}

fn policy() -> Value {
    json!({
        "version": 1,
        "tags": {"exam": [{"kernel": "exam-*"}, {"category": "Exams"}]},
        "roles": [{"name": "students", "groups": ["course-1"], "scopes": ["access:services!service=web-1"]}],
        "rules": (0..RULES).map(rule).collect::<Vec<_>>(),
    })
}

fn rule(n: usize) -> Value {
    let group = format!("course-{}", n * 7 % 100);
    let (matcher, key, condition) = match n % 8 {
        0..3 => (
            json!({"kernel": format!("class{n}_*")}),
            "show_when",
            json!({"group": group}),
        ),
        3 => (
            json!({"proxy": [format!("class{n}-*"), format!("lab{n}")]}),
            "show_when",
            json!({"kernel": format!("class{}_python", n - 1)}),
        ),
        4 => (
            json!({"service": format!("web-{n}")}),
            "show_when",
            json!({"scope": format!("access:services!service=web-{n}")}),
        ),
        5 => (
            json!({"server": {"include": format!("*/dash-{n}-*"), "except": "*/"}}),
            "show_when",
            json!({"scope": "access:servers!server={owner}/{name}"}),
        ),
        6 => (
            json!({"kernel": format!("*-gpu{n}")}),
            "show_when",
            json!({"any": [{"admin": true}, {"group": [group, "course-1*"]}], "owner": true}),
        ),
        _ => (
            json!({"category": format!("Course {n}")}),
            "hide_when",
            json!({"not": {"group": group}}),
        ),
    };
    let mut rule = json!({"id": format!("rule-{n}"), "match": matcher, key: condition});
    if n % 40 == 7 {
        rule["from"] = json!("2026-12-01T08:00:00Z");
        rule["until"] = json!("2026-12-01T12:00:00Z");
    }
    rule
}

fn card(n: usize) -> Value {
    let rule = n * 13 % RULES / 8 * 8;
    let id = format!("card-{n}");
    match n % 6 {
        0 | 1 => {
            json!({"id": id, "kind": "kernel", "name": format!("class{}_python", rule + n % 3), "category": "Notebook"})
        }
        2 => json!({"id": id, "kind": "proxy", "name": format!("class{}-tools", rule + 3)}),
        3 => json!({"id": id, "kind": "service", "name": format!("web-{}", rule + 4)}),
        4 => {
            json!({"id": id, "kind": "server", "owner": format!("user-{n}"), "name": format!("dash-{}-{n}", rule + 5)})
        }
        _ => {
            json!({"id": id, "kind": "kernel", "name": format!("python-gpu{}", rule + 6), "category": format!("Course {}", rule + 7)})
        }
    }
}

fn scopes() -> Vec<String> {
    let scope = |n: usize| match n % 4 {
        0 => format!("access:services!service=web-{n}"),
        1 => format!("access:servers!server=user-{n}/dash-{n}"),
        2 => format!("servers!user=user-{n}"),
        _ => format!("read:users!group=course-{n}"),
    };
    (0..200).map(scope).collect()
}
