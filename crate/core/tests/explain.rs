//! Deciding and explaining through the batch contract.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use scoped_launcher_core::batch::answer;
use serde_json::{Value, json};

fn ask(request: &Value) -> Value {
    serde_json::from_str(&answer(&request.to_string())).unwrap()
}

fn founding_needs(groups: &Value, kernelspecs: &Value) -> Value {
    json!({
        "op": "decide",
        "policy": {"version": 1, "rules": [
            {"id": "class1234", "match": {"kernel": "Class1234_*"}, "show_when": {"group": "PythonForMorons101"}},
            {"id": "class1234-tools", "match": {"proxy": "class1234-*"}, "show_when": {"kernel": "Class1234_Semester02"}},
        ]},
        "context": {"hub": true, "user": "mmuster", "groups": groups},
        "kernelspecs": kernelspecs,
        "cards": [
            {"id": "k", "kind": "kernel", "name": "class1234_semester02"},
            {"id": "p", "kind": "proxy", "name": "class1234-tools", "owner": null, "tags": null},
            {"id": "c", "kind": "command", "name": "terminal:create-new"},
        ],
    })
}

#[test]
fn decides_the_founding_needs() {
    let decisions = |visible: bool, reason: &str| {
        json!({"decisions": [
            {"id": "k", "visible": visible, "rule": "class1234", "reason": reason},
            {"id": "p", "visible": visible, "rule": "class1234-tools", "reason": reason},
            {"id": "c", "visible": true, "rule": null, "reason": "default"},
        ]})
    };
    let member = json!(["PythonForMorons101"]);
    for kernelspecs in [
        json!(null),
        json!(["Class1234_Semester02"]),
        json!([{"name": "class1234_semester02", "tags": ["x"]}]),
        json!({"class1234_semester02": {"metadata": {"tags": ["x", 1]}}}),
        json!({"default": "python3", "kernelspecs": {"class1234_semester02": {"spec": {}}}}),
    ] {
        assert_eq!(
            ask(&founding_needs(&member, &kernelspecs)),
            decisions(true, "show_when"),
            "{kernelspecs}"
        );
    }
    assert_eq!(
        ask(&founding_needs(&json!([]), &json!(null))),
        decisions(false, "not_shown")
    );
    let absent = ask(&founding_needs(&member, &json!([])));
    assert_eq!(absent["decisions"][1]["visible"], false);
}

fn explained(rule: &Value, more: &Value) -> Value {
    let mut request = json!({
        "op": "explain",
        "policy": {"version": 1, "rules": [rule]},
        "context": {"user": "mmuster", "groups": ["b", "a"], "server": {"owner": "profx"}},
        "cards": [{"id": "k", "kind": "kernel", "name": "Class"}],
        "now": "2026-12-01T00:00:00Z",
    });
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    ask(&request)["decisions"][0].clone()
}

#[test]
fn explains_for_people_and_for_programs() {
    let answer = explained(
        &json!({"id": "r", "match": {"kernel": "class"}, "show_when": {"group": "PythonForMorons101"}, "contact": "profx@example.edu"}),
        &json!({"context": {"user": "mmuster"}}),
    );
    assert_eq!(
        answer,
        json!({
            "id": "k", "visible": false, "rule": "r", "reason": "not_shown",
            "sentence": "Hidden: shown only to members of group PythonForMorons101; you are in none of its groups. Ask profx@example.edu.",
            "explanation": "Hidden: shown only to members of group PythonForMorons101; you are in none of its groups.",
            "parts": [
                {"code": "shown-only-to"}, {"code": "members", "value": "PythonForMorons101"}, {"code": "in-no-such-group"},
            ],
            "message": null,
            "contact": "profx@example.edu",
            "request": null, "locked": false, "listed": true,
            "trace": [{"rule": "r", "in_force": true, "conditions": [
                {"path": "show_when.group", "condition": {"group": "PythonForMorons101"}, "outcome": false, "fact": "in no group"},
            ]}],
        })
    );
}

