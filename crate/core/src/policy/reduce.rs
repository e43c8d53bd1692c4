//! What of a policy one visitor may read.

use super::document::{Condition, Document, OrderedMap, Predicate};
use super::index::CompiledSelector;
use super::time::TimeSpec;

impl Document {
    /// The policy as this visitor's browser gets it: it decides the same for them, and says less.
    ///
    /// - a `user` condition becomes `always: true` or `always: false`;
    /// - `users` of a role keep at most this visitor; roles that only others have are left out, and
    ///   so are the services that have a role and its description;
    /// - `from` and `until` of rules are instants, so that a browser needs no calendar;
    /// - `grants`, `kernels` and `preview` are left out.
    ///
    /// Names in selectors (`match`, `tags`, `cards`) and in scopes stay: cards are decided by them.
    #[must_use]
    pub fn for_visitor(&self, user: &str) -> Self {
        let mut reduced = self.clone();
        for role in &mut reduced.roles {
            role.users.retain(|name| name == user);
            role.description = None;
            role.services.clear();
        }
        let kept = reduced
            .roles
            .into_iter()
            .zip(&self.roles)
            .filter(|(reduced, whole)| {
                !reduced.users.is_empty()
                || !reduced.groups.is_empty()
                // The role of everybody: no longer that, if it had had users.
                || (whole.name == "user" && whole.users.is_empty())
            });
        reduced.roles = kept.map(|(role, _)| role).collect();
        for rule in &mut reduced.rules {
            for condition in rule.show_when.iter_mut().chain(&mut rule.hide_when) {
                condition.resolve_user(user);
            }
            rule.from = rule.from.as_ref().map(TimeSpec::start);
            rule.until = rule.until.as_ref().map(TimeSpec::end);
        }
        reduced.kernels = OrderedMap::default();
        reduced.grants = Vec::new();
        reduced.preview = None;
        reduced
    }

    /// The policy without its conditions: which cards it governs, and when. It is the same for all
    /// visitors.
    #[must_use]
    pub fn summary(&self) -> Self {
        let rules = self.rules.iter().map(|rule| super::document::Rule {
            id: rule.id.clone(),
            matches: rule.matches.clone(),
            show_when: None,
            hide_when: None,
            from: rule.from.as_ref().map(TimeSpec::start),
            until: rule.until.as_ref().map(TimeSpec::end),
            contact: None,
            message: None,
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
    fn resolve_user(&mut self, user: &str) {
        let mut always = None;
        self.0.retain_mut(|predicate| {
            let holds = match (predicate.user_names(), &predicate) {
                (Some(names), _) => CompiledSelector::new(names, false).matches(user),
                (None, Predicate::Always(holds)) => *holds,
                (None, _) => {
                    for part in predicate.conditions_mut() {
                        part.resolve_user(user);
                    }
                    return true;
                }
            };
            always = Some(always.unwrap_or(true) && holds);
            false
        });
        // A condition has each key once: `user` and `always` become one.
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
        let reduced = whole.for_visitor("me");
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
        assert_eq!(
            whole.for_visitor("other5").rules[0].hide_when,
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
        assert!(whole.for_visitor("me").roles.is_empty());
        assert_eq!(whole.for_visitor("other").roles.len(), 1);
    }
}
