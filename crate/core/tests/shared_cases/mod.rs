//! The decision cases of `tests/cases`, compiled in, so that they run in a browser as well.

use scoped_launcher_core::policy::source;
use serde_json::{Map, Value, json};

/// The files of `tests/cases`, by name.
pub const FILES: &[(&str, &str)] = &[
    (
        "cards.yaml",
        include_str!("../../../../tests/cases/cards.yaml"),
    ),
    (
        "conditions.yaml",
        include_str!("../../../../tests/cases/conditions.yaml"),
    ),
    (
        "decision.yaml",
        include_str!("../../../../tests/cases/decision.yaml"),
    ),
    (
        "errors.yaml",
        include_str!("../../../../tests/cases/errors.yaml"),
    ),
    (
        "founding.yaml",
        include_str!("../../../../tests/cases/founding.yaml"),
    ),
    (
        "kernels.yaml",
        include_str!("../../../../tests/cases/kernels.yaml"),
    ),
    (
        "kinds.yaml",
        include_str!("../../../../tests/cases/kinds.yaml"),
    ),
    (
        "languages.yaml",
        include_str!("../../../../tests/cases/languages.yaml"),
    ),
    (
        "match.yaml",
        include_str!("../../../../tests/cases/match.yaml"),
    ),
    (
        "names.yaml",
        include_str!("../../../../tests/cases/names.yaml"),
    ),
    (
        "no_hub.yaml",
        include_str!("../../../../tests/cases/no_hub.yaml"),
    ),
    (
        "scopes.yaml",
        include_str!("../../../../tests/cases/scopes.yaml"),
    ),
    (
        "selectors.yaml",
        include_str!("../../../../tests/cases/selectors.yaml"),
    ),
    (
        "tags.yaml",
        include_str!("../../../../tests/cases/tags.yaml"),
    ),
    (
        "time.yaml",
        include_str!("../../../../tests/cases/time.yaml"),
    ),
    (
        "windows.yaml",
        include_str!("../../../../tests/cases/windows.yaml"),
    ),
];

/// One case.
pub struct Case {
    /// `FILE: NAME`
    pub name: String,
    /// The fields of op `decide`.
    pub request: Map<String, Value>,
    /// The decisions that must come out, in the order of the cards.
    pub decisions: Vec<Value>,
    /// By id of the card, what the explanation must say.
    #[allow(dead_code)] // not every face explains
    pub sentences: Map<String, Value>,
}

/// All cases of all files.
pub fn all() -> Vec<Case> {
    FILES
        .iter()
        .flat_map(|(file, text)| cases(file, text))
        .collect()
}

fn cases(file: &str, text: &str) -> Vec<Case> {
    let root = source::read(text.as_bytes(), file)
        .unwrap_or_else(|problems| panic!("{file}: {problems:?}"))
        .to_json();
    let given = root
        .get("given")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    root["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| one(file, &given, case))
        .collect()
}

fn one(file: &str, given: &Map<String, Value>, case: &Value) -> Case {
    let mut request = given.clone();
    request.extend(case.as_object().unwrap().clone());
    let name = format!(
        "{file}: {}",
        request.remove("name").unwrap().as_str().unwrap()
    );
    let expected = request.remove("expect").unwrap();
    let expected = expected.as_object().unwrap();
    let sentences = request
        .remove("sentences")
        .and_then(|sentences| sentences.as_object().cloned())
        .unwrap_or_default();
    let cards = request["cards"].as_array().unwrap();
    let decisions: Vec<Value> = cards
        .iter()
        .map(|card| {
            let id = card["id"].as_str().unwrap();
            decision(
                id,
                expected
                    .get(id)
                    .unwrap_or_else(|| panic!("{name}: nothing is expected of card {id}")),
            )
        })
        .collect();
    assert_eq!(
        decisions.len(),
        expected.len(),
        "{name}: something is expected of a card that is not there"
    );
    Case {
        name,
        decisions,
        sentences,
        request,
    }
}

/// `shown REASON [RULE]` or `hidden REASON [RULE]`, as decisions are answered.
fn decision(id: &str, expected: &Value) -> Value {
    let words: Vec<&str> = expected.as_str().unwrap().splitn(3, ' ').collect();
    let visible = match words[0] {
        "shown" => true,
        "hidden" => false,
        other => panic!("{id}: neither shown nor hidden but {other}"),
    };
    json!({"id": id, "visible": visible, "reason": words[1], "rule": words.get(2)})
}
