//! What the policy's `grants` want of the Hub: which user shares to create, and which to revoke.
//!
//! A default server is never shared, nor a server with its owner, whatever a glob says: the Hub would
//! do both.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::compile::Policy;
use super::facts::null_is_default;
use super::glob::Glob;
use super::index::{Matcher, globs};
use super::model::{Document, Grant, Key};
use crate::error::Error;

/// Most shares that one policy may want: each is a row and a request at the Hub.
pub const MAX_SHARES: usize = 1_000_000;

/// What a plan reads of the Hub's user model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The user's name.
    pub name: String,
    /// Groups that the user is in.
    #[serde(default, deserialize_with = "null_is_default")]
    pub groups: Vec<String>,
    /// The user's servers by name, stopped ones too.
    #[serde(default, deserialize_with = "null_is_default")]
    pub servers: HashMap<String, Server>,
}

/// What a plan reads of the Hub's server model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Server {
    /// `tags` of its `user_options`.
    #[serde(default, rename = "user_options", deserialize_with = "tags_of")]
    pub tags: Vec<String>,
}

/// A share as records have it, or as the Hub's REST API has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "AnyShare")]
pub struct Share {
    /// `owner/name`
    pub server: String,
    /// With whom; none for a share with a group.
    pub user: Option<String>,
    /// The grant it was made for; none for a share that a person made, which is never revoked.
    pub grant: Option<String>,
}

/// A share to create or to revoke.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// `owner/name`
    pub server: String,
    /// With whom.
    pub user: String,
    /// The grant that wants it, or wanted it.
    pub grant: String,
}

/// The difference between what grants want and what there is; sorted by server and user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Wanted, and not there from anybody.
    pub create: Vec<Change>,
    /// Made for a grant, and wanted by none.
    pub revoke: Vec<Change>,
}

impl Policy {
    /// Compares what the grants want of these users with the shares that there are.
    ///
    /// `users` are all of the Hub's. `now_ms` may be absent where no grant has a window.
    ///
    /// # Errors
    /// `missing-now`; `too-many-shares` above [`MAX_SHARES`].
    pub fn grants(
        &self,
        users: &[User],
        shares: &[Share],
        now_ms: Option<i64>,
    ) -> Result<Changes, Error> {
        let servers = named_servers(&self.document, users);
        let wanted = wanted(&self.document, users, &servers, now_ms)?;
        let there: HashSet<(&str, &str)> = shares
            .iter()
            .filter_map(|share| Some((share.server.as_str(), share.user.as_deref()?)))
            .collect();
        let mut create: Vec<Change> = wanted
            .iter()
            .filter(|(pair, _)| !there.contains(pair))
            .map(|((server, user), grant)| change(server, user, grant))
            .collect();
        let mut revoke: Vec<Change> = shares
            .iter()
            .filter_map(|share| {
                let (user, grant) = (share.user.as_deref()?, share.grant.as_deref()?);
                let unwanted = !wanted.contains_key(&(share.server.as_str(), user));
                unwanted.then(|| change(&share.server, user, grant))
            })
            .collect();
        create.sort_unstable();
        revoke.sort_unstable();
        revoke.dedup();
        Ok(Changes { create, revoke })
    }
}

fn change(server: &str, user: &str, grant: &str) -> Change {
    Change {
        server: server.to_owned(),
        user: user.to_owned(),
        grant: grant.to_owned(),
    }
}

/// Each wanted share, with the first grant that wants it.
type Wanted<'a> = HashMap<(&'a str, &'a str), &'a str>;

