//! What of a policy one visitor may read.

use super::document::{Condition, Document, OrderedMap, PolicyCard, Predicate, Rule};
use super::glob::NameKind;
use super::index::CompiledSelector;
use super::time::{DAY, TimeSpec, TimeZoneSpec};

/// So far ahead a page knows when `weekly` windows open and close.
const KNOWN_AHEAD_MS: i64 = 14 * DAY;

impl Document {
    /// The policy as this visitor's page gets it: it decides the same for them, and says less.
    ///
    /// - a `user` or `service` condition becomes `always: true` or `always: false`;
    /// - `users` and `services` of a role keep at most this visitor; roles that only others have are left out, and
    ///   so is a role's description;
    /// - rules have instants instead of `from`, `until` and `weekly`, those of `weekly` for the two weeks after
    ///   `now_ms` (milliseconds since the epoch): a page needs no calendar;
    /// - the rules of the policy's cards are among the rules; the cards themselves, what the launcher does not
    ///   decide on, and what the server says to people are left out.
    ///
    /// Names in selectors (`match`, `tags`) and in scopes stay: cards are decided by them.
    #[must_use]
    pub fn for_visitor(&self, user: &str, service: Option<&str>, now_ms: i64) -> Self {
        let mut reduced = self.clone();
        for role in &mut reduced.roles {
            role.users.retain(|name| service.is_none() && name == user);
            role.description = None;
            role.services.retain(|name| service == Some(name));
        }
        let kept = reduced
            .roles
            .into_iter()
            .zip(&self.roles)
            .filter(|(reduced, whole)| {
                !reduced.users.is_empty()
                || !reduced.services.is_empty()
                || !reduced.groups.is_empty()
                // The role of everybody: no longer that, if it had had users.
                || (whole.name == "user" && whole.users.is_empty())
            });
        reduced.roles = kept.map(|(role, _)| role).collect();
        let of_cards = self.cards.iter().filter_map(PolicyCard::rule);
        reduced.rules.extend(of_cards);
        for rule in &mut reduced.rules {
            for condition in rule.show_when.iter_mut().chain(&mut rule.hide_when) {
                condition.resolve_names(user, service);
            }
            self.settle_window(rule, now_ms);
            rule.contact = None;
            rule.message = None;
            rule.request = None;
        }
        Self {
            timezone: None,
            kernels: OrderedMap::default(),
            cards: Vec::new(),
            sections: Vec::new(),
            grants: Vec::new(),
            preview: None,
            list_hidden: None,
            ..reduced
        }
    }

    /// Until when [`Document::for_visitor`] makes the same of the same policy, in days since the epoch. `None`: at all
    /// times.
    #[must_use]
    pub fn settled_day(&self, now_ms: i64) -> Option<i64> {
        let of_rules = self.rules.iter().map(|rule| &rule.weekly);
        let mut weekly = of_rules.chain(self.cards.iter().map(|card| &card.weekly));
        weekly
            .any(|weekly| !weekly.is_empty())
            .then(|| now_ms.div_euclid(DAY))
    }

    fn settle_window(&self, rule: &mut Rule, now_ms: i64) {
        let utc = TimeZoneSpec::default();
        let zone = self.timezone.as_ref().unwrap_or(&utc);
        if rule.weekly.is_empty() {
            rule.from = rule
                .from
                .take()
                .map(|from| TimeSpec::at(from.start_ms(zone)));
            rule.until = rule
                .until
                .take()
                .map(|until| TimeSpec::at(until.end_ms(zone)));
            return;
        }
        // From the beginning of a day: the same document for the whole day.
        let start_ms = now_ms.div_euclid(DAY) * DAY;
        let end_ms = start_ms + DAY + KNOWN_AHEAD_MS;
        let window = rule.calendar(Some(zone));
        rule.window = Some(window.settled(start_ms, end_ms));
        rule.from = None;
        rule.until = None;
        rule.weekly = Vec::new();
    }

    /// The policy without its conditions: which cards it governs. It is the same for all visitors.
    #[must_use]
    pub fn summary(&self) -> Self {
        let of_cards = self.cards.iter().filter_map(PolicyCard::rule);
        let rules = self.rules.iter().cloned().chain(of_cards);
        let rules = rules.map(|rule| Rule {
            show_when: None,
            hide_when: None,
            from: None,
            until: None,
            weekly: Vec::new(),
            contact: None,
            message: None,
            request: None,
            locked: false,
            ..rule
        });
        Self {
            default: self.default,
            tags: self.tags.clone(),
            rules: rules.collect(),
            ..Self::default()
        }
    }
}

