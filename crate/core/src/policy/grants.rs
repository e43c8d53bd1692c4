//! What the policy's `grants` want of the Hub: which user shares to create, and which to revoke.
//!
//! A default server is never shared, nor a server with its owner, whatever a glob says: the Hub would
//! do both.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::compile::Policy;
use super::context::null_is_default;
use super::document::{Grant, MatchKey, Pattern, Selector};
use super::index::Index;
use crate::error::Error;

/// Most shares that one policy may want: each is a row and a request at the Hub.
pub const MAX_SHARES: usize = 1_000_000;

/// What a plan reads of the Hub's user model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct UserModel {
    /// The user's name.
    pub name: String,
    /// Groups that the user is in.
    #[serde(default, deserialize_with = "null_is_default")]
    pub groups: Vec<String>,
    /// The user's servers by name, stopped ones too.
    #[serde(default, deserialize_with = "null_is_default")]
    pub servers: HashMap<String, ServerModel>,
}

/// What a plan reads of the Hub's server model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ServerModel {
    /// `tags` of its `user_options`.
    #[serde(default, rename = "user_options", deserialize_with = "tags_of")]
    pub tags: Vec<String>,
}

/// A share as records have it, or as the Hub's REST API has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "AnyShare")]
pub struct ExistingShare {
    /// `owner/name`
    pub server: String,
    /// With whom; none for a share with a group.
    pub user: Option<String>,
    /// The grant it was made for; none for a share that a person made, which is never revoked.
    pub grant: Option<String>,
}

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

/// The difference between what grants want and what there is; sorted by server and user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ShareChanges {
    /// Wanted, and not there from anybody.
    pub create: Vec<ShareChange>,
    /// Made for a grant, and wanted by none.
    pub revoke: Vec<ShareChange>,
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
        users: &[UserModel],
        shares: &[ExistingShare],
        now_ms: Option<i64>,
    ) -> Result<ShareChanges, Error> {
        let mut in_force = Vec::new();
        for grant in &self.document.grants {
            if is_in_force(grant, now_ms)? {
                in_force.push(grant);
            }
        }
        let servers = self.named_servers(users);
        let wanted = wanted(&in_force, users, &servers)?;
        let there: HashSet<(&str, &str)> = shares
            .iter()
            .filter_map(|share| Some((share.server.as_str(), share.user.as_deref()?)))
            .collect();
        let mut create: Vec<ShareChange> = wanted
            .iter()
            .filter(|(pair, _)| !there.contains(pair))
            .map(|((server, user), grant)| change(server, user, grant))
            .collect();
        let mut revoke: Vec<ShareChange> = shares
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
        Ok(ShareChanges { create, revoke })
    }

    /// All servers but the default ones.
    fn named_servers<'a>(&'a self, users: &'a [UserModel]) -> Vec<NamedServer<'a>> {
        let mut of_policy = Vec::new();
        users
            .iter()
            .flat_map(|user| user.servers.iter().map(move |server| (user, server)))
            .filter(|(user, (name, _))| !name.is_empty() && !user.name.is_empty())
            .map(|(user, (name, server))| {
                let full_name = format!("{}/{name}", user.name);
                let own_tags = server.tags.iter().map(String::as_str);
                of_policy.clear();
                self.tag_index
                    .find(MatchKey::Server, &full_name, &mut of_policy);
                let tags_of_policy = of_policy
                    .iter()
                    .filter_map(|&number| self.document.tags.0.get(number as usize))
                    .map(|(tag, _)| tag.as_str());
                NamedServer {
                    owner: &user.name,
                    tags: own_tags.chain(tags_of_policy).collect(),
                    full_name,
                }
            })
            .collect()
    }
}

fn change(server: &str, user: &str, grant: &str) -> ShareChange {
    ShareChange {
        server: server.to_owned(),
        user: user.to_owned(),
        grant: grant.to_owned(),
    }
}

struct NamedServer<'a> {
    owner: &'a str,
    full_name: String,
    tags: Vec<&'a str>,
}

/// Each wanted share (server, user), with the first grant that wants it.
type DesiredShares<'a> = HashMap<(&'a str, &'a str), &'a str>;

/// Costs what comes out, not grants × servers × users: a grant meets only servers that it covers, and
/// a server meets an audience once, however many grants bring them together.
fn wanted<'a>(
    grants: &[&'a Grant],
    users: &'a [UserModel],
    servers: &'a [NamedServer<'a>],
) -> Result<DesiredShares<'a>, Error> {
    let covered = covered_servers(grants, servers);
    let (grants, covered): (Vec<&Grant>, Vec<Vec<u32>>) = grants
        .iter()
        .zip(covered)
        .filter(|(_, covered)| !covered.is_empty())
        .unzip();
    let audiences = RecipientSets::new(&grants, users);
    let mut wanted = DesiredShares::new();
    let mut met = HashSet::new();
    for (grant, covered) in grants.into_iter().zip(covered) {
        let of_grant = audiences.of(grant);
        for number in covered {
            let Some(server) = servers.get(number as usize) else {
                continue;
            };
            for &audience in &of_grant {
                if met.insert((number, audience)) {
                    let members = audiences.members(audience).iter();
                    for user in members.filter(|&&user| user != server.owner) {
                        wanted.entry((&server.full_name, user)).or_insert(&grant.id);
                    }
                }
            }
            if wanted.len() > MAX_SHARES {
                return Err(Error::new(
                    "too-many-shares",
                    format!(
                        "The grants up to `{}` want more than {MAX_SHARES} shares. ExistingShare with \
                         smaller groups, or fewer servers.",
                        grant.id
                    ),
                ));
            }
        }
    }
    Ok(wanted)
}