fn wanted<'a>(
    document: &'a Document,
    users: &'a [User],
    servers: &'a [NamedServer<'a>],
    now_ms: Option<i64>,
) -> Result<Wanted<'a>, Error> {
    let members = members(users);
    let mut wanted = Wanted::new();
    for grant in &document.grants {
        if !is_in_force(grant, now_ms)? {
            continue;
        }
        let recipients = recipients(grant, users, &members);
        let names = Matcher::new(&grant.servers.names, false);
        let tags = globs(&grant.servers.tags, false);
        for server in servers {
            if !names.matches(&server.full_name) || !server.has_one_of(&tags) {
                continue;
            }
            for &user in recipients.iter().filter(|&&user| user != server.owner) {
                wanted.entry((&server.full_name, user)).or_insert(&grant.id);
            }
            if wanted.len() > MAX_SHARES {
                return Err(Error::new(
                    "too-many-shares",
                    format!(
                        "The grants up to `{}` want more than {MAX_SHARES} shares. Share with \
                         smaller groups, or fewer servers.",
                        grant.id
                    ),
                ));
            }
        }
    }
    Ok(wanted)
}

struct NamedServer<'a> {
    owner: &'a str,
    full_name: String,
    tags: Vec<&'a str>,
}

impl NamedServer<'_> {
    /// Has it a tag that one of these matches? Everything has, where none is asked for.
    fn has_one_of(&self, wanted: &[Glob]) -> bool {
        wanted.is_empty()
            || wanted
                .iter()
                .any(|glob| self.tags.iter().any(|tag| glob.matches(tag)))
    }
}

/// All servers but the default ones.
fn named_servers<'a>(document: &'a Document, users: &'a [User]) -> Vec<NamedServer<'a>> {
    let taggings: Vec<(&str, Matcher)> = document
        .tags
        .0
        .iter()
        .flat_map(|(tag, tagging)| {
            let selectors = tagging.0.0.iter();
            selectors
                .filter(|(key, _)| *key == Key::Server)
                .map(|(_, selector)| (tag.as_str(), Matcher::new(selector, false)))
        })
        .collect();
    users
        .iter()
        .flat_map(|user| user.servers.iter().map(move |server| (user, server)))
        .filter(|(user, (name, _))| !name.is_empty() && !user.name.is_empty())
        .map(|(user, (name, server))| {
            let full_name = format!("{}/{name}", user.name);
            let of_policy = taggings
                .iter()
                .filter(|(_, names)| names.matches(&full_name))
                .map(|(tag, _)| *tag);
            NamedServer {
                owner: &user.name,
                tags: server
                    .tags
                    .iter()
                    .map(String::as_str)
                    .chain(of_policy)
                    .collect(),
                full_name,
            }
        })
        .collect()
}

/// Users by group.
type Members<'a> = HashMap<&'a str, Vec<&'a str>>;

fn members(users: &[User]) -> Members<'_> {
    let mut members = Members::new();
    for user in users {
        for group in &user.groups {
            members.entry(group).or_default().push(&user.name);
        }
    }
    members
}

/// Whom a grant is for, each once.
fn recipients<'a>(grant: &Grant, users: &'a [User], members: &Members<'a>) -> HashSet<&'a str> {
    let mut recipients = HashSet::new();
    if let Some(groups) = &grant.to.groups {
        let groups = Matcher::new(groups, false);
        let matching = members.iter().filter(|(group, _)| groups.matches(group));
        recipients.extend(matching.flat_map(|(_, users)| users));
    }
    if let Some(names) = &grant.to.users {
        let names = Matcher::new(names, false);
        let all = users.iter().map(|user| user.name.as_str());
        recipients.extend(all.filter(|name| names.matches(name)));
    }
    recipients
}

fn is_in_force(grant: &Grant, now_ms: Option<i64>) -> Result<bool, Error> {
    if grant.from.is_none() && grant.until.is_none() {
        return Ok(true);
    }
    let now_ms = now_ms.ok_or_else(|| {
        Error::new(
            "missing-now",
            format!(
                "The grant `{}` has a time window: write now, an RFC 3339 time such as \
                 2026-12-01T08:00:00Z.",
                grant.id
            ),
        )
    })?;
    let has_begun = grant
        .from
        .as_ref()
        .is_none_or(|from| from.start_ms() <= now_ms);
    let is_over = grant
        .until
        .as_ref()
        .is_some_and(|until| until.end_ms() <= now_ms);
    Ok(has_begun && !is_over)
}

