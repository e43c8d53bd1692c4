//! Grants with every server and every user.

use std::collections::BTreeMap;

use scoped_launcher_core::policy::card::{Card, Kind};
use scoped_launcher_core::policy::document::{Document, Recipients, Selector};
use scoped_launcher_core::policy::glob::NameKind;
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use serde_json::{Value, json};

use super::globs::selects;
use super::matchers::matches;

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
        let zone = document.timezone.clone().unwrap_or_default();
        if from.is_some_and(|from| now < from.start_ms(&zone))
            || until.is_some_and(|until| until.end_ms(&zone) <= now)
        {
            continue;
        }
        for owner in users {
            for (name, server) in &owner.servers {
                let full_name = format!("{}/{name}", owner.name);
                let policy_tags = document.tags.0.iter();
                let card = Card {
                    kind: Kind::Server,
                    name: full_name.clone(),
                    ..Card::default()
                };
                let matching = policy_tags.filter(|(_, targets)| matches(&targets.0, &card, &[]));
                let mut tags = server.tags.iter().chain(matching.map(|(tag, _)| tag));
                let tag_selector = Selector {
                    include: grant.servers.tags.clone(),
                    except: Vec::new(),
                };
                let is_tagged = tag_selector.include.is_empty()
                    || tags.any(|tag| selects(&tag_selector, tag, NameKind::Text));
                let owners = grant.servers.owners.as_ref();
                if name.is_empty()
                    || !is_tagged
                    || !selects(&grant.servers.names, &full_name, NameKind::Server)
                    || owners.is_some_and(|owners| !is_among(owners, owner))
                {
                    continue;
                }
                for user in users.iter().filter(|user| user.name != owner.name) {
                    if is_among(&grant.to, user) {
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

fn is_among(recipients: &Recipients, user: &UserModel) -> bool {
    let is_selected = |names: &Option<Selector>, name: &str| {
        names
            .as_ref()
            .is_some_and(|names| selects(names, name, NameKind::Text))
    };
    is_selected(&recipients.users, &user.name)
        || user
            .groups
            .iter()
            .any(|group| is_selected(&recipients.groups, group))
}
