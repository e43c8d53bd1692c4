//! Which scopes exist and what each one includes.

use std::collections::HashMap;

/// The Hub's own scopes and their direct subscopes, as `jupyterhub.scopes.scope_definitions` (6.1).
///
/// tests/conformance compares this table with the installed jupyterhub; docs/explanation/scopes.md says how to
/// follow a new release.
pub(super) static HUB_SCOPES: &[(&str, &[&str])] = &[
    ("(no_scope)", &[]),
    ("self", &[]),
    ("inherit", &[]),
    ("admin-ui", &[]),
    (
        "admin:users",
        &[
            "admin:auth_state",
            "users",
            "read:roles:users",
            "delete:users",
        ],
    ),
    ("admin:auth_state", &[]),
    ("users", &["read:users", "list:users", "users:activity"]),
    ("delete:users", &[]),
    ("list:users", &["read:users:name"]),
    (
        "read:users",
        &[
            "read:users:name",
            "read:users:groups",
            "read:users:activity",
        ],
    ),
    ("read:users:name", &[]),
    ("read:users:groups", &[]),
    ("read:users:activity", &[]),
    (
        "read:roles",
        &[
            "read:roles:users",
            "read:roles:services",
            "read:roles:groups",
        ],
    ),
    ("read:roles:users", &[]),
    ("read:roles:services", &[]),
    ("read:roles:groups", &[]),
    ("users:activity", &["read:users:activity"]),
    ("admin:servers", &["admin:server_state", "servers"]),
    ("admin:server_state", &[]),
    (
        "servers",
        &["read:servers", "start:servers", "delete:servers"],
    ),
    ("read:servers", &["read:users:name"]),
    ("start:servers", &[]),
    ("delete:servers", &[]),
    ("tokens", &["read:tokens"]),
    ("read:tokens", &[]),
    (
        "admin:groups",
        &["groups", "read:roles:groups", "delete:groups"],
    ),
    ("groups", &["read:groups", "list:groups"]),
    ("list:groups", &["read:groups:name"]),
    ("read:groups", &["read:groups:name"]),
    ("read:groups:name", &[]),
    ("delete:groups", &[]),
    (
        "admin:services",
        &["list:services", "read:services", "read:roles:services"],
    ),
    ("list:services", &["read:services:name"]),
    ("read:services", &["read:services:name"]),
    ("read:services:name", &[]),
    ("read:hub", &[]),
    ("access:servers", &[]),
    ("access:services", &[]),
    ("users:shares", &["read:users:shares"]),
    ("read:users:shares", &[]),
    ("groups:shares", &["read:groups:shares"]),
    ("read:groups:shares", &[]),
    ("read:shares", &[]),
    (
        "shares",
        &[
            "access:servers",
            "read:shares",
            "users:shares",
            "groups:shares",
        ],
    ),
    ("proxy", &[]),
    ("shutdown", &[]),
    ("read:metrics", &[]),
];

/// What the metascope `self` stands for, each `!user=` its owner; as `_expand_self_scope`.
pub(super) static SELF_SCOPES: &[&str] = &[
    "read:users",
    "users:shares",
    "read:shares",
    "users:activity",
    "servers",
    "tokens",
    "access:servers",
];

/// A scope that a deployment defines.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct CustomScope {
    /// What it allows, for people.
    pub description: String,
    /// The custom scopes that it includes.
    pub subscopes: Vec<String>,
}

/// All scopes that exist: the Hub's own and a deployment's custom ones.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// Sorted by name.
    custom: Vec<(String, CustomScope)>,
}

impl Definitions {
    /// The Hub's scopes and a deployment's custom ones, by name.
    ///
    /// Names are not checked; with feature `server`, `scopes::define` checks them as the Hub
    /// does.
    #[must_use]
    pub fn with_custom(custom: impl IntoIterator<Item = (String, CustomScope)>) -> Self {
        let mut custom: Vec<_> = custom.into_iter().collect();
        custom.sort_unstable();
        Self { custom }
    }

    /// Whether a scope of this name exists.
    #[must_use]
    pub fn contains(&self, base: &str) -> bool {
        hub_subscopes(base).is_some() || self.custom(base).is_some()
    }

