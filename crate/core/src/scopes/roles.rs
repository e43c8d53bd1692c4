//! Roles, shares and tokens to scopes, as the Hub resolves them.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::definitions::Definitions;
use super::exist::check_exists;
use super::expand::{OauthClient, Owner, expand};
use super::intersect::intersect;
use super::required::{access_scope, identify_scopes};
use super::set::{GroupsOf, ScopeSet};
use super::text::split;
use crate::error::Error;

/// One entry of `JupyterHub.load_roles`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// Its name; `user`, `admin`, `server` and `token` change the Hub's own.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// What it grants, as raw scopes; `None` leaves the Hub's own role what it grants.
    pub scopes: Option<Vec<String>>,
    /// Names of users who have it, lower-cased as the Hub's authenticators do; `None` leaves the
    /// Hub's own role with whom it had.
    pub users: Option<Vec<String>>,
    /// Names of groups whose members have it.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Names of services that have it; `None` as for `users`.
    pub services: Option<Vec<String>>,
}

/// What the Hub's own roles grant; follows `jupyterhub.roles.get_default_roles` (6.1).
static DEFAULT_ROLES: &[(&str, &[&str])] = &[
    ("user", &["self"]),
    (
        "admin",
        &[
            "admin-ui",
            "admin:users",
            "admin:servers",
            "admin:services",
            "tokens",
            "admin:groups",
            "list:services",
            "read:services",
            "read:hub",
            "proxy",
            "shutdown",
            "access:services",
            "access:servers",
            "read:roles",
            "read:metrics",
            "shares",
        ],
    ),
    ("server", &["users:activity!user", "access:servers!server"]),
    ("token", &["inherit"]),
];

/// The only description that the Hub takes for the role `admin`.
const ADMIN_DESCRIPTION: &str = "Elevated privileges (can do anything)";

/// The roles of a Hub: its own, changed and joined by the deployment's.
#[derive(Debug, Clone)]
pub struct Roles {
    roles: Vec<Role>,
}

impl Roles {
    /// Loads roles; follows `JupyterHub.init_role_creation` and `jupyterhub.roles.create_role`.
    ///
    /// `extra_user_scopes` are added to the role `user`, unless `load_roles` sets its scopes.
    /// Returned beside the roles are the warnings (codes `role-without-scopes`,
    /// `ignored-extra-user-scopes`, `user-role-without-self`).
    ///
    /// # Errors
    /// `bad-role-name`, `duplicate-role`, `fixed-role` (`admin` cannot be changed),
    /// `unknown-scope` or `unknown-filter`.
    pub fn load(
        load_roles: Vec<Role>,
        extra_user_scopes: &[String],
        definitions: &Definitions,
    ) -> Result<(Self, Vec<Error>), Error> {
        let mut warnings = Vec::new();
        let mut roles: Vec<Role> = Vec::new();
        for (name, scopes) in DEFAULT_ROLES {
            if load_roles.iter().any(|role| role.name == *name) {
                continue;
            }
            roles.push(Role {
                name: (*name).to_owned(),
                scopes: Some(default_scopes(name, scopes, extra_user_scopes)),
                ..Role::default()
            });
        }
        for mut role in load_roles {
            check_name(&role, &roles)?;
            if role.name == "user"
                && let Some(scopes) = &role.scopes
            {
                warn_about_user_role(scopes, extra_user_scopes, &mut warnings);
            }
            if let Some((name, scopes)) = DEFAULT_ROLES.iter().find(|(name, _)| *name == role.name)
            {
                let default = default_scopes(name, scopes, extra_user_scopes);
                if *name == "admin" {
                    check_admin(&role, &default)?;
                }
                role.scopes.get_or_insert(default);
            }
            roles.push(role);
        }
        for role in &roles {
            let scopes = role.scopes.as_deref().unwrap_or_default();
            for scope in scopes {
                check_exists(scope, definitions)?;
            }
            if scopes.is_empty() {
                warnings.push(Error::new(
                    "role-without-scopes",
                    format!("The role `{}` grants nothing: it has no scopes.", role.name),
                ));
            }
        }
        Ok((Self { roles }, warnings))
    }

