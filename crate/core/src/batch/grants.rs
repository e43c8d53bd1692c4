//! The op that plans shares.

use serde::Deserialize;
use serde_json::{Value, json};

use super::json::read;
use super::policy::policy;
use crate::error::Error;
use crate::policy::Policy;
use crate::policy::grants::{ExistingShare, UserModel};
use crate::policy::time::parse_instant;

#[derive(Deserialize)]
struct GrantsRequest {
    users: Vec<UserModel>,
    shares: Option<Vec<ExistingShare>>,
    now: Option<String>,
}

pub(super) fn grants(line: &str) -> Result<Value, Error> {
    let policy = Policy::new(policy(line)?);
    let GrantsRequest { users, shares, now } = read(line)?;
    let now = now.as_deref().map(parse_instant).transpose()?;
    let changes = policy.grants(&users, &shares.unwrap_or_default(), now)?;
    Ok(json!({"create": changes.create, "revoke": changes.revoke}))
}

#[cfg(test)]
mod tests {
    use super::super::answer;

    #[test]
    fn a_line_is_answered() {
        let line = r#"{"op": "grants", "policy": {"version": 1, "grants": [
            {"id": "g", "to": {"groups": ["default"]}, "servers": "*/dash-*", "until": "2027-02-28"}]},
            "users": [{"name": "profx", "servers": {"dash-1": {}, "": {}}}, {"name": "m", "groups": ["default"]}],
            "shares": [{"server": "profx/dash-9", "user": "m", "grant": "g"}], "now": "2026-12-01T08:00:00Z"}"#;
        assert_eq!(
            answer(&line.replace('\n', " ")),
            r#"{"create":[{"grant":"g","server":"profx/dash-1","user":"m"}],"revoke":[{"grant":"g","server":"profx/dash-9","user":"m"}]}"#
        );
    }

    #[test]
    fn the_users_are_needed() {
        let answer = answer(r#"{"op": "grants", "policy": {"version": 1}}"#);
        assert!(answer.contains("bad-request"), "{answer}");
    }
}