impl Condition {
    fn resolve_names(&mut self, user: &str, service: Option<&str>) {
        let mut always = None;
        self.0.retain_mut(|predicate| {
            let holds = match predicate {
                Predicate::User(names) => {
                    service.is_none() && CompiledSelector::new(names, NameKind::Text).matches(user)
                }
                Predicate::Service(names) => service.is_some_and(|service| {
                    CompiledSelector::new(names, NameKind::Text).matches(service)
                }),
                Predicate::Always(holds) => *holds,
                Predicate::Group(_)
                | Predicate::Scope(_)
                | Predicate::Kernel(_)
                | Predicate::Admin(_)
                | Predicate::Owner(_)
                | Predicate::All(_)
                | Predicate::Any(_)
                | Predicate::Not(_) => {
                    for part in predicate.conditions_mut() {
                        part.resolve_names(user, service);
                    }
                    return true;
                }
            };
            always = Some(always.unwrap_or(true) && holds);
            false
        });
        // A condition has each key once: what was resolved becomes one.
        if let Some(always) = always {
            self.0.push(Predicate::Always(always));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json, to_string, to_value};

    #[test]
    fn a_visitor_reads_of_nobody_else() {
        let whole: Document = from_value(json!({
            "version": 1,
            "roles": [
                {"name": "others", "users": ["other1"], "scopes": ["list:users"]},
                {"name": "mine", "description": "of other2 and me", "users": ["other2", "me"], "scopes": ["x"]},
                {"name": "class", "users": ["other3"], "groups": ["g"], "services": ["s"], "scopes": ["x"]},
                {"name": "machine", "services": ["s"], "scopes": ["x"]},
                {"name": "user", "scopes": ["self"]},
            ],
            "kernels": {"k": "/srv/other4"},
            "rules": [{"id": "r", "match": {"kernel": "*"},
                "show_when": {"user": ["other5", "me"], "always": true, "group": "g"},
                "hide_when": {"any": [{"user": "other*"}, {"not": {"all": [{"user": {"include": "*", "except": "other6"}}]}}]}}],
            "grants": [{"id": "g", "to": {"users": "other7"}, "servers": "*/x"}],
            "preview": {"user": "other8"},
        }))
        .unwrap();
        let reduced = whole.for_visitor("me", None, 0);
        assert_eq!(
            to_value(&reduced).unwrap(),
            json!({
                "version": 1, "default": "show", "no_hub": "show",
                "roles": [
                    {"name": "mine", "users": ["me"], "scopes": ["x"]},
                    {"name": "class", "groups": ["g"], "scopes": ["x"]},
                    {"name": "user", "scopes": ["self"]},
                ],
                "rules": [{"id": "r", "match": {"kernel": "*"},
                    "show_when": {"group": "g", "always": true},
                    "hide_when": {"any": [{"always": false}, {"not": {"all": [{"always": true}]}}]}}],
            })
        );
        assert!(!to_string(&reduced).unwrap().contains("other"));
        let of_service = whole.for_visitor("", Some("s"), 0);
        let roles: Vec<&str> = of_service
            .roles
            .iter()
            .map(|role| role.name.as_str())
            .collect();
        assert_eq!(roles, ["class", "machine", "user"]);
        assert!(!to_string(&of_service).unwrap().contains("other"));
        assert_eq!(
            whole.for_visitor("other5", None, 0).rules[0].hide_when,
            from_value(json!({"any": [{"always": true}, {"not": {"all": [{"always": true}]}}]}))
                .unwrap()
        );
    }

    #[test]
    fn a_role_of_some_does_not_become_everybodys() {
        let whole: Document = from_value(
            json!({"version": 1, "roles": [{"name": "user", "users": ["other"], "scopes": ["x"]}]}),
        )
        .unwrap();
        assert!(whole.for_visitor("me", None, 0).roles.is_empty());
        assert_eq!(whole.for_visitor("other", None, 0).roles.len(), 1);
    }
}
