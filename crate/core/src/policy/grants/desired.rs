//! The shares that grants want.

use std::collections::{HashMap, HashSet};

use super::models::UserModel;
use super::recipients::RecipientSets;
use super::servers::{NamedServer, covered_servers};
use crate::error::Error;
use crate::policy::document::Grant;

/// Most shares that one policy may want: each is a row and a request at the Hub.
pub const MAX_SHARES: usize = 1_000_000;

/// Each share (server, user) that grants want, with the first grant that wants it.
#[derive(Default)]
pub struct DesiredShares<'a>(HashMap<(&'a str, &'a str), &'a str>);

impl<'a> DesiredShares<'a> {
    /// Works out what the grants want.
    ///
    /// The time is in proportion to the result, not to grants × servers × users: a grant is combined
    /// only with servers that it covers, and a server is combined with a set of recipients once, however
    /// many grants name both.
    ///
    /// # Errors
    /// `too-many-shares` above [`MAX_SHARES`].
    pub fn new(
        grants: &[&'a Grant],
        users: &'a [UserModel],
        servers: &'a [NamedServer<'a>],
    ) -> Result<Self, Error> {
        let covered = covered_servers(grants, users, servers);
        let (grants, covered): (Vec<&Grant>, Vec<Vec<u32>>) = grants
            .iter()
            .zip(covered)
            .filter(|(_, covered)| !covered.is_empty())
            .unzip();
        let recipients = RecipientSets::new(grants.iter().map(|grant| &grant.to), users);
        let mut desired = Self::default();
        let mut combined = HashSet::new();
        for (grant, covered) in grants.into_iter().zip(covered) {
            let recipient_sets = recipients.of(&grant.to);
            for number in covered {
                let Some(server) = servers.get(number as usize) else {
                    continue;
                };
                for &set in &recipient_sets {
                    if combined.insert((number, set)) {
                        desired.add(grant, server, recipients.members(set));
                    }
                }
                if desired.0.len() > MAX_SHARES {
                    return Err(too_many_shares(grant));
                }
            }
        }
        Ok(desired)
    }

    fn add(&mut self, grant: &'a Grant, server: &'a NamedServer<'a>, users: &[&'a str]) {
        for &user in users.iter().filter(|&&user| user != server.owner) {
            let share = (server.full_name.as_str(), user);
            self.0.entry(share).or_insert(&grant.id);
        }
    }

    /// Whether a grant wants this share.
    pub fn contains(&self, server: &str, user: &str) -> bool {
        self.0.contains_key(&(server, user))
    }

    /// Each share as (server, user, grant).
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
        let shares = self.0.iter();
        shares.map(|(&(server, user), &grant)| (server, user, grant))
    }
}

fn too_many_shares(grant: &Grant) -> Error {
    Error::new(
        "too-many-shares",
        format!(
            "The grants up to `{}` want more than {MAX_SHARES} shares. Share with smaller groups, \
             or fewer servers.",
            grant.id
        ),
    )
}
