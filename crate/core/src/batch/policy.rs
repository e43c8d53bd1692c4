//! The ops that decide on cards.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value, json};

use super::read;
use crate::error::Error;
use crate::policy::facts::{Card, Context, Kernelspec};
use crate::policy::model::Document;
use crate::policy::{Policy, Session, time::parse_instant};

#[derive(Deserialize)]
struct Request {
    policy: Document,
    #[serde(default)]
    context: Context,
    #[serde(default)]
    cards: Vec<Card>,
    now: Option<String>,
    kernelspecs: Option<Kernelspecs>,
}

pub(super) fn decide(line: &str) -> Result<Value, Error> {
    let (session, count) = decided(line)?;
    let decisions: Vec<_> = (0..count)
        .filter_map(|card| session.decision(card))
        .collect();
    Ok(json!({"decisions": decisions}))
}

/// A session that has decided, and how many cards it has.
fn decided(line: &str) -> Result<(Session, usize), Error> {
    let Request {
        policy,
        context,
        cards,
        now,
        kernelspecs,
    } = read(line)?;
    let policy = Policy::new(policy);
    let now = match now.as_deref().or(context.now.as_deref()) {
        Some(now) => parse_instant(now)?,
        None if policy.changes() => {
            return Err(Error::new(
                "missing-now",
                "This policy has rules with a time window: write now, an RFC 3339 time such as 2026-12-01T08:00:00Z.",
            ));
        }
        None => 0,
    };
    let mut session = Session::new(Arc::new(policy), context, kernelspecs.map(|specs| specs.0));
    session.set_cards(cards);
    let count = session.decide(now).len();
    Ok((session, count))
}

/// The kernels that exist, in any of the shapes that tools have them in: a list of names or of
/// `{name, tags}`, or kernelspecs by name as Jupyter's REST API answers them.
struct Kernelspecs(Vec<Kernelspec>);

impl<'de> Deserialize<'de> for Kernelspecs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Array(specs) => specs.into_iter().map(listed).collect::<Option<_>>(),
            Value::Object(mut specs) => match specs.remove("kernelspecs") {
                Some(Value::Object(specs)) => Some(named(specs)),
                Some(_) => None,
                None => Some(named(specs)),
            },
            _ => None,
        }
        .map(Self)
        .ok_or_else(|| de::Error::custom("kernelspecs must be a list of names, a list of {name, tags}, or a mapping of names to specs"))
    }
}

fn listed(spec: Value) -> Option<Kernelspec> {
    match spec {
        Value::String(name) => Some(Kernelspec {
            name,
            tags: Vec::new(),
        }),
        Value::Object(_) => {
            let name = spec.get("name")?.as_str()?.to_owned();
            Some(Kernelspec {
                name,
                tags: tags_of(&spec),
            })
        }
        _ => None,
    }
}

fn named(specs: Map<String, Value>) -> Vec<Kernelspec> {
    specs
        .into_iter()
        .map(|(name, spec)| Kernelspec {
            tags: tags_of(&spec),
            name,
        })
        .collect()
}

/// `tags` of the spec itself and of its metadata. A kernelspec is somebody else's file: what is
/// no text is no tag.
fn tags_of(spec: &Value) -> Vec<String> {
    ["/tags", "/metadata/tags", "/spec/metadata/tags"]
        .into_iter()
        .filter_map(|place| spec.pointer(place)?.as_array())
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::answer;
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

    #[test]
    fn refuses_what_it_cannot_read() {
        let window = json!({"version": 1, "rules": [{"id": "r", "match": {"kernel": "*"}, "from": "2026-12-01"}]});
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
            (json!({"op": "decide", "policy": window}), "missing-now"),
        ] {
            assert_eq!(ask(&request)["error"]["code"], code, "{request}");
        }
    }

    #[test]
    fn the_context_has_a_clock_of_its_own() {
        let window = json!({"version": 1, "rules": [
            {"id": "r", "match": {"kernel": "*"}, "show_when": {"always": false}, "from": "2026-12-01"},
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
}