    /// The names of all scopes, those of the Hub first.
    #[cfg(feature = "server")]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let hub = HUB_SCOPES.iter().map(|(name, _)| *name);
        hub.chain(self.custom.iter().map(|(name, _)| name.as_str()))
    }

    /// How a custom scope describes itself.
    #[must_use]
    pub fn description(&self, custom_scope: &str) -> Option<&str> {
        let custom = self.custom(custom_scope)?;
        Some(&custom.description)
    }

    /// `base` and everything that it includes; a scope that does not exist includes only itself.
    pub(super) fn implied<'a>(&'a self, base: &'a str) -> Vec<&'a str> {
        let mut implied = vec![base];
        let mut next = 0;
        while let Some(&scope) = implied.get(next) {
            for subscope in self.subscopes(scope) {
                // Few scopes imply many: a set would cost more.
                if !implied.contains(&subscope) {
                    implied.push(subscope);
                }
            }
            next += 1;
        }
        implied
    }

    /// Whether the subscopes of `base` lead into a cycle, which the Hub cannot expand.
    pub(super) fn is_cyclic(&self, base: &str) -> bool {
        if self.custom(base).is_none() {
            return false;
        }
        let implied = self.implied(base);
        let mut includers: HashMap<&str, usize> = HashMap::new();
        for subscope in implied.iter().flat_map(|scope| self.subscopes(scope)) {
            *includers.entry(subscope).or_default() += 1;
        }
        // Count what has a place in a topological order (Kahn's algorithm): scopes in cycles have none.
        let mut ready: Vec<&str> = implied.clone();
        ready.retain(|scope| !includers.contains_key(scope));
        let mut placed = 0;
        while let Some(scope) = ready.pop() {
            placed += 1;
            for subscope in self.subscopes(scope) {
                if let Some(includers_left) = includers.get_mut(subscope) {
                    *includers_left -= 1;
                    if *includers_left == 0 {
                        ready.push(subscope);
                    }
                }
            }
        }
        placed < implied.len()
    }

    fn custom(&self, name: &str) -> Option<&CustomScope> {
        let index = self
            .custom
            .binary_search_by(|(other, _)| other.as_str().cmp(name))
            .ok()?;
        self.custom.get(index).map(|(_, scope)| scope)
    }

    fn subscopes(&self, base: &str) -> impl Iterator<Item = &str> {
        let hub = hub_subscopes(base).unwrap_or_default();
        let custom = self.custom(base);
        let custom = custom.map_or(&[][..], |scope| &scope.subscopes);
        hub.iter().copied().chain(custom.iter().map(String::as_str))
    }
}

fn hub_subscopes(base: &str) -> Option<&'static [&'static str]> {
    HUB_SCOPES
        .iter()
        .find(|(name, _)| *name == base)
        .map(|(_, subscopes)| *subscopes)
}

#[cfg(test)]
mod tests {
    use super::{CustomScope, Definitions, HUB_SCOPES};

    #[test]
    fn every_subscope_exists() {
        let definitions = Definitions::default();
        for (_, subscopes) in HUB_SCOPES {
            assert!(subscopes.iter().all(|name| definitions.contains(name)));
        }
    }

    #[test]
    fn scopes_that_lead_into_a_cycle_are_cyclic() {
        let definitions = Definitions::with_custom(
            [
                ("end", vec![]),
                ("diamond", vec!["left", "right", "end", "end"]),
                ("left", vec!["end"]),
                ("right", vec!["left", "end"]),
                ("into", vec!["left", "there"]),
                ("there", vec!["back"]),
                ("back", vec!["there"]),
                ("itself", vec!["itself"]),
            ]
            .map(|(name, subscopes)| {
                let scope = CustomScope {
                    description: String::new(),
                    subscopes: subscopes.into_iter().map(str::to_owned).collect(),
                };
                (name.to_owned(), scope)
            }),
        );
        for acyclic in ["end", "diamond", "left", "right", "admin:users", "unknown"] {
            assert!(!definitions.is_cyclic(acyclic), "{acyclic}");
        }
        for cyclic in ["into", "there", "back", "itself"] {
            assert!(definitions.is_cyclic(cyclic), "{cyclic}");
        }
        let mut implied = definitions.implied("into");
        implied.sort_unstable();
        assert_eq!(implied, ["back", "end", "into", "left", "there"]);
    }
}