#[test]
fn explains_every_kind_of_condition() {
    for (when, sentence) in [
        (
            json!({"show_when": {"group": "a"}}),
            "Shown to members of group a; you are in a.",
        ),
        (
            json!({"show_when": {"group": ["x", "y"]}}),
            "Hidden: shown only to members of group x, y; you are in none of its groups.",
        ),
        (
            json!({"hide_when": {"group": {"include": "*", "except": "a"}}}),
            "Hidden from members of group * except a; you are in b.",
        ),
        (
            json!({"show_when": {"user": "profx"}}),
            "Hidden: shown only to certain users; you are mmuster.",
        ),
        (
            json!({"show_when": {"scope": "read:users!user={owner}"}}),
            "Hidden: shown only to holders of scope read:users!user=profx; you do not hold it.",
        ),
        (
            json!({"show_when": {"admin": true}}),
            "Hidden: shown only to Hub admins; you are not an admin.",
        ),
        (
            json!({"show_when": {"admin": false}}),
            "Shown to those who are not Hub admins; you are not an admin.",
        ),
        (
            json!({"show_when": {"owner": true}}),
            "Hidden: shown only to the owner of this server; this server is not yours.",
        ),
        (
            json!({"show_when": {"always": false}}),
            "Hidden: this rule never shows the card.",
        ),
        (
            json!({"hide_when": {"always": true}, "message": "Back on Monday."}),
            "Hidden from everybody. Back on Monday.",
        ),
        (
            json!({"show_when": {"kernel": "nope"}}),
            "Hidden: shown only to users of kernel nope; this kernel is not installed here.",
        ),
        (
            json!({"show_when": {"group": "a", "admin": true, "owner": true}}),
            "Hidden: shown only to Hub admins and the owner of this server; you are not an admin; this server is not yours.",
        ),
        (
            json!({"show_when": {"all": [{"any": [{"group": "x"}, {"admin": true}]}, {"owner": true}]}}),
            "Hidden: shown only to (members of group x or Hub admins) and the owner of this server; you are in none of its groups; you are not an admin; this server is not yours.",
        ),
        (
            json!({"show_when": {"not": {"group": "a"}}, "contact": "mailto:x@y.z"}),
            "Hidden: shown only to those who are not members of group a; you are in a. Ask x@y.z.",
        ),
        (
            json!({"show_when": {"scope": "access:services!service={name}", "kernel": "class"}}),
            "Hidden: the rule r cannot be evaluated; the rules of kernel Class cannot be evaluated.",
        ),
        (
            json!({"show_when": {"always": true}, "until": "2026-11-30"}),
            "Hidden: shown only until 2026-11-30.",
        ),
        (
            json!({"hide_when": {"always": true}, "until": "2026-11-30"}),
            "Shown: no rule says otherwise.",
        ),
        (
            json!({"show_when": {"service": "health-*"}}),
            "Hidden: shown only to service health-*; you are no service of the Hub.",
        ),
        (
            json!({"show_when": {"group": "A"}}),
            "Hidden: shown only to members of group A; you are in a, which is written differently.",
        ),
    ] {
        let mut rule = json!({"id": "r", "match": {"kernel": "*"}});
        for (key, value) in when.as_object().unwrap() {
            rule[key] = value.clone();
        }
        assert_eq!(explained(&rule, &json!({}))["sentence"], sentence, "{when}");
    }
}

