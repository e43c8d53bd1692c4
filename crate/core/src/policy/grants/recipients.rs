//! Users by name and by group: those with whom grants share servers, and the servers' owners.

use std::collections::{BTreeMap, HashMap};

use super::models::UserModel;
use super::selector_matches::SelectorMatches;
use crate::policy::document::{Recipients, Selector};
use crate::policy::glob::NameKind;

/// Sets of users that many grants may have in common: the members of a group, or the users that a
/// selector matches by name.
pub struct RecipientSets<'a> {
    members: Vec<Vec<&'a str>>,
    groups: SelectorMatches<'a>,
    users: HashMap<&'a Selector, u32>,
}

impl<'a> RecipientSets<'a> {
    /// Collects the sets that these recipients name.
    pub fn new(
        recipients: impl Iterator<Item = &'a Recipients> + Clone,
        users: &'a [UserModel],
    ) -> Self {
        let mut of_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for user in users {
            for group in &user.groups {
                of_group.entry(group).or_default().push(&user.name);
            }
        }
        let groups = recipients.clone().filter_map(|to| to.groups.as_ref());
        let groups = SelectorMatches::new(NameKind::Text, groups, of_group.keys().copied());
        let mut members: Vec<Vec<&str>> = of_group.into_values().collect();
        let by_name = SelectorMatches::new(
            NameKind::Text,
            recipients.filter_map(|to| to.users.as_ref()),
            users.iter().map(|user| user.name.as_str()),
        );
        let users = by_name
            .into_iter()
            .map(|(selector, numbers)| {
                let numbers = numbers.into_iter();
                let found = numbers.filter_map(|number| users.get(number as usize));
                members.push(found.map(|user| user.name.as_str()).collect());
                (selector, members.len() as u32 - 1)
            })
            .collect();
        Self {
            members,
            groups,
            users,
        }
    }

    /// The numbers of the sets that these recipients name.
    pub fn of(&self, to: &Recipients) -> Vec<u32> {
        let groups = to.groups.as_ref().map(|groups| self.groups.of(groups));
        let users = to.users.as_ref().and_then(|users| self.users.get(users));
        let numbers = groups.unwrap_or_default().iter().chain(users);
        numbers.copied().collect()
    }

    /// The users in a set.
    pub fn members(&self, set: u32) -> &[&'a str] {
        self.members
            .get(set as usize)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}
