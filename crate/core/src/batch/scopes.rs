//! Ops on scopes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::json::{self, read};
use crate::error::Error;
use crate::scopes::{self, Definitions, OauthClient, Owner, OwnerScopes, Role, Roles, ScopeSet};

/// A text of the request, borrowed from the line where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct BorrowedText<'a>(#[serde(borrow)] Cow<'a, str>);

fn texts<'s>(list: &'s [BorrowedText<'_>]) -> impl Iterator<Item = &'s str> + Clone {
    list.iter().map(|text| text.0.as_ref())
}

/// The groups of users, by user; without it, groups are not looked up.
type GroupsByUser = Option<HashMap<String, Vec<String>>>;

fn lookup<'g>(groups: &'g HashMap<String, Vec<String>>) -> impl Fn(&str) -> &'g [String] {
    |user| groups.get(user).map_or(&[], Vec::as_slice)
}

type CustomScopes = Option<Map<String, Value>>;

fn define(custom: Option<&Map<String, Value>>) -> Result<(Definitions, Vec<Error>), Error> {
    custom.map_or_else(|| Ok(Default::default()), scopes::define)
}

fn warnings<'w>(warnings: impl IntoIterator<Item = &'w Error>) -> Value {
    warnings.into_iter().map(json::error).collect()
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum OwnerJson {
    User { name: String },
    Service { name: String },
}

impl OwnerJson {
    fn owner(&self) -> Owner<'_> {
        match self {
            Self::User { name } => Owner::User(name),
            Self::Service { name } => Owner::Service(name),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum OauthClientJson {
    Server { user: String, name: String },
    Service { name: String },
}

impl OauthClientJson {
    fn oauth(&self) -> OauthClient<'_> {
        match self {
            Self::Server { user, name } => OauthClient::Server { user, name },
            Self::Service { name } => OauthClient::Service(name),
        }
    }
}

#[derive(Deserialize)]
struct ExpandRequest<'a> {
    #[serde(borrow)]
    scopes: Vec<BorrowedText<'a>>,
    owner: Option<OwnerJson>,
    oauth_client: Option<OauthClientJson>,
    custom_scopes: CustomScopes,
}

/// `expand`: as `jupyterhub.scopes.expand_scopes`.
pub(super) fn expand(line: &str) -> Result<Value, Error> {
    let request: ExpandRequest = read(line)?;
    let (definitions, _) = define(request.custom_scopes.as_ref())?;
    let (expanded, warned) = scopes::expand(
        texts(&request.scopes),
        request.owner.as_ref().map(OwnerJson::owner),
        request.oauth_client.as_ref().map(OauthClientJson::oauth),
        &definitions,
    )?;
    Ok(json!({"scopes": expanded.texts(), "warnings": warnings(&warned)}))
}

#[derive(Deserialize)]
struct ScopesRequest<'a> {
    #[serde(borrow)]
    scopes: Vec<BorrowedText<'a>>,
}

/// `reduce`: as `jupyterhub.scopes.reduce_scopes`.
pub(super) fn reduce(line: &str) -> Result<Value, Error> {
    let request: ScopesRequest = read(line)?;
    let reduced = ScopeSet::parse(texts(&request.scopes))?;
    Ok(json!({"scopes": reduced.texts()}))
}

/// `parse`: as `jupyterhub.scopes.parse_scopes`.
pub(super) fn parse(line: &str) -> Result<Value, Error> {
    let request: ScopesRequest = read(line)?;
    let parsed = ScopeSet::parse(texts(&request.scopes))?;
    let mut answer: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for scope in parsed.iter() {
        let entities = answer.entry(scope.base).or_default();
        if let Some((entity, name)) = scope.filter {
            entities.entry(entity).or_default().insert(name);
        }
    }
    let answer = answer.into_iter().map(|(base, entities)| {
        // Only a scope without a filter has no names.
        let filters = match entities.is_empty() {
            true => Value::Bool(true),
            false => json!(entities),
        };
        (base.to_owned(), filters)
    });
    Ok(json!({"parsed": answer.collect::<Map<String, Value>>()}))
}

#[derive(Deserialize)]
struct IntersectRequest<'a> {
    #[serde(borrow)]
    a: Vec<BorrowedText<'a>>,
    #[serde(borrow)]
    b: Vec<BorrowedText<'a>>,
    groups_of: GroupsByUser,
}

/// `intersect`: as `jupyterhub.scopes._intersect_expanded_scopes`.
pub(super) fn intersect(line: &str) -> Result<Value, Error> {
    let request: IntersectRequest = read(line)?;
    let a = ScopeSet::parse_unordered(texts(&request.a))?;
    let b = ScopeSet::parse_unordered(texts(&request.b))?;
    let (common, warned) = match &request.groups_of {
        Some(groups) => scopes::intersect(&a, &b, Some(&lookup(groups))),
        None => scopes::intersect(&a, &b, None),
    };
    Ok(json!({"scopes": common.texts(), "warnings": warnings(&warned)}))
}

#[derive(Deserialize)]
struct HasScopeRequest<'a> {
    #[serde(borrow)]
    scope: BorrowedText<'a>,
    #[serde(borrow)]
    have: Vec<BorrowedText<'a>>,
    post_filter: Option<bool>,
    groups_of: GroupsByUser,
}

