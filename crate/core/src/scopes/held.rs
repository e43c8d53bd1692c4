//! What one visitor may do.

use super::definitions::Definitions;
use super::expand::{Owner, expand_leniently};
use super::set::ScopeSet;
use crate::error::Error;

/// The scopes that a visitor holds, ready to be asked.
///
/// Groups are resolved once, here: the visitor's own are the only ones that are known, so that
/// `!group=` reaches the visitor and the visitor's servers, and nobody else.
#[derive(Debug, Clone, Default)]
pub struct HeldScopes {
    scopes: ScopeSet,
}

impl HeldScopes {
    /// Expands `raw_scopes` for the visitor, a user with these groups.
    ///
    /// Scopes that do not exist stand for themselves; scopes whose filter names nothing grant
    /// nothing.
    #[must_use]
    pub fn new<'s>(
        raw_scopes: impl IntoIterator<Item = &'s str>,
        visitor: &str,
        groups: &[String],
        definitions: &Definitions,
    ) -> Self {
        let owner = Some(Owner::User(visitor));
        let mut scopes = expand_leniently(raw_scopes, owner, None, definitions).scopes;
        scopes.resolve_groups(visitor, groups);
        Self { scopes }
    }

    /// The same scopes of the same visitor in other groups.
    #[must_use]
    pub fn with_groups(mut self, visitor: &str, groups: &[String]) -> Self {
        self.scopes.resolve_groups(visitor, groups);
        self
    }

    /// Whether the visitor holds a scope with this name, with any filter or without one.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn has_base(&self, base: &str) -> bool {
        self.scopes.iter().any(|scope| scope.base == base)
    }

    /// Whether the visitor holds `scope`; follows `jupyterhub.scopes.has_scope`.
    ///
    /// # Errors
    /// `empty-filter` if the filter of `scope` names nothing, such as `!user=`.
    pub fn check(&self, scope: &str) -> Result<bool, Error> {
        self.scopes.has(scope, false, None)
    }
}

#[cfg(test)]
mod tests {
    use super::{Definitions, HeldScopes};

    impl HeldScopes {
        fn has(&self, scope: &str) -> bool {
            self.check(scope).unwrap_or(false)
        }
    }

    fn held(scopes: &[&str]) -> HeldScopes {
        let groups = ["class".to_owned()];
        let scopes = scopes.iter().copied();
        HeldScopes::new(scopes, "ann", &groups, &Definitions::default())
    }

    #[test]
    fn groups_reach_only_their_known_member() {
        let held = held(&["servers!group=class", "tokens!group=other"]);
        for scope in [
            "servers!group=class",
            "servers!user=ann",
            "start:servers!server=ann/",
            "read:servers!server=ann/lab",
        ] {
            assert!(held.has(scope), "{scope}");
        }
        for scope in [
            "servers",
            "servers!user=bob",
            "servers!server=bob/lab",
            "tokens!user=ann",
            "tokens!server=ann/",
        ] {
            assert!(!held.has(scope), "{scope}");
        }
    }

    #[test]
    fn other_groups_replace_the_groups_before() {
        let scopes = &[
            "servers!group=class",
            "servers!user=ann",
            "tokens!group=class",
        ];
        let groups = |names: &[&str]| -> Vec<String> {
            names.iter().map(|name| (*name).to_owned()).collect()
        };
        let other = held(scopes).with_groups("ann", &groups(&["other"]));
        assert!(other.has("servers!user=ann"), "held without the group");
        assert!(!other.has("tokens!user=ann"));
        let again = other.with_groups("ann", &groups(&["other", "class"]));
        assert!(again.has("tokens!user=ann"));
    }

    #[test]
    fn scopes_are_expanded_for_the_visitor() {
        let held = held(&["self", "access:services!service=x", "future:scope!user"]);
        assert!(held.has("access:servers!server=ann/lab"));
        assert!(held.has("access:services!service=x"));
        assert!(held.has("future:scope!user=ann"));
        assert!(!held.has("access:services"));
    }

    #[test]
    fn what_names_nothing_is_not_held() {
        let held = held(&["users!user=", "groups"]);
        assert!(!held.has("users"));
        assert_eq!(
            held.check("groups!group=").unwrap_err().code,
            "empty-filter"
        );
        assert!(!held.has("groups!group="));
    }
}