    /// The raw scopes of a user's roles; follows `JupyterHub.init_role_assignment` and
    /// `jupyterhub.roles.get_roles_for`.
    ///
    /// Everybody has `user`, and an `admin` has `admin`, unless those roles list their users.
    #[must_use]
    pub fn of_user(&self, user: &str, admin: bool, groups: &[String]) -> BTreeSet<&str> {
        self.raw_scopes(|role| {
            let listed = match &role.users {
                Some(users) => users.iter().any(|name| name.to_lowercase() == user),
                None => role.name == "user" || (admin && role.name == "admin"),
            };
            listed || role.groups.iter().any(|name| groups.contains(name))
        })
    }

    /// The raw scopes of a service's roles; as [`Roles::of_user`].
    #[must_use]
    pub fn of_service(&self, service: &str, admin: bool) -> BTreeSet<&str> {
        self.raw_scopes(|role| match &role.services {
            Some(services) => services.iter().any(|name| name == service),
            None => admin && role.name == "admin",
        })
    }

    fn raw_scopes(&self, has: impl Fn(&Role) -> bool) -> BTreeSet<&str> {
        let roles = self.roles.iter().filter(|role| has(role));
        roles
            .flat_map(|role| role.scopes.iter().flatten())
            .map(String::as_str)
            .collect()
    }
}

fn default_scopes(name: &str, scopes: &[&str], extra_user_scopes: &[String]) -> Vec<String> {
    let extra = match name {
        "user" => extra_user_scopes,
        _ => &[],
    };
    let scopes = scopes.iter().map(|&scope| scope.to_owned());
    scopes.chain(extra.iter().cloned()).collect()
}

/// Checks that `admin` keeps what it is; follows `jupyterhub.roles.create_role`.
fn check_admin(role: &Role, default: &[String]) -> Result<(), Error> {
    let description = role.description.as_deref();
    if role.scopes.as_ref().is_none_or(|scopes| scopes == default)
        && description.is_none_or(|own| own == ADMIN_DESCRIPTION)
    {
        return Ok(());
    }
    Err(Error::new(
        "fixed-role",
        "The scopes and the description of the role `admin` cannot be changed. Leave them out.",
    ))
}

/// Whether the Hub creates this role itself.
#[must_use]
pub fn is_default_role(name: &str) -> bool {
    DEFAULT_ROLES.iter().any(|(default, _)| *default == name)
}

/// Whether the Hub accepts this as the name of a role; follows `jupyterhub.roles._validate_role_name`.
///
/// As the Hub's regular expression does, this accepts one line feed at the end.
#[must_use]
pub fn is_role_name(name: &str) -> bool {
    let letter_or_digit = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    match name.strip_suffix('\n').unwrap_or(name).as_bytes() {
        [first, inner @ .., last] => {
            first.is_ascii_lowercase()
                && (1..=253).contains(&inner.len())
                && inner
                    .iter()
                    .all(|&c| letter_or_digit(c) || b"-_~.".contains(&c))
                && letter_or_digit(*last)
        }
        _ => false,
    }
}

/// Checks a role's name, and that it is new.
fn check_name(role: &Role, loaded: &[Role]) -> Result<(), Error> {
    let name = role.name.as_str();
    if loaded.iter().any(|other| other.name == name) {
        return Err(Error::new(
            "duplicate-role",
            format!("There are two roles named `{name}`. Join them or rename one."),
        ));
    }
    if is_role_name(name) {
        return Ok(());
    }
    Err(Error::new(
        "bad-role-name",
        format!(
            "`{name}` is no name for a role. Write 3 to 255 of a-z 0-9 - _ ~ . that start with a \
             letter and end with a letter or digit."
        ),
    ))
}

fn warn_about_user_role(scopes: &[String], extra: &[String], warnings: &mut Vec<Error>) {
    if !extra.is_empty() {
        warnings.push(Error::new(
            "ignored-extra-user-scopes",
            "The role `user` has scopes of its own, so `extra_user_scopes` is ignored.",
        ));
    }
    if !scopes.iter().any(|scope| scope == "self") {
        warnings.push(Error::new(
            "user-role-without-self",
            "The role `user` leaves out `self`: users may not even reach their own server.",
        ));
    }
}

