//! Scopes that the Hub itself asks for.

use super::expand::{OauthClient, Owner};
use super::intersect::intersect;
use super::set::ScopeSet;
use crate::error::Error;

/// The scope needed to use an OAuth client; follows `jupyterhub.scopes.access_scopes`.
#[must_use]
pub fn access_scope(client: OauthClient) -> String {
    match client {
        OauthClient::Server { user, name } => ["access:servers!server=", user, "/", name].concat(),
        OauthClient::Service(name) => ["access:services!service=", name].concat(),
    }
}

/// The scopes needed to ask who a token's owner is; follows `jupyterhub.scopes.identify_scopes`.
///
/// Without an owner they are raw, for whoever the user will be.
#[must_use]
pub fn identify_scopes(owner: Option<Owner>) -> Vec<String> {
    match owner {
        None => ["groups", "name"]
            .map(|field| ["read:users:", field, "!user"].concat())
            .to_vec(),
        Some(Owner::User(user)) => ["groups", "name"]
            .map(|field| ["read:users:", field, "!user=", user].concat())
            .to_vec(),
        Some(Owner::Service(service)) => {
            vec![["read:services:name!service=", service].concat()]
        }
    }
}

/// Which of the required scopes a visitor of a service has; follows
/// `jupyterhub.services.auth.check_scopes`.
///
/// Having any of them lets the visitor in. Groups are not looked up, for which there may be a
/// warning as of [`intersect`]. Sorted, none twice.
///
/// # Errors
/// `empty-filter` for a filter without a name on either side.
pub fn check_scopes<'s>(
    required: impl IntoIterator<Item = &'s str> + Clone,
    have: impl IntoIterator<Item = &'s str>,
) -> Result<(Vec<&'s str>, Option<Error>), Error> {
    let required_set = ScopeSet::parse_unordered(required.clone())?;
    let (common, warning) = intersect(&required_set, &ScopeSet::parse_unordered(have)?, None);
    let common = common.texts();
    let mut granted: Vec<&str> = required
        .into_iter()
        .filter(|scope| {
            common
                .binary_search_by(|text| text.as_str().cmp(scope))
                .is_ok()
        })
        .collect();
    granted.sort_unstable();
    granted.dedup();
    Ok((granted, warning))
}
