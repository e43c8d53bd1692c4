//! The servers that grants cover.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::models::UserModel;
use super::recipients::RecipientSets;
use super::selector_matches::SelectorMatches;
use crate::policy::compile::Policy;
use crate::policy::document::{Grant, Pattern, Selector};
use crate::policy::glob::NameKind;
use crate::policy::index::CardTexts;

/// A server that may be shared.
pub struct NamedServer<'a> {
    pub owner: &'a str,
    /// `owner/name`
    pub full_name: String,
    /// Its own tags and those of the policy.
    tags: Vec<&'a str>,
}

/// All servers but the default ones.
pub fn named_servers<'a>(policy: &'a Policy, users: &'a [UserModel]) -> Vec<NamedServer<'a>> {
    let mut policy_tags = Vec::new();
    let mut candidates = Vec::new();
    users
        .iter()
        .flat_map(|user| user.servers.iter().map(move |server| (user, server)))
        .filter(|(user, (name, _))| !name.is_empty() && !user.name.is_empty())
        .map(|(user, (name, server))| {
            let full_name = format!("{}/{name}", user.name);
            let own_tags = server.tags.iter().map(String::as_str);
            policy_tags.clear();
            let card = CardTexts::of_server(&full_name);
            policy
                .tag_index
                .find(&card, &mut candidates, &mut policy_tags);
            let policy_tags = policy_tags
                .iter()
                .filter_map(|&number| policy.document.tags.0.get(number as usize))
                .map(|(tag, _)| tag.as_str());
            NamedServer {
                owner: &user.name,
                tags: own_tags.chain(policy_tags).collect(),
                full_name,
            }
        })
        .collect()
}

/// For each grant the numbers of the servers that it covers, ascending.
pub fn covered_servers(
    grants: &[&Grant],
    users: &[UserModel],
    servers: &[NamedServer],
) -> Vec<Vec<u32>> {
    let names = servers.iter().map(|server| server.full_name.as_str());
    let selectors = grants.iter().map(|grant| &grant.servers.names);
    let by_names = SelectorMatches::new(NameKind::Server, selectors, names);
    let by_tags = servers_by_tags(grants, servers);
    let owners = grants
        .iter()
        .filter_map(|grant| grant.servers.owners.as_ref());
    let owners = RecipientSets::new(owners, users);
    grants
        .iter()
        .map(|grant| {
            let named = by_names.of(&grant.servers.names);
            let mut covered = match by_tags.get(grant.servers.tags.as_slice()) {
                Some(tagged) => in_both_lists(named, tagged),
                None => named.to_vec(),
            };
            if let Some(to) = &grant.servers.owners {
                let sets = owners.of(to).into_iter();
                let owners: HashSet<&str> =
                    sets.flat_map(|set| owners.members(set)).copied().collect();
                covered.retain(|&server| {
                    let server = servers.get(server as usize);
                    server.is_some_and(|server| owners.contains(server.owner))
                });
            }
            covered
        })
        .collect()
}

/// For the tags of each grant that asks for some, the numbers of the servers that have one of them.
fn servers_by_tags<'g>(
    grants: &[&'g Grant],
    servers: &[NamedServer],
) -> HashMap<&'g [Pattern], Vec<u32>> {
    let mut with_tag: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (number, server) in (0..).zip(servers) {
        for tag in &server.tags {
            with_tag.entry(tag).or_default().push(number);
        }
    }
    let selectors: HashMap<&[Pattern], Selector> = grants
        .iter()
        .map(|grant| grant.servers.tags.as_slice())
        .filter(|tags| !tags.is_empty())
        .map(|tags| {
            let selector = Selector {
                include: tags.to_vec(),
                except: Vec::new(),
            };
            (tags, selector)
        })
        .collect();
    let by_tags =
        SelectorMatches::new(NameKind::Text, selectors.values(), with_tag.keys().copied());
    let with_tag: Vec<Vec<u32>> = with_tag.into_values().collect();
    selectors
        .iter()
        .map(|(tags, selector)| {
            let found = by_tags.of(selector).iter();
            let lists = found.filter_map(|&tag| with_tag.get(tag as usize));
            let mut numbers: Vec<u32> = lists.flatten().copied().collect();
            numbers.sort_unstable();
            numbers.dedup();
            (*tags, numbers)
        })
        .collect()
}

/// What two ascending lists have in common; searches the longer list for the items of the shorter one.
fn in_both_lists(one: &[u32], other: &[u32]) -> Vec<u32> {
    let (short, long) = if one.len() < other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let common = short.iter().copied();
    common
        .filter(|number| long.binary_search(number).is_ok())
        .collect()
}
