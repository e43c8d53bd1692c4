//! What a policy names: cards, icons, and the scopes that a visitor's token needs for it.

use std::collections::{BTreeSet, HashSet};

use super::card::{Card, Kind};
use super::document::{Condition, Document, MatchKey, Predicate, Selector};
use super::glob::is_glob;

/// Lets a visitor's token read which servers are shared with that visitor, and nothing else.
const SHARES_SCOPE: &str = "read:users:shares!user";

/// How a scope begins that names one server.
const ONE_SERVER: &str = "access:servers!server=";

/// Access to the service of a card.
const SERVICE_OF_CARD: &str = "access:services!service={name}";

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
        let matchers = self.rules.iter().flat_map(|rule| &rule.matches.0);
        let selectors = matchers.flat_map(|matcher| &matcher.selectors);
        let matched = selectors.flat_map(|(key, selector)| {
            let kind = key.kind();
            let exact = exact_names(selector);
            exact.filter_map(move |name| kind.map(|kind| (kind, name)))
        });
        let mut seen = HashSet::new();
        kernels
            .chain(matched)
            .filter(|named| seen.insert(*named))
            .map(|(kind, name)| named_card(kind, name))
            .collect()
    }

    /// The groups, or globs of groups, that the policy names in conditions, roles, grants and requests: each once.
    #[must_use]
    pub fn named_groups(&self) -> Vec<&str> {
        let mut groups = BTreeSet::new();
        for condition in self.conditions() {
            condition.for_each_predicate(&mut |predicate| {
                if let Predicate::Group(selector) = predicate {
                    groups.extend(texts(selector));
                }
            });
        }
        for grant in &self.grants {
            let owners = grant.servers.owners.as_ref();
            let recipients = [Some(&grant.to), owners];
            let selectors = recipients.into_iter().flatten();
            groups.extend(
                selectors
                    .filter_map(|to| to.groups.as_ref())
                    .flat_map(texts),
            );
        }
        let of_roles = self.roles.iter().flat_map(|role| &role.groups);
        groups.extend(of_roles.map(String::as_str));
        let of_rules = self.rules.iter().filter_map(|rule| rule.request.as_ref());
        let of_cards = self.cards.iter().filter_map(|card| card.request.as_ref());
        groups.extend(
            of_rules
                .chain(of_cards)
                .map(|request| request.group.as_str()),
        );
        groups.into_iter().collect()
    }

    /// Does the policy need the Hub's shares: for grants, cards of servers, or conditions on access to them?
    #[must_use]
    pub fn needs_shares(&self) -> bool {
        !self.grants.is_empty()
            || self
                .token_scopes()
                .iter()
                .any(|scope| scope == SHARES_SCOPE)
    }

    /// Every condition of rules and cards, and those on who may look.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let of_rules = self.rules.iter();
        let of_rules = of_rules.flat_map(|rule| rule.show_when.iter().chain(&rule.hide_when));
        let of_cards = self.cards.iter();
        let of_cards = of_cards.flat_map(|card| card.show_when.iter().chain(&card.hide_when));
        let of_policy = self.preview.iter().chain(&self.list_hidden);
        of_rules.chain(of_cards).chain(of_policy)
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
    /// the right to read these; so do cards of servers. Of the rest a token gets custom scopes and access to single services:
    /// the owner of a server that an admin visits can use the admin's token, whoever holds what.
    /// `{name}` stands for each service that the policy names.
    #[must_use]
    pub fn token_scopes(&self) -> Vec<String> {
        let granted: HashSet<&str> = self
            .roles
            .iter()
            .flat_map(|role| role.scopes.iter().map(String::as_str))
            .collect();
        let mut scopes = Vec::new();
        for condition in self.conditions() {
            condition.for_each_predicate(&mut |predicate| {
                if let Predicate::Scope(scope) = predicate {
                    scopes.push(scope.as_str());
                }
            });
        }
        let services = self.named_services();
        let mut needed: BTreeSet<String> = BTreeSet::new();
        if self.cards.iter().any(|card| card.servers.is_some()) {
            needed.insert(SHARES_SCOPE.to_owned());
        }
        for scope in scopes {
            if scope.starts_with(ONE_SERVER) {
                needed.insert(SHARES_SCOPE.to_owned());
            } else if scope == SERVICE_OF_CARD {
                let of_service = |service: &&str| SERVICE_OF_CARD.replace("{name}", service);
                needed.extend(services.iter().map(of_service));
            } else if TOKEN_SAFE_PREFIXES
                .iter()
                .any(|prefix| scope.starts_with(prefix))
                && !scope.contains('{')
            {
                needed.insert(scope.to_owned());
            }
        }
        needed.retain(|scope| !granted.contains(scope.as_str()));
        needed.into_iter().collect()
    }

    /// The services of the policy's cards, and those that `match` names without a glob.
    fn named_services(&self) -> BTreeSet<&str> {
        let matched = self.rules.iter();
        let matched = matched.flat_map(|rule| rule.matches.selectors(MatchKey::Service));
        let of_cards = self.cards.iter().filter_map(|card| card.service.as_deref());
        matched.flat_map(exact_names).chain(of_cards).collect()
    }
}

/// The texts of a selector that are no globs.
fn exact_names(selector: &Selector) -> impl Iterator<Item = &str> {
    let names = selector.include.iter().map(|pattern| pattern.as_str());
    names.filter(|name| !is_glob(name))
}

/// All texts of a selector.
fn texts(selector: &Selector) -> impl Iterator<Item = &str> {
    let patterns = selector.include.iter().chain(&selector.except);
    patterns.map(|pattern| pattern.as_str())
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
        command: (kind == Kind::Command).then(|| name.to_owned()),
        ..Card::default()
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
    fn groups_and_what_needs_shares() {
        let document: Document = from_value(json!({
            "version": 1,
            "roles": [{"name": "r", "groups": ["role"], "scopes": []}],
            "cards": [{"id": "c", "page": "x", "show_when": {"group": "card"}, "request": {"group": "asked"}}],
            "rules": [{"id": "1", "match": {"kernel": "x"}, "hide_when": {"not": {"group": {"include": "a*", "except": "ab"}}}}],
            "preview": {"any": [{"group": ["staff"]}]},
        }))
        .unwrap();
        assert_eq!(
            document.named_groups(),
            ["a*", "ab", "asked", "card", "role", "staff"]
        );
        assert!(!document.needs_shares());
        for more in [
            json!({"cards": [{"id": "d", "servers": "*/x"}]}),
            json!({"grants": [{"id": "g", "to": {"groups": "to"}, "servers": {"owners": {"groups": "of"}}}]}),
            json!({"rules": [{"id": "1", "match": {"server": "**"}, "show_when": {"scope": "access:servers!server=a/b"}}]}),
        ] {
            let mut policy = json!({"version": 1});
            policy
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let document: Document = from_value(policy).unwrap();
            assert!(document.needs_shares(), "{more}");
        }
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
                "access:services!service=a",
                "access:services!service=b",
                "access:services!service=c",
                "access:services!service=s",
                "access:services!service=web",
                "custom:asked:use",
                "read:users:shares!user"
            ]
        );
    }
}
