//! The batch contract: one JSON line in, one JSON line out.
//!
//! `docs/reference/batch.md` is the contract, op by op. Each family of ops has a file here.

mod ascii;
mod decide;
mod grants;
mod json;
mod kernelspecs;
mod lint;
mod policy;
mod scopes;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;

pub use decide::DecideRequest;
pub use kernelspecs::Kernelspecs;

/// Answers one line of the batch contract.
///
/// `line` is a JSON object whose `op` names what is asked. The answer is one line of JSON in ASCII,
/// without its line end. Whatever is wrong with `line`, the answer is
/// `{"error": {"code", "message"}}`: this never panics and keeps nothing between lines.
#[must_use]
pub fn answer(line: &str) -> String {
    ascii::to_line(&respond(line).unwrap_or_else(|error| failure(&error)))
}

/// The answer for a line that cannot even be handed to [`answer`].
#[must_use]
pub fn refuse(error: &Error) -> String {
    ascii::to_line(&failure(error))
}

fn failure(error: &Error) -> Value {
    json!({"error": json::error(error)})
}

#[derive(Deserialize)]
struct Request {
    op: String,
}

fn respond(line: &str) -> Result<Value, Error> {
    match json::read::<Request>(line)?.op.as_str() {
        "expand" => scopes::expand(line),
        "reduce" => scopes::reduce(line),
        "parse" => scopes::parse(line),
        "intersect" => scopes::intersect(line),
        "has_scope" => scopes::has_scope(line),
        "check_scopes" => scopes::check_scopes(line),
        "visitor_check" => scopes::visitor_check(line),
        "resolve" => scopes::resolve(line),
        "describe" => scopes::describe(line),
        "lint" => lint::lint(line),
        "decide" => decide::decide(line),
        "explain" => decide::explain(line),
        "grants" => grants::grants(line),
        op => Err(Error::new(
            "unknown-op",
            format!("There is no op `{op}`; docs/reference/batch.md lists them."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn a_line_is_answered() {
        assert_eq!(
            answer(r#"{"op": "parse", "scopes": ["users", "users!user=a", "groups!group=b"]}"#),
            r#"{"parsed":{"groups":{"group":["b"]},"users":true}}"#
        );
    }

    #[test]
    fn a_bad_line_answers_a_coded_error() {
        for (line, code) in [
            ("", "bad-json"),
            ("{", "bad-json"),
            (r#""\ud800""#, "bad-json"),
            ("[]", "bad-request"),
            (r#"{"op": 1}"#, "bad-request"),
            (r#"{"op": "parse"}"#, "bad-request"),
            (r#"{"op": "parse", "scopes": "users"}"#, "bad-request"),
            (r#"{"op": "parse", "scopes": [null]}"#, "bad-request"),
            (
                r#"{"op": "parse", "scopes": ["users!user="]}"#,
                "empty-filter",
            ),
            (r#"{"op": "launch"}"#, "unknown-op"),
        ] {
            let answer: serde_json::Value = serde_json::from_str(&answer(line)).unwrap();
            assert_eq!(answer["error"]["code"], code, "{line}: {answer}");
        }
    }
}