/// For each grant the numbers of the servers that it covers, ascending.
fn covered_servers(grants: &[&Grant], servers: &[NamedServer]) -> Vec<Vec<u32>> {
    let names = servers.iter().map(|server| server.full_name.as_str());
    let by_names = SelectorMatches::new(grants.iter().map(|grant| &grant.servers.names), names);
    let by_tags = servers_by_tags(grants, servers);
    grants
        .iter()
        .map(|grant| {
            let named = by_names.by(&grant.servers.names);
            match by_tags.get(grant.servers.tags.as_slice()) {
                Some(tagged) => in_both(named, tagged),
                None => named.to_vec(),
            }
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
    let by_tags = SelectorMatches::new(selectors.values(), with_tag.keys().copied());
    let with_tag: Vec<Vec<u32>> = with_tag.into_values().collect();
    selectors
        .iter()
        .map(|(tags, selector)| {
            let found = by_tags.by(selector).iter();
            let lists = found.filter_map(|&tag| with_tag.get(tag as usize));
            let mut numbers: Vec<u32> = lists.flatten().copied().collect();
            numbers.sort_unstable();
            numbers.dedup();
            (*tags, numbers)
        })
        .collect()
}

/// What ascending lists have in common; costs as much as the shorter one.
fn in_both(one: &[u32], other: &[u32]) -> Vec<u32> {
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

/// Whom grants are for, in parts that many grants may have in common: the members of a group, or the
/// users that a selector chooses by name.
struct RecipientSets<'a> {
    members: Vec<Vec<&'a str>>,
    groups: SelectorMatches<'a>,
    users: HashMap<&'a Selector, u32>,
}

impl<'a> RecipientSets<'a> {
    fn new(grants: &[&'a Grant], users: &'a [UserModel]) -> Self {
        let mut of_group: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for user in users {
            for group in &user.groups {
                of_group.entry(group).or_default().push(&user.name);
            }
        }
        let groups = grants.iter().filter_map(|grant| grant.to.groups.as_ref());
        let groups = SelectorMatches::new(groups, of_group.keys().copied());
        let mut members: Vec<Vec<&str>> = of_group.into_values().collect();
        let by_name = SelectorMatches::new(
            grants.iter().filter_map(|grant| grant.to.users.as_ref()),
            users.iter().map(|user| user.name.as_str()),
        );
        let users = by_name
            .0
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

    /// The numbers of a grant's audiences.
    fn of(&self, grant: &Grant) -> Vec<u32> {
        let groups = grant
            .to
            .groups
            .as_ref()
            .map(|groups| self.groups.by(groups));
        let users = grant
            .to
            .users
            .as_ref()
            .and_then(|users| self.users.get(users));
        let numbers = groups.unwrap_or_default().iter().chain(users);
        numbers.copied().collect()
    }

    fn members(&self, audience: u32) -> &[&'a str] {
        self.members
            .get(audience as usize)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// For each of some selectors the numbers of the texts that it matches, ascending; equal selectors are
/// asked once, and a text asks only those that it may match.
struct SelectorMatches<'s>(HashMap<&'s Selector, Vec<u32>>);

impl<'s> SelectorMatches<'s> {
    fn new<'t>(
        selectors: impl Iterator<Item = &'s Selector>,
        texts: impl Iterator<Item = &'t str>,
    ) -> Self {
        const WITH_CASE: MatchKey = MatchKey::Server;
        let mut index = Index::default();
        let distinct: Vec<&Selector> = selectors.collect::<HashSet<_>>().into_iter().collect();
        for (number, selector) in (0..).zip(&distinct) {
            index.add(WITH_CASE, selector, number);
        }
        let mut chosen: Vec<Vec<u32>> = vec![Vec::new(); distinct.len()];
        let mut found = Vec::new();
        for (number, text) in (0..).zip(texts) {
            found.clear();
            index.find(WITH_CASE, text, &mut found);
            found.sort_unstable();
            found.dedup();
            for &selector in &found {
                if let Some(numbers) = chosen.get_mut(selector as usize) {
                    numbers.push(number);
                }
            }
        }
        Self(distinct.into_iter().zip(chosen).collect())
    }

    fn by(&self, selector: &Selector) -> &[u32] {
        self.0.get(selector).map(Vec::as_slice).unwrap_or_default()
    }
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
struct NamedModel {
    name: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyServer {
    FullName(String),
    Model { user: NamedModel, name: String },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum AnyUser {
    Name(String),
    Model(NamedModel),
}

#[derive(Deserialize)]
struct AnyShare {
    server: AnyServer,
    #[serde(default)]
    user: Option<AnyUser>,
    #[serde(default)]
    grant: Option<String>,
}

impl From<AnyShare> for ExistingShare {
    fn from(share: AnyShare) -> Self {
        Self {
            server: match share.server {
                AnyServer::FullName(name) => name,
                AnyServer::Model { user, name } => format!("{}/{name}", user.name),
            },
            user: share.user.map(|user| match user {
                AnyUser::Name(name) | AnyUser::Model(NamedModel { name }) => name,
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
    ) -> Result<ShareChanges, Error> {
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
            &serde_json::from_value::<Vec<UserModel>>(users).unwrap(),
            &serde_json::from_value::<Vec<ExistingShare>>(shares.clone()).unwrap(),
            now_ms,
        )
    }

    fn pairs(changes: &[ShareChange]) -> Vec<String> {
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
            ShareChanges::default()
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
        assert_eq!(
            ask(&grants, &shares, None).unwrap(),
            ShareChanges::default()
        );
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
        let users: Vec<UserModel> = (0..2_000)
            .map(|number| UserModel {
                name: format!("u{number}"),
                groups: vec!["default".to_owned()],
                servers: HashMap::from([("dash".to_owned(), ServerModel::default())]),
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