/// `has_scope`: as `jupyterhub.scopes.has_scope`.
pub(super) fn has_scope(line: &str) -> Result<Value, Error> {
    let request: HasScopeRequest = read(line)?;
    let have = ScopeSet::parse(texts(&request.have))?;
    let scope = &request.scope.0;
    let post_filter = request.post_filter.unwrap_or(false);
    let result = match &request.groups_of {
        Some(groups) => have.has(scope, post_filter, Some(&lookup(groups))),
        None => have.has(scope, post_filter, None),
    }?;
    Ok(json!({"result": result}))
}

#[derive(Deserialize)]
struct CheckScopesRequest<'a> {
    #[serde(borrow)]
    scopes: Vec<BorrowedText<'a>>,
    custom_scopes: CustomScopes,
}

/// `check_scopes`: as `jupyterhub.scopes._check_scopes_exist`.
///
/// Where that raises, the answer has the error and, as `unknown`, all scopes it would raise for.
pub(super) fn check_scopes(line: &str) -> Result<Value, Error> {
    let request: CheckScopesRequest = read(line)?;
    let (definitions, warned) = define(request.custom_scopes.as_ref())?;
    let mut unknown = Vec::new();
    let mut first_error = None;
    for scope in texts(&request.scopes) {
        if let Err(error) = scopes::check_exists(scope, &definitions) {
            unknown.push(scope);
            first_error.get_or_insert(error);
        }
    }
    let mut answer = Map::from_iter([("unknown".to_owned(), json!(unknown))]);
    if let Some(error) = first_error {
        answer.insert("error".to_owned(), json::error(&error));
    }
    if !warned.is_empty() {
        answer.insert("warnings".to_owned(), warnings(&warned));
    }
    Ok(Value::Object(answer))
}

/// `describe`: each scope in words.
pub(super) fn describe(line: &str) -> Result<Value, Error> {
    let request: CheckScopesRequest = read(line)?;
    let (definitions, _) = define(request.custom_scopes.as_ref())?;
    let described = texts(&request.scopes)
        .map(|scope| json!({"scope": scope, "description": scopes::describe(scope, &definitions)}));
    Ok(json!({"descriptions": described.collect::<Vec<_>>()}))
}

#[derive(Deserialize)]
struct VisitorCheckRequest<'a> {
    #[serde(borrow)]
    required: Vec<BorrowedText<'a>>,
    #[serde(borrow)]
    have: Vec<BorrowedText<'a>>,
}

/// `visitor_check`: as `jupyterhub.services.auth.check_scopes`, which services do.
pub(super) fn visitor_check(line: &str) -> Result<Value, Error> {
    let request: VisitorCheckRequest = read(line)?;
    let (granted, warned) = scopes::check_scopes(texts(&request.required), texts(&request.have))?;
    Ok(json!({"scopes": granted, "warnings": warnings(&warned)}))
}

#[derive(Deserialize)]
struct ShareJson {
    server: String,
    scopes: Vec<String>,
    /// With the group of this name; without it, with the owner.
    group: Option<String>,
}

#[derive(Deserialize)]
struct TokenJson {
    scopes: Vec<String>,
    oauth_client: Option<OauthClientJson>,
}

#[derive(Deserialize)]
struct ResolveRequest {
    owner: OwnerJson,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    load_roles: Vec<Role>,
    #[serde(default)]
    extra_user_scopes: Vec<String>,
    #[serde(default)]
    shares: Vec<ShareJson>,
    token: Option<TokenJson>,
    #[serde(default)]
    groups_of: HashMap<String, Vec<String>>,
    custom_scopes: CustomScopes,
}

/// `resolve`: as `jupyterhub.scopes.get_scopes_for` a user, a service, or a token of theirs.
pub(super) fn resolve(line: &str) -> Result<Value, Error> {
    let request: ResolveRequest = read(line)?;
    let groups_of = lookup(&request.groups_of);
    let (definitions, mut warned) = define(request.custom_scopes.as_ref())?;
    let (roles, role_warnings) =
        Roles::load(request.load_roles, &request.extra_user_scopes, &definitions)?;
    warned.extend(role_warnings);

    let owner = request.owner.owner();
    let (groups, raw_scopes): (&[String], _) = match owner {
        Owner::User(name) => {
            let groups = groups_of(name);
            (groups, roles.of_user(name, request.admin, groups))
        }
        Owner::Service(name) => (&[], roles.of_service(name, request.admin)),
    };
    let mut owner_scopes = OwnerScopes {
        owner,
        raw_scopes,
        shared: Vec::new(),
        shared_with_groups: Vec::new(),
    };
    for share in &request.shares {
        let scopes = scopes::share_scopes(&share.server, share.scopes.iter().map(String::as_str))?;
        match &share.group {
            None => owner_scopes.shared.extend(scopes),
            Some(group) if groups.contains(group) => owner_scopes.shared_with_groups.extend(scopes),
            Some(_) => {}
        }
    }

    let (held, owner_warnings) = match &request.token {
        None => owner_scopes.scopes(&definitions),
        Some(token) => owner_scopes.token_scopes(
            token.scopes.iter().map(String::as_str),
            token.oauth_client.as_ref().map(OauthClientJson::oauth),
            &groups_of,
            &definitions,
        ),
    }?;
    warned.extend(owner_warnings);
    Ok(json!({"scopes": held.texts(), "warnings": warnings(&warned)}))
}