#[test]
fn traces_wholes_and_parts() {
    let answer = explained(
        &json!({"id": "r", "match": {"kernel": "*"}, "show_when": {"not": {"any": [{"group": "x"}, {"scope": "list:users"}]}, "owner": false}}),
        &json!({}),
    );
    assert_eq!(
        answer["trace"][0]["conditions"],
        json!([
            {"path": "show_when.not", "outcome": true},
            {"path": "show_when.not.any", "outcome": false},
            {"path": "show_when.not.any[0].group", "condition": {"group": "x"}, "outcome": false, "fact": "only in a, b"},
            {"path": "show_when.not.any[1].scope", "condition": {"scope": "list:users"}, "outcome": false, "fact": "list:users is not held"},
            {"path": "show_when.owner", "condition": {"owner": false}, "outcome": true, "fact": "the server is profx's"},
        ])
    );
    let without_hub = explained(
        &json!({"id": "r", "match": {"kernel": "*"}, "show_when": {"group": "x"}}),
        &json!({"context": {"hub": false}}),
    );
    assert_eq!(
        without_hub["sentence"],
        "Shown: there is no JupyterHub to ask."
    );
    assert_eq!(
        without_hub["trace"],
        json!([{"rule": "r", "in_force": true, "conditions": []}])
    );
}

#[test]
fn names_whom_to_ask_about_a_kernel() {
    let policy = json!({"version": 1, "rules": [
        {"id": "tools", "match": {"proxy": "tools"}, "show_when": {"kernel": "class"}},
        {"id": "more", "match": {"proxy": "tools"}, "show_when": {"admin": true}},
        {"id": "class", "match": {"kernel": "class"}, "show_when": {"group": "g"}, "contact": "https://example.edu/ask"},
    ]});
    let answer = ask(
        &json!({"op": "explain", "policy": policy, "context": {}, "kernelspecs": ["class"],
        "cards": [{"id": "t", "kind": "proxy", "name": "tools"}]}),
    );
    let answer = &answer["decisions"][0];
    assert_eq!(
        answer["sentence"],
        "Hidden: shown only to users of kernel class; this kernel is hidden from you. Ask https://example.edu/ask."
    );
    assert_eq!(
        answer["trace"][0]["conditions"][0]["fact"],
        "kernel class is hidden by rule class"
    );
}

#[test]
fn a_card_hidden_because_of_a_kernel_has_the_kernels_message() {
    let policy = |message: &str| {
        json!({"version": 1, "rules": [
            {"id": "tools", "match": {"proxy": "tools"}, "show_when": {"kernel": "class"}, "message": message},
            {"id": "class", "match": {"kernel": "class"}, "show_when": {"group": "g"}, "message": "Register for the class."},
        ]})
    };
    let mut without = policy("");
    without["rules"][0]
        .as_object_mut()
        .unwrap()
        .remove("message");
    for (policy, message) in [
        (without, "Register for the class."),
        (policy("Start the kernel first."), "Start the kernel first."),
    ] {
        let answer = ask(
            &json!({"op": "explain", "policy": policy, "context": {}, "kernelspecs": ["class"],
            "cards": [{"id": "t", "kind": "proxy", "name": "tools"}]}),
        );
        assert_eq!(answer["decisions"][0]["message"], message);
    }
}

#[test]
fn a_kernel_that_is_not_installed_has_its_message_and_contact_too() {
    let rule = |more: Value| {
        let mut rule = json!({"id": "tools", "match": {"proxy": "tools"}, "show_when": {"any": [{"kernel": "class*"}]}});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        rule
    };
    for (own, message, contact) in [
        (json!({}), "Register for the class.", "profx@example.edu"),
        (
            json!({"contact": "help@example.edu"}),
            "Register for the class.",
            "profx@example.edu",
        ),
        (
            json!({"message": "Not here."}),
            "Not here.",
            "profx@example.edu",
        ),
        (
            json!({"message": "Not here.", "contact": "help@example.edu"}),
            "Not here.",
            "help@example.edu",
        ),
    ] {
        let policy = json!({"version": 1, "kernels": {"Class1": "/srv/class1"}, "rules": [
            rule(own.clone()),
            {"id": "class", "match": {"kernel": "class1"}, "show_when": {"group": "g"},
             "message": "Register for the class.", "contact": "profx@example.edu"},
        ]});
        for kernelspecs in [json!(["python3"]), json!(["class1", "python3"])] {
            let answer = ask(
                &json!({"op": "explain", "policy": policy, "context": {}, "kernelspecs": kernelspecs,
                "cards": [{"id": "t", "kind": "proxy", "name": "tools"}]}),
            );
            let answer = &answer["decisions"][0];
            assert_eq!(
                (&answer["message"], &answer["contact"]),
                (&json!(message), &json!(contact)),
                "{own} {kernelspecs}"
            );
        }
    }
}

