//! The difference between the shares that grants want and those that exist.

use std::collections::HashSet;

use serde::Serialize;

use super::desired::DesiredShares;
use super::models::{ExistingShare, UserModel};
use super::servers::named_servers;
use crate::error::Error;
use crate::policy::compile::Policy;
use crate::policy::document::Grant;
use crate::policy::time::{TimeZoneSpec, Window};

/// A share to create or to revoke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ShareChange {
    /// `owner/name`
    pub server: String,
    /// With whom.
    pub user: String,
    /// The grant that wants it, or wanted it.
    pub grant: String,
}

/// The difference between the shares that grants want and those that exist; sorted by server and user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ShareChanges {
    /// Wanted, and nobody has made them.
    pub create: Vec<ShareChange>,
    /// Made for a grant, and wanted by none.
    pub revoke: Vec<ShareChange>,
}

impl Policy {
    /// Compares what the grants want for these users with the shares that exist.
    ///
    /// `users` are all of the Hub's. `now_ms` may be absent where no grant has a window.
    ///
    /// # Errors
    /// `missing-now`; `too-many-shares` above [`MAX_SHARES`](super::MAX_SHARES).
    pub fn grants(
        &self,
        users: &[UserModel],
        shares: &[ExistingShare],
        now_ms: Option<i64>,
    ) -> Result<ShareChanges, Error> {
        let mut in_force = Vec::new();
        for grant in &self.document.grants {
            if is_in_force(grant, self.document.timezone.as_ref(), now_ms)? {
                in_force.push(grant);
            }
        }
        let servers = named_servers(self, users);
        let desired = DesiredShares::new(&in_force, users, &servers)?;
        let existing: HashSet<(&str, &str)> = shares
            .iter()
            .filter_map(|share| Some((share.server.as_str(), share.user.as_deref()?)))
            .collect();
        let mut create: Vec<ShareChange> = desired
            .iter()
            .filter(|(server, user, _)| !existing.contains(&(*server, *user)))
            .map(|(server, user, grant)| ShareChange::new(server, user, grant))
            .collect();
        let mut revoke: Vec<ShareChange> = shares
            .iter()
            .filter_map(|share| {
                let (user, grant) = (share.user.as_deref()?, share.grant.as_deref()?);
                let is_desired = desired.contains(&share.server, user);
                (!is_desired).then(|| ShareChange::new(&share.server, user, grant))
            })
            .collect();
        create.sort_unstable();
        revoke.sort_unstable();
        revoke.dedup();
        Ok(ShareChanges { create, revoke })
    }
}

impl ShareChange {
    fn new(server: &str, user: &str, grant: &str) -> Self {
        Self {
            server: server.to_owned(),
            user: user.to_owned(),
            grant: grant.to_owned(),
        }
    }
}

fn is_in_force(
    grant: &Grant,
    zone: Option<&TimeZoneSpec>,
    now_ms: Option<i64>,
) -> Result<bool, Error> {
    if grant.from.is_none() && grant.until.is_none() {
        return Ok(true);
    }
    let now_ms = now_ms.ok_or_else(|| {
        Error::new(
            "missing-now",
            format!(
                "The grant `{}` has a time window: write now, an RFC 3339 time such as \
                 2026-12-01T08:00:00+01:00.",
                grant.id
            ),
        )
    })?;
    let utc = TimeZoneSpec::default();
    let (from, until) = (grant.from.as_ref(), grant.until.as_ref());
    let window = Window::new(from, until, &[], zone.unwrap_or(&utc));
    Ok(window.state(now_ms).is_open)
}
