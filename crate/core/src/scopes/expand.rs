//! Raw scopes, as roles and tokens name them, to expanded ones.

use std::collections::{HashMap, HashSet};

use super::definitions::{Definitions, SELF_SCOPES};
use super::set::{NameId, ScopeSet};
use super::text::{empty_filter, split};
use crate::error::Error;

/// Who holds the scopes: fills in `self` and the filters `!user` and `!service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A user, by name.
    User(&'a str),
    /// A service, by name.
    Service(&'a str),
}

/// The OAuth client that a token was issued to: fills in the filters `!server` and `!service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OauthClient<'a> {
    /// A user's server; the default server's name is empty.
    Server {
        /// Whose server it is.
        user: &'a str,
        /// The server's name.
        name: &'a str,
    },
    /// A service, by name.
    Service(&'a str),
}

/// Why an expanded scope was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScopeWarning {
    /// Its filter has no name, and nothing fills one in. The Hub raises.
    EmptyFilter,
    /// There is no user, service or server to fill in for its filter. The Hub warns.
    Unfilled,
    /// It is `self`, and the owner is not a user. The Hub warns.
    NotAUser,
}

/// Expanded scopes, and what had to be left out of them.
#[derive(Debug, Clone, Default)]
pub struct Expansion {
    /// The expanded scopes.
    pub scopes: ScopeSet,
    /// What was left out, and why; perhaps more than once.
    pub problems: Vec<(ScopeWarning, String)>,
}

/// Expands raw scopes; as [`expand`], but never fails.
///
/// A scope that does not exist is kept without subscopes, so that scopes of a newer Hub keep their meaning.
#[must_use]
pub fn expand_leniently<'s>(
    raw_scopes: impl IntoIterator<Item = &'s str>,
    owner: Option<Owner>,
    client: Option<OauthClient>,
    definitions: &Definitions,
) -> Expansion {
    let filter_names = FilterNames::new(owner, client);
    let mut expansion = Expansion::default();
    let Expansion { scopes, problems } = &mut expansion;
    let raw_scopes = raw_scopes.into_iter();
    scopes.reserve_names(raw_scopes.size_hint().0);
    let mut implied_by: Vec<Vec<(&str, NameId)>> = Vec::new();
    let mut base_numbers: HashMap<String, u32> = HashMap::new();
    for raw_scope in raw_scopes {
        let (base, filter) = split(raw_scope);
        if base == "self" && filter.is_empty() {
            if !add_self(scopes, owner, definitions) {
                problems.push((ScopeWarning::NotAUser, base.to_owned()));
            }
            continue;
        }
        let number = match base_numbers.get(base) {
            Some(&number) => number,
            None => {
                let number = implied_by.len() as u32;
                let mut implied = Vec::new();
                for scope in definitions.implied(base) {
                    implied.push((scope, scopes.intern_base(scope)));
                }
                implied_by.push(implied);
                base_numbers.insert(base.to_owned(), number);
                number
            }
        };
        let completed = match filter_names.complete(filter) {
            None => Err(ScopeWarning::Unfilled),
            Some(filter) => scopes
                .intern_filter(filter)
                .ok_or(ScopeWarning::EmptyFilter),
        };
        for &(scope, name) in implied_by.get(number as usize).into_iter().flatten() {
            // A filter by server does not apply to the names of users; follows `_expand_scope`.
            if filter.starts_with("server") && scope.starts_with("read:user") {
                continue;
            }
            match completed {
                Ok(filter) => scopes.add(name, filter),
                Err(problem) => {
                    problems.push((problem, [scope, "!", filter].concat()));
                }
            }
        }
    }
    expansion
}

/// Expands raw scopes; follows `jupyterhub.scopes.expand_scopes`.
///
/// Each scope brings its subscopes with the same filter; `self` and the filters without a name are
/// filled in from `owner` and `client`. The result is reduced. Returned beside it are the warnings
/// for what cannot be filled in (codes `unfilled-filter`, `self-without-user`), sorted.
///
/// # Errors
/// `unknown-scope`, `endless-scope` (subscopes in a cycle) or `empty-filter`.
pub fn expand<'s>(
    raw_scopes: impl IntoIterator<Item = &'s str> + Clone,
    owner: Option<Owner>,
    client: Option<OauthClient>,
    definitions: &Definitions,
) -> Result<(ScopeSet, Vec<Error>), Error> {
    let mut checked = HashSet::new();
    for raw_scope in raw_scopes.clone() {
        let (base, _) = split(raw_scope);
        if !checked.insert(base) {
            continue;
        }
        if !definitions.contains(base) {
            return Err(unknown_scope(base));
        }
        if definitions.is_cyclic(base) {
            return Err(Error::new(
                "endless-scope",
                format!("The subscopes of `{base}` lead back to themselves. Remove one of them."),
            ));
        }
    }
    let Expansion {
        scopes,
        mut problems,
    } = expand_leniently(raw_scopes, owner, client, definitions);
    problems.sort_unstable();
    problems.dedup();
    let mut warnings = Vec::new();
    for (problem, scope) in &problems {
        let (base, filter) = split(scope);
        warnings.push(match problem {
            ScopeWarning::EmptyFilter => return Err(empty_filter(base, filter)),
            ScopeWarning::Unfilled => Error::new(
                "unfilled-filter",
                format!("`{scope}` grants nothing here: there is no {filter} to fill in."),
            ),
            ScopeWarning::NotAUser => Error::new(
                "self-without-user",
                "`self` grants nothing here: its holder is not a user.",
            ),
        });
    }
    Ok((scopes, warnings))
}

/// The error for a scope that does not exist.
pub(super) fn unknown_scope(base: &str) -> Error {
    Error::new(
        "unknown-scope",
        match base {
            "all" => "There is no scope `all`; write `inherit`.".to_owned(),
            _ => format!("There is no scope `{base}`."),
        },
    )
}

/// The names for filters without one, as whole filters: `!user` becomes `!user=ann`.
struct FilterNames {
    user: Option<String>,
    service: Option<String>,
    server: Option<String>,
}

impl FilterNames {
    fn new(owner: Option<Owner>, client: Option<OauthClient>) -> Self {
        let (user, owning_service) = match owner {
            None => (None, None),
            Some(Owner::User(name)) => (Some(name), None),
            Some(Owner::Service(name)) => (None, Some(name)),
        };
        let (server, service) = match client {
            None => (None, owning_service),
            Some(OauthClient::Server { user, name }) => (Some((user, name)), owning_service),
            Some(OauthClient::Service(name)) => (None, Some(name)),
        };
        Self {
            user: user.map(|name| ["user=", name].concat()),
            service: service.map(|name| ["service=", name].concat()),
            server: server.map(|(user, name)| ["server=", user, "/", name].concat()),
        }
    }

    /// The filter with its name; `None` if there is none for it.
    fn complete<'f>(&'f self, filter: &'f str) -> Option<&'f str> {
        match filter {
            "user" => self.user.as_deref(),
            "service" => self.service.as_deref(),
            "server" => self.server.as_deref(),
            filter => Some(filter),
        }
    }
}

/// Adds the owner's own resources; follows `_expand_self_scope`. False if the owner is not a user.
fn add_self(scopes: &mut ScopeSet, owner: Option<Owner>, definitions: &Definitions) -> bool {
    let name = match owner {
        Some(Owner::User(name)) if !name.is_empty() => name,
        _ => return false,
    };
    let filter = ["user=", name].concat();
    for scope in SELF_SCOPES {
        for scope in definitions.implied(scope) {
            scopes.insert(scope, &filter);
        }
    }
    true
}
