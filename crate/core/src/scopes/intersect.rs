//! What two sets of expanded scopes have in common.

use std::collections::BTreeSet;

use super::set::{GroupsOf, Scope, ScopeSet};
use crate::error::Error;

/// The scopes that both sets give; follows `jupyterhub.scopes._intersect_expanded_scopes`.
///
/// A filter by user includes the servers of that user. With `groups_of`, a filter by group includes
/// the users in it and their servers. Without `groups_of`, a warning (code `groups-not-looked-up`) says where
/// that may have lost something; there is at most one.
#[must_use]
pub fn intersect(
    a: &ScopeSet,
    b: &ScopeSet,
    groups_of: Option<&GroupsOf>,
) -> (ScopeSet, Option<Error>) {
    let mut common = ScopeSet::default();
    for (set, other) in [(a, b), (b, a)] {
        for scope in set.iter().filter(|scope| other.covers(scope, groups_of)) {
            common.add_scope(&scope);
        }
    }
    let warning = match groups_of {
        Some(_) => None,
        None => group_lookup_warning(a, b),
    };
    (common, warning)
}

/// Warns if one set has groups, and the other users or servers, that the other side lacks.
fn group_lookup_warning(a: &ScopeSet, b: &ScopeSet) -> Option<Error> {
    let only_a = filters_only_in(a, b);
    let only_b = filters_only_in(b, a);
    let base = only_a.iter().find(|(base, kind)| {
        let other_kind = match kind {
            FilterKind::Group => FilterKind::User,
            FilterKind::User => FilterKind::Group,
        };
        only_b.contains(&(base, other_kind))
    });
    base.map(|(base, _)| {
        Error::new(
            "groups-not-looked-up",
            format!(
                "`{base}` is held by group on one side and by user or server on the other. \
                 Without a look-up of groups they have nothing in common."
            ),
        )
    })
}

/// Kinds of filters that only groups can relate.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum FilterKind {
    /// By group.
    Group,
    /// By user, or by a server of one.
    User,
}

/// The base scopes that both sets hold with filters, with the kinds of filters only `set` has.
fn filters_only_in<'a>(set: &'a ScopeSet, other: &ScopeSet) -> BTreeSet<(&'a str, FilterKind)> {
    let kind_of = |scope: Scope<'a>| {
        let kind = match scope.filter?.0 {
            "group" => FilterKind::Group,
            "user" | "server" => FilterKind::User,
            _ => return None,
        };
        other.lacks_filter(&scope).then_some((scope.base, kind))
    };
    set.iter().filter_map(kind_of).collect()
}

#[cfg(test)]
mod tests {
    use super::{ScopeSet, intersect};

    fn common(a: &[&str], b: &[&str], groups: Option<&[String]>) -> (Vec<String>, bool) {
        let parse = |scopes: &[&str]| ScopeSet::parse(scopes.iter().copied()).unwrap();
        let none: &[String] = &[];
        let lookup =
            groups.map(|groups| move |user: &str| if user == "ann" { groups } else { none });
        let (scopes, warning) = match &lookup {
            Some(lookup) => intersect(&parse(a), &parse(b), Some(lookup)),
            None => intersect(&parse(a), &parse(b), None),
        };
        (scopes.texts(), warning.is_some())
    }

    #[test]
    fn narrower_filters_remain() {
        let a = [
            "users",
            "groups!group=g",
            "servers!user=ann",
            "proxy",
            "tokens!user=ann",
        ];
        let b = [
            "users!user=ann",
            "groups",
            "servers!server=ann/lab",
            "servers!server=bob/",
        ];
        let (scopes, warned) = common(&a, &b, None);
        assert_eq!(
            scopes,
            ["groups!group=g", "servers!server=ann/lab", "users!user=ann"]
        );
        assert!(!warned);
    }

    #[test]
    fn groups_are_looked_up_or_warned_about() {
        let a = ["servers!group=g"];
        let b = [
            "servers!server=ann/lab",
            "servers!user=ann",
            "servers!user=bob",
        ];
        let groups = ["g".to_owned()];
        let found = [
            "servers!server=ann/lab".to_owned(),
            "servers!user=ann".to_owned(),
        ];
        assert_eq!(common(&a, &b, Some(&groups)), (found.to_vec(), false));
        assert_eq!(common(&b, &a, Some(&groups)), (found.to_vec(), false));
        assert_eq!(common(&a, &b, None), (vec![], true));
        assert_eq!(common(&b, &a, None), (vec![], true));
    }

    #[test]
    fn no_warning_where_the_groups_cannot_matter() {
        assert!(
            !common(
                &["users!group=g"],
                &["users!group=g", "users!user=ann"],
                None
            )
            .1
        );
        assert!(!common(&["users!group=g"], &["users", "users!user=ann"], None).1);
        assert!(!common(&["users!group=g"], &["groups!user=ann"], None).1);
    }
}