#[test]
fn says_what_a_visitor_may_ask_for_and_what_is_not_known() {
    let request = explained(
        &json!({"id": "r", "match": {"kernel": "*"}, "show_when": {"group": "class"}, "request": {"group": "class"}}),
        &json!({}),
    );
    assert_eq!(request["request"], "class");
    let unknown = explained(
        &json!({"id": "r", "match": {"kernel": "*"}, "show_when": {"scope": "access:servers!server=profx/dash-1"}}),
        &json!({"context": {"user": "mmuster", "warnings": ["The Hub did not say which servers are shared."]}}),
    );
    let sentence = unknown["sentence"].as_str().unwrap();
    assert!(sentence.contains("not known"), "{sentence}");
    assert!(!sentence.contains("you do not hold it"), "{sentence}");
}

#[test]
fn takes_a_policy_as_the_text_of_a_file_that_is_checked() {
    let decide = |policy: &str| {
        ask(
            &json!({"op": "decide", "policy": policy, "context": {"groups": ["g"]},
            "cards": [{"id": "k", "kind": "kernel", "name": "k"}]}),
        )
    };
    let good = "version: 1\nrules:\n- {id: r, match: {kernel: k}, show_when: {group: h}}\n";
    assert_eq!(decide(good)["decisions"][0]["visible"], false);
    let answer = decide(&good.replace("group: h", "gruop: h"));
    assert_eq!(answer["error"]["code"], "invalid-policy");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("policy:3:43: "), "{message}");
    assert!(message.contains("`group`"), "{message}");
}

#[test]
fn a_rule_with_a_window_needs_the_time() {
    let answer = ask(&json!({"op": "explain", "policy": {"version": 1, "rules": [
        {"id": "r", "match": {"kernel": "k"}, "hide_when": {"always": false}, "until": "2026-12-01"},
    ]}, "cards": [
        {"id": "k", "kind": "kernel", "name": "k"}, {"id": "p", "kind": "proxy", "name": "p"},
    ]}));
    let (governed, other) = (&answer["decisions"][0], &answer["decisions"][1]);
    assert_eq!(governed["reason"], "error");
    assert_eq!(
        governed["sentence"],
        "Hidden: the rule r cannot be evaluated; it has a time window, and the time is not known."
    );
    assert_eq!(other["reason"], "default");
}

#[test]
fn refuses_what_it_cannot_read() {
    for (request, code) in [
        (json!({"op": "decide"}), "bad-request"),
        (
            json!({"op": "decide", "policy": {"version": 1}, "cards": [{"id": "x", "kind": "kernle"}]}),
            "bad-request",
        ),
        (
            json!({"op": "decide", "policy": {"version": 1}, "kernelspecs": 5}),
            "bad-request",
        ),
        (
            json!({"op": "decide", "policy": {"version": 1}, "now": "today"}),
            "bad-time",
        ),
    ] {
        assert_eq!(ask(&request)["error"]["code"], code, "{request}");
    }
}

#[test]
fn the_context_has_a_clock_of_its_own() {
    let window = json!({"version": 1, "rules": [
        {"id": "r", "match": {"kernel": "*"}, "hide_when": {"always": true}, "from": "2026-12-01"},
    ]});
    let cards = json!([{"id": "x", "kind": "kernel", "name": "x"}]);
    for (now, visible) in [
        ("2026-11-30T23:59:59.999Z", true),
        ("2026-12-01T00:00:00Z", false),
    ] {
        let request =
            json!({"op": "decide", "policy": window, "cards": cards, "context": {"now": now}});
        assert_eq!(ask(&request)["decisions"][0]["visible"], visible);
    }
}
