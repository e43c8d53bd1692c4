//! What a policy names: cards, icons, and the scopes that a visitor's token needs for it.

use std::collections::{BTreeSet, HashSet};

use super::card::{Card, Kind};
use super::document::{Condition, Document, MatchKey, Predicate};
use super::glob::is_glob;

/// Lets a visitor's token read which servers are shared with that visitor, and nothing else.
const SHARES_SCOPE: &str = "read:users:shares!user";

/// How a scope begins that names one server.
const ONE_SERVER: &str = "access:servers!server=";

/// How the scopes begin that a token may carry: they are no rights at the Hub itself.
const TOKEN_SAFE_PREFIXES: [&str; 2] = ["custom:", "access:services!service="];

impl Document {
    /// The cards that the policy names without a glob, in `kernels` and in `match`: each once, in the
    /// order of the file.
    #[must_use]
    pub fn named_cards(&self) -> Vec<Card> {
        let kernels = self
            .kernels
            .0
            .iter()
            .map(|(name, _)| (Kind::Kernel, name.as_str()));
        let selectors = self.rules.iter().flat_map(|rule| &rule.matches.0);
        let matched = selectors.flat_map(|(key, selector)| {
            let kind = Kind::ALL.iter().find(|kind| MatchKey::from(**kind) == *key);
            let names = selector.include.iter().map(|pattern| pattern.as_str());
            let exact = names.filter(|name| !is_glob(name));
            exact.filter_map(move |name| kind.map(|kind| (*kind, name)))
        });
        let mut seen = HashSet::new();
        kernels
            .chain(matched)
            .filter(|named| seen.insert(*named))
            .map(|(kind, name)| named_card(kind, name))
            .collect()
    }

    /// The icons that the policy's cards name.
    #[must_use]
    pub fn icons(&self) -> Vec<&str> {
        let icons: BTreeSet<&str> = self
            .cards
            .iter()
            .filter_map(|card| card.icon.as_deref())
            .collect();
        icons.into_iter().collect()
    }

    /// The scopes that conditions of rules ask about and that only a visitor's token can tell.
    ///
    /// The engine adds the scopes of the policy's roles by the visitor's groups, without any token
    /// having them. A scope that names a server is answered by the visitor's shares, so it needs only
    /// the right to read these. Of the rest a token gets custom scopes and access to single services:
    /// the owner of a server that an admin visits can use the admin's token, whoever holds what.
    #[must_use]
    pub fn token_scopes(&self) -> Vec<&str> {
        let granted: HashSet<&str> = self
            .roles
            .iter()
            .flat_map(|role| role.scopes.iter().map(String::as_str))
            .collect();
        let mut scopes = Vec::new();
        for rule in &self.rules {
            for condition in rule.show_when.iter().chain(&rule.hide_when) {
                scopes_in(condition, &mut scopes);
            }
        }
        let needed: BTreeSet<&str> = scopes
            .into_iter()
            .filter_map(|scope| {
                if scope.starts_with(ONE_SERVER) {
                    return Some(SHARES_SCOPE);
                }
                let is_safe = TOKEN_SAFE_PREFIXES
                    .iter()
                    .any(|prefix| scope.starts_with(prefix));
                (is_safe && !scope.contains('{') && !granted.contains(scope)).then_some(scope)
            })
            .collect();
        needed.into_iter().collect()
    }
}

fn scopes_in<'d>(condition: &'d Condition, scopes: &mut Vec<&'d str>) {
    for predicate in &condition.0 {
        if let Predicate::Scope(scope) = predicate {
            scopes.push(scope.as_str());
        }
        for part in predicate.conditions() {
            scopes_in(part, scopes);
        }
    }
}

/// The card of this kind and name, as the command line writes it: `KIND:NAME`.
fn named_card(kind: Kind, name: &str) -> Card {
    let (owner, bare) = match (kind, name.split_once('/')) {
        (Kind::Server, Some((owner, bare))) => (Some(owner.to_owned()), bare),
        _ => (None, name),
    };
    Card {
        id: format!("{}:{name}", kind.as_str()),
        kind,
        name: bare.to_owned(),
        owner,
        category: None,
        command: (kind == Kind::Command).then(|| name.to_owned()),
        tags: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    fn document() -> Document {
        from_value(json!({
            "version": 1,
            "roles": [{"name": "r", "groups": ["g"], "scopes": ["custom:granted:use"]}],
            "kernels": {"Class": "/srv/class"},
            "cards": [{"id": "b", "service": "b", "icon": "b.svg"}, {"id": "a", "service": "a", "icon": "a.svg"},
                      {"id": "c", "service": "c", "icon": "b.svg"}],
            "rules": [
                {"id": "1", "match": {"kernel": ["Class", "c*"], "server": "profx/dash-1", "tag": "exam"},
                 "show_when": {"any": [{"scope": "custom:asked:use"}, {"not": {"scope": "custom:granted:use"}}]}},
                {"id": "2", "match": {"command": {"include": "terminal:create-new", "except": "x"}},
                 "show_when": {"scope": "access:servers!server={owner}/{name}", "all": [{"scope": "list:users"}]},
                 "hide_when": {"scope": "access:services!service=web"}},
                {"id": "3", "match": {"service": "s"}, "show_when": {"scope": "access:services!service={name}"}},
            ],
        }))
        .unwrap()
    }

    #[test]
    fn cards_that_are_named_without_a_glob() {
        let cards = document().named_cards();
        let ids: Vec<&str> = cards.iter().map(|card| card.id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "kernel:Class",
                "server:profx/dash-1",
                "command:terminal:create-new",
                "service:s"
            ]
        );
        let server = &cards[1];
        assert_eq!(
            (server.owner.as_deref(), server.name.as_str()),
            (Some("profx"), "dash-1")
        );
        assert_eq!(cards[2].command.as_deref(), Some("terminal:create-new"));
    }

    #[test]
    fn each_icon_once() {
        assert_eq!(document().icons(), ["a.svg", "b.svg"]);
    }

    #[test]
    fn a_token_carries_no_right_at_the_hub_itself() {
        assert_eq!(
            document().token_scopes(),
            [
                "access:services!service=web",
                "custom:asked:use",
                "read:users:shares!user"
            ]
        );
    }
}