/// The scopes of a share of a server, each with the server's filter; follows
/// `jupyterhub.orm.Share.apply_filter`.
///
/// `server` is `owner/name`.
///
/// # Errors
/// `bad-share-filter` for any other filter.
pub fn share_scopes<'s>(
    server: &str,
    scopes: impl IntoIterator<Item = &'s str>,
) -> Result<Vec<String>, Error> {
    let filter = ["server=", server].concat();
    let filtered = scopes.into_iter().map(|scope| match split(scope) {
        (base, "") => Ok([base, "!", &filter].concat()),
        (_, own) if own == filter => Ok(scope.to_owned()),
        (base, _) => Err(Error::new(
            "bad-share-filter",
            format!("A share of `{server}` cannot grant `{scope}`. Write `{base}`."),
        )),
    });
    filtered.collect()
}

/// A user or service, and everything that gives scopes to them.
#[derive(Debug, Clone)]
pub struct OwnerScopes<'a> {
    /// Who it is.
    pub owner: Owner<'a>,
    /// The raw scopes of the roles, as [`Roles::of_user`] or [`Roles::of_service`] gives them.
    pub raw_scopes: BTreeSet<&'a str>,
    /// The scopes of shares with this user, as [`share_scopes`] gives them.
    pub shared: Vec<String>,
    /// The scopes of shares with groups of this user.
    pub shared_with_groups: Vec<String>,
}

impl OwnerScopes<'_> {
    /// The expanded scopes; follows `jupyterhub.scopes.get_scopes_for` of a user or service.
    ///
    /// They are reduced, which the Hub does not do once it has added the shares'. Returned beside
    /// them are the warnings of [`expand`].
    ///
    /// # Errors
    /// As [`expand`].
    pub fn scopes(&self, definitions: &Definitions) -> Result<(ScopeSet, Vec<Error>), Error> {
        let shared = self.shared.iter().chain(&self.shared_with_groups);
        let raw_scopes = self.raw_scopes.iter().copied();
        let all = raw_scopes.chain(shared.map(String::as_str));
        expand(all, Some(self.owner), None, definitions)
    }

    /// What a token of this owner gives; follows `jupyterhub.scopes.get_scopes_for` of a token.
    ///
    /// `client` is the OAuth client it was issued to; a token made at the Hub has none. As at the
    /// Hub, shares with groups do not count here, and those with the user count as they are
    /// written, without subscopes. Returned beside the scopes are the warnings of [`expand`], and
    /// `discarded-scope` for each scope of which the owner has only a part or nothing.
    ///
    /// # Errors
    /// As [`expand`].
    pub fn token_scopes<'s>(
        &self,
        raw_scopes: impl IntoIterator<Item = &'s str> + Clone,
        client: Option<OauthClient>,
        groups_of: &GroupsOf,
        definitions: &Definitions,
    ) -> Result<(ScopeSet, Vec<Error>), Error> {
        let owner = Some(self.owner);
        let own = self.raw_scopes.iter().copied();
        let (mut own, mut warnings) = expand(own, owner, None, definitions)?;
        own.insert_all(&self.shared);
        if raw_scopes
            .clone()
            .into_iter()
            .any(|scope| scope == "inherit")
        {
            return Ok((own, warnings));
        }
        let (mut token, token_warnings) = expand(raw_scopes, owner, client, definitions)?;
        warnings.extend(token_warnings);
        token.insert_all(&identify_scopes(owner));
        token.insert_all(client.map(access_scope).as_slice());
        let (held, _) = intersect(&token, &own, Some(groups_of));
        let held_texts = held.texts();
        for scope in token.texts() {
            if held_texts.binary_search(&scope).is_err() {
                warnings.push(Error::new(
                    "discarded-scope",
                    format!("The token's `{scope}` is not held by its owner, or not all of it."),
                ));
            }
        }
        Ok((held, warnings))
    }
}
