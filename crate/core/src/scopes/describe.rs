//! Scopes in words, for people.

use super::definitions::Definitions;
use super::text::{split, split_filter};

/// What each of the Hub's scopes allows, and whose things these are where a filter by user, group
/// or server can narrow it; to be read after "may".
static DESCRIPTIONS: &[(&str, &str, &str)] = &[
    ("(no_scope)", "be recognized", ""),
    ("self", "use their own servers, tokens and shares", ""),
    ("inherit", "do whatever the token's owner may", ""),
    ("admin-ui", "open the admin page", ""),
    ("admin:users", "manage, create and delete accounts", "users"),
    ("admin:auth_state", "read the authentication state", "users"),
    ("users", "list, see and change accounts", "users"),
    ("delete:users", "delete accounts", "users"),
    ("list:users", "list the names", "users"),
    ("read:users", "see accounts", "users"),
    ("read:users:name", "read the names", "users"),
    ("read:users:groups", "see the group memberships", "users"),
    ("read:users:activity", "see the last activity", "users"),
    ("read:roles", "see the roles", "users, services and groups"),
    ("read:roles:users", "see the roles", "users"),
    ("read:roles:services", "see the roles of services", ""),
    ("read:roles:groups", "see the roles of groups", ""),
    ("users:activity", "report the activity", "users"),
    ("admin:servers", "manage servers and their state", "users"),
    (
        "admin:server_state",
        "read and write the state of servers",
        "users",
    ),
    ("servers", "start and stop servers", "users"),
    ("read:servers", "see servers", "users"),
    ("start:servers", "start servers", "users"),
    ("delete:servers", "stop and delete servers", "users"),
    ("tokens", "see, make and revoke tokens", "users"),
    ("read:tokens", "see tokens", "users"),
    ("admin:groups", "manage, create and delete groups", ""),
    ("groups", "see groups and change their members", ""),
    ("list:groups", "list groups", ""),
    ("read:groups", "see groups and their members", ""),
    ("read:groups:name", "read the names of groups", ""),
    ("delete:groups", "delete groups", ""),
    ("admin:services", "manage, create and delete services", ""),
    ("list:services", "list services", ""),
    ("read:services", "see services", ""),
    ("read:services:name", "read the names of services", ""),
    ("read:hub", "see details of the Hub", ""),
    ("access:servers", "access servers", "users"),
    ("access:services", "access services", ""),
    ("users:shares", "see and give back received shares", "users"),
    ("read:users:shares", "see received shares", "users"),
    ("groups:shares", "see and revoke shares with groups", ""),
    ("read:groups:shares", "see shares with groups", ""),
    ("read:shares", "see who else may access servers", "users"),
    ("shares", "share servers", "users"),
    ("proxy", "see and refresh the proxy's routes", ""),
    ("shutdown", "shut down the Hub", ""),
    ("read:metrics", "read the Hub's metrics", ""),
];

/// Says what a raw or expanded scope allows, in words that follow "may".
///
/// `access:servers!group=course7` is "access servers of users in group course7". A custom scope is
/// described by its definition, and a scope that does not exist by itself.
#[must_use]
pub fn describe(scope: &str, definitions: &Definitions) -> String {
    let (base, filter) = split(scope);
    let (entity, name) = split_filter(filter);
    let known = DESCRIPTIONS.iter().find(|(known, ..)| *known == base);
    let (what, whose) = match (known, definitions.description(base)) {
        (Some((_, what, whose)), _) => (*what, *whose),
        (None, Some("")) => (base, ""),
        (None, Some(what)) => (what, ""),
        (None, None) => return scope.to_owned(),
    };
    let owned = !whose.is_empty();
    match (entity, name) {
        ("", _) if owned => format!("{what} of {whose}"),
        ("", _) => what.to_owned(),
        ("user", "") if owned => format!("{what} of the holder"),
        (_, "") => format!("{what}: only the {entity} it is given to"),
        ("user", _) if owned => format!("{what} of user {name}"),
        ("group", _) if owned => format!("{what} of users in group {name}"),
        ("server", _) => match name.strip_suffix('/') {
            Some(owner) => format!("{what}: only the default server of {owner}"),
            None => format!("{what}: only server {name}"),
        },
        _ => format!("{what}: only {entity} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::definitions::{CustomScope, HUB_SCOPES};
    use super::{DESCRIPTIONS, Definitions, describe};

    #[test]
    fn every_scope_of_the_hub_is_described() {
        let described = DESCRIPTIONS.iter().map(|(name, ..)| name);
        assert!(described.eq(HUB_SCOPES.iter().map(|(name, _)| name)));
    }

    #[test]
    fn filters_say_whose() {
        let custom = CustomScope {
            description: "Use the tools".to_owned(),
            subscopes: vec![],
        };
        let custom = BTreeMap::from([("custom:class:use".to_owned(), custom)]);
        let definitions = Definitions::with_custom(custom);
        for (scope, words) in [
            ("access:servers", "access servers of users"),
            (
                "access:servers!group=course7",
                "access servers of users in group course7",
            ),
            ("access:servers!user=ann", "access servers of user ann"),
            ("access:servers!user", "access servers of the holder"),
            (
                "access:servers!server=ann/lab",
                "access servers: only server ann/lab",
            ),
            (
                "access:servers!server=ann/",
                "access servers: only the default server of ann",
            ),
            (
                "access:servers!server",
                "access servers: only the server it is given to",
            ),
            (
                "access:services!service=wb",
                "access services: only service wb",
            ),
            (
                "groups!group=g",
                "see groups and change their members: only group g",
            ),
            ("shutdown", "shut down the Hub"),
            ("custom:class:use", "Use the tools"),
            ("custom:class:use!user=ann", "Use the tools: only user ann"),
            ("custom:other!user=ann", "custom:other!user=ann"),
            ("!=", "!="),
        ] {
            assert_eq!(describe(scope, &definitions), words);
        }
    }
}
