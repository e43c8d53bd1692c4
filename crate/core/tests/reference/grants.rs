//! Grants with every server and every user.

use std::collections::BTreeMap;

use scoped_launcher_core::policy::document::{Document, MatchKey};
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use serde_json::{Value, json};

use super::globs::{regex_of, selects};

/// The changes that op `grants` answers, from every grant with every server and every user.
pub fn grants(
    document: &Document,
    users: &[UserModel],
    shares: &[ExistingShare],
    now: i64,
) -> Value {
    let mut wanted: BTreeMap<(String, &str), &str> = BTreeMap::new();
    for grant in &document.grants {
        let from = grant.from.as_ref();
        let until = grant.until.as_ref();
        if from.is_some_and(|from| now < from.start_ms())
            || until.is_some_and(|until| until.end_ms() <= now)
        {
            continue;
        }
        for owner in users {
            for (name, server) in &owner.servers {
                let full_name = format!("{}/{name}", owner.name);
                let policy_tags = document.tags.0.iter();
                let matching = policy_tags.filter(|(_, targets)| {
                    let mut selectors = targets.0.0.iter();
                    selectors
                        .any(|(key, names)| *key == MatchKey::Server && selects(names, &full_name))
                });
                let mut tags = server.tags.iter().chain(matching.map(|(tag, _)| tag));
                let globs = &grant.servers.tags;
                let is_tagged = globs.is_empty()
                    || tags.any(|tag| {
                        let mut globs = globs.iter();
                        globs.any(|glob| regex_of(glob.as_str()).is_match(tag))
                    });
                if name.is_empty() || !is_tagged || !selects(&grant.servers.names, &full_name) {
                    continue;
                }
                for user in users.iter().filter(|user| user.name != owner.name) {
                    let by_name = grant.to.users.as_ref();
                    let by_group = grant.to.groups.as_ref();
                    let mut groups = user.groups.iter();
                    if by_name.is_some_and(|names| selects(names, &user.name))
                        || by_group.is_some_and(|names| groups.any(|group| selects(names, group)))
                    {
                        let pair = (full_name.clone(), user.name.as_str());
                        wanted.entry(pair).or_insert(&grant.id);
                    }
                }
            }
        }
    }
    let change = |server: &str, user: &str, grant: &str| json!({"server": server, "user": user, "grant": grant});
    let exists = |server: &str, user: &str| {
        let mut shares = shares.iter();
        shares.any(|share| share.server == server && share.user.as_deref() == Some(user))
    };
    let create = wanted.iter();
    let create: Vec<Value> = create
        .filter(|((server, user), _)| !exists(server, user))
        .map(|((server, user), grant)| change(server, user, grant))
        .collect();
    let mut made_for_grants: Vec<(&str, &str, &str)> = shares
        .iter()
        .filter_map(|share| {
            Some((
                &*share.server,
                share.user.as_deref()?,
                share.grant.as_deref()?,
            ))
        })
        .filter(|(server, user, _)| !wanted.contains_key(&((*server).to_owned(), *user)))
        .collect();
    made_for_grants.sort_unstable();
    made_for_grants.dedup();
    let revoke: Vec<Value> = made_for_grants
        .iter()
        .map(|(server, user, grant)| change(server, user, grant))
        .collect();
    json!({"create": create, "revoke": revoke})
}