/// Users write their servers' options: what has another shape is as good as absent.
fn tags_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let options = serde_json::Value::deserialize(deserializer)?;
    let tags = options.get("tags").and_then(|tags| tags.as_array());
    Ok(tags
        .into_iter()
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect())
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyServer {
    FullName(String),
    Model { user: Named, name: String },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyUser {
    Name(String),
    Model(Named),
}

#[derive(Deserialize)]
struct AnyShare {
    server: AnyServer,
    #[serde(default)]
    user: Option<AnyUser>,
    #[serde(default)]
    grant: Option<String>,
}

impl From<AnyShare> for Share {
    fn from(share: AnyShare) -> Self {
        Self {
            server: match share.server {
                AnyServer::FullName(name) => name,
                AnyServer::Model { user, name } => format!("{}/{name}", user.name),
            },
            user: share.user.map(|user| match user {
                AnyUser::Name(name) | AnyUser::Model(Named { name }) => name,
            }),
            grant: share.grant,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ask(
        grants: &serde_json::Value,
        shares: &serde_json::Value,
        now_ms: Option<i64>,
    ) -> Result<Changes, Error> {
        let policy = json!({
            "version": 1,
            "grants": grants,
            "tags": {"course": {"server": "profx/dash-tagged"}},
        });
        let users = json!([
            {"name": "profx", "groups": ["instructors", "default"], "servers": {
                "": {"user_options": null},
                "scratch": {},
                "dash-1": {"user_options": {"tags": ["dashboard", 7]}},
                "dash-2": {"user_options": {"tags": ["dashboard"]}},
                "dash-private-1": {"user_options": "none"},
                "dash-tagged": {"user_options": null},
            }},
            {"name": "mmuster", "groups": ["default"], "servers": {"": {}}},
            {"name": "eextern", "groups": null, "servers": null},
        ]);
        Policy::new(serde_json::from_value(policy).unwrap()).grants(
            &serde_json::from_value::<Vec<User>>(users).unwrap(),
            &serde_json::from_value::<Vec<Share>>(shares.clone()).unwrap(),
            now_ms,
        )
    }

    fn pairs(changes: &[Change]) -> Vec<String> {
        changes
            .iter()
            .map(|change| format!("{} {} {}", change.server, change.user, change.grant))
            .collect()
    }

    #[test]
    fn a_group_may_open_named_servers_and_never_default_ones() {
        let everything = json!([{"id": "all", "to": {"groups": ["default"]}, "servers": "**"}]);
        let changes = ask(&everything, &json!([]), None).unwrap();
        let servers = [
            "dash-1",
            "dash-2",
            "dash-private-1",
            "dash-tagged",
            "scratch",
        ];
        assert_eq!(
            pairs(&changes.create),
            servers.map(|name| format!("profx/{name} mmuster all"))
        );
        let default_servers = json!([{"id": "d", "to": {"users": "*"}, "servers": "*/"}]);
        assert_eq!(
            ask(&default_servers, &json!([]), None).unwrap(),
            Changes::default()
        );
    }

    #[test]
    fn exclusions_and_tags_narrow_a_grant() {
        for (servers, expected) in [
            (
                json!({"include": "*/dash-*", "except": ["*/dash-private-*"]}),
                vec!["dash-1", "dash-2", "dash-tagged"],
            ),
            (
                json!({"include": "*/dash-*", "tags": ["dash*"]}),
                vec!["dash-1", "dash-2"],
            ),
            (
                json!({"include": "*/*", "tags": ["course"]}),
                vec!["dash-tagged"],
            ),
            (json!({"include": "*/*", "tags": ["nothing"]}), vec![]),
        ] {
            let grants = json!([{"id": "g", "to": {"users": "eextern"}, "servers": servers}]);
            let changes = ask(&grants, &json!([]), None).unwrap();
            let expected: Vec<_> = expected
                .iter()
                .map(|name| format!("profx/{name} eextern g"))
                .collect();
            assert_eq!(pairs(&changes.create), expected, "{servers}");
        }
    }

    #[test]
    fn only_shares_made_for_a_grant_are_revoked() {
        let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
        let shares = json!([
            {"server": "profx/dash-1", "user": "mmuster", "grant": "an-older-name"},
            {"server": "profx/dash-2", "user": "mmuster", "grant": "g"},
            {"server": "gone/dash-1", "user": "mmuster", "grant": "g"},
            {"server": "profx/scratch", "user": "mmuster"},
            {"server": {"user": {"name": "profx"}, "name": "dash-2"}, "user": {"name": "eextern"}, "group": null},
            {"server": {"user": {"name": "profx"}, "name": "dash-2"}, "user": null, "group": {"name": "default"}},
        ]);
        let changes = ask(&grants, &shares, None).unwrap();
        assert_eq!(pairs(&changes.create), [""; 0]);
        assert_eq!(
            pairs(&changes.revoke),
            ["gone/dash-1 mmuster g", "profx/dash-2 mmuster g"]
        );
    }

    #[test]
    fn a_share_with_the_group_does_not_serve_its_members() {
        let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
        let shares = json!([
            {"server": "profx/dash-1", "user": null, "group": {"name": "default"}}
        ]);
        let changes = ask(&grants, &shares, None).unwrap();
        assert_eq!(pairs(&changes.create), ["profx/dash-1 mmuster g"]);
    }

    #[test]
    fn a_persons_share_needs_no_second_one() {
        let grants = json!([{"id": "g", "to": {"groups": "default"}, "servers": "*/dash-1"}]);
        let shares = json!([{"server": "profx/dash-1", "user": "mmuster"}]);
        assert_eq!(ask(&grants, &shares, None).unwrap(), Changes::default());
    }

    #[test]
    fn a_window_ends_with_its_last_day() {
        let grants = json!([{"id": "g", "to": {"users": "mmuster"}, "servers": "*/dash-1",
            "from": "2026-12-01", "until": "2026-12-02"}]);
        let share = json!([{"server": "profx/dash-1", "user": "mmuster", "grant": "g"}]);
        let at = |text: &str| Some(super::super::time::parse_instant(text).unwrap());
        for (now, wanted) in [
            ("2026-11-30T23:59:59Z", false),
            ("2026-12-01T00:00:00Z", true),
            ("2026-12-02T23:59:59Z", true),
            ("2026-12-03T00:00:00Z", false),
        ] {
            let changes = ask(&grants, &json!([]), at(now)).unwrap();
            assert_eq!(changes.create.len(), usize::from(wanted), "{now}");
            let changes = ask(&grants, &share, at(now)).unwrap();
            assert_eq!(changes.revoke.len(), usize::from(!wanted), "{now}");
        }
        assert_eq!(ask(&grants, &share, None).unwrap_err().code, "missing-now");
    }

    #[test]
    fn too_many_shares_are_refused() {
        let users: Vec<User> = (0..2_000)
            .map(|number| User {
                name: format!("u{number}"),
                groups: vec!["default".to_owned()],
                servers: HashMap::from([("dash".to_owned(), Server::default())]),
            })
            .collect();
        let policy = json!({"version": 1, "grants": [
            {"id": "g", "to": {"groups": "default"}, "servers": "*/dash"}]});
        let policy = Policy::new(serde_json::from_value(policy).unwrap());
        let refused = policy.grants(&users, &[], None).unwrap_err();
        assert_eq!(refused.code, "too-many-shares");
        assert!(refused.message.contains("`g`"), "{refused}");
    }
}
