//! Scopes, indexed: asking for one costs the same whether ten or ten thousand are held.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::text::{empty_filter, owner_of, split, split_filter};
use crate::error::Error;

/// The groups of a user by name; empty for a user who is in none or is not known.
pub type GroupsOf<'g> = dyn Fn(&str) -> &'g [String] + 'g;

/// The number of a name in a [`NameInterner`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NameId(u32);

/// Entity and name of a filter; `None` is no filter.
pub(super) type NamedFilter = Option<(NameId, NameId)>;

/// Hashes the numbers of names by multiplication: a set gives the numbers itself, so nobody can choose
/// numbers that collide.
#[derive(Default)]
struct NameHasher(u64);

type NameHashBuilder = BuildHasherDefault<NameHasher>;

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(byte.into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0.rotate_left(32) ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        // The high bits are the mixed ones, and the table takes the low ones.
        self.0.rotate_left(26)
    }
}

// Every set interns these first, so their numbers are known.
const ENTITIES: [&str; 3] = ["user", "server", "group"];
const USER: NameId = NameId(0);
const SERVER: NameId = NameId(1);
const GROUP: NameId = NameId(2);

/// Numbers the names in a set, in the order in which they come.
#[derive(Debug, Clone, Default)]
struct NameInterner {
    numbers: HashMap<Arc<str>, NameId>,
    texts: Vec<Arc<str>>,
}

impl NameInterner {
    fn intern(&mut self, text: &str) -> NameId {
        if let Some(&name) = self.numbers.get(text) {
            return name;
        }
        let name = NameId(self.texts.len() as u32);
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, name);
        name
    }

    fn find(&self, text: &str) -> Option<NameId> {
        self.numbers.get(text).copied()
    }

    fn text(&self, name: NameId) -> &str {
        self.texts.get(name.0 as usize).map_or("", |text| text)
    }
}

/// What a base scope is held for.
#[derive(Debug, Clone)]
enum Filters {
    /// Everything: it is held without a filter.
    All,
    /// Only these, as (entity, name).
    Only(HashSet<(NameId, NameId), NameHashBuilder>),
}

/// One scope of a set: its base and, if it has a filter, entity and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope<'a> {
    /// The scope without its filter, such as `read:users`.
    pub base: &'a str,
    /// Entity and name of the filter, such as (`user`, `mmuster`).
    pub filter: Option<(&'a str, &'a str)>,
}

impl Scope<'_> {
    /// The scope as one text.
    #[must_use]
    pub fn text(&self) -> String {
        match self.filter {
            None => self.base.to_owned(),
            Some((entity, name)) => [self.base, "!", entity, "=", name].concat(),
        }
    }
}

/// A reduced set of expanded scopes: no duplicates, and no filter where the scope is held without one.
#[derive(Debug, Clone)]
pub struct ScopeSet {
    names: NameInterner,
    bases: HashMap<NameId, Filters, NameHashBuilder>,
    /// The bases to which [`ScopeSet::resolve_groups`] added a filter that was not there before.
    resolved_bases: Vec<NameId>,
}

impl Default for ScopeSet {
    fn default() -> Self {
        let mut names = NameInterner::default();
        for entity in ENTITIES {
            names.intern(entity);
        }
        Self {
            names,
            bases: HashMap::default(),
            resolved_bases: Vec::new(),
        }
    }
}

impl ScopeSet {
    /// Reads expanded scopes from a list; follows `jupyterhub.scopes.parse_scopes`.
    ///
    /// The order matters as it does there: once a scope is held without a filter, its later
    /// filters are not looked at.
    ///
    /// # Errors
    /// `empty-filter` for a filter without a name.
    pub fn parse<'s>(scopes: impl IntoIterator<Item = &'s str>) -> Result<Self, Error> {
        let mut set = Self::default();
        for scope in scopes {
            let (base, filter) = split(scope);
            if !set.insert(base, filter) && !set.holds_all(base) {
                return Err(empty_filter(base, filter));
            }
        }
        Ok(set)
    }

    /// Reads expanded scopes of which no order is known.
    ///
    /// Where the Hub reads a Python set, a filter without a name beside the same scope without a
    /// filter is refused or not as the set's order happens to be. It is always refused here.
    ///
    /// # Errors
    /// `empty-filter` for a filter without a name.
    pub fn parse_unordered<'s>(scopes: impl IntoIterator<Item = &'s str>) -> Result<Self, Error> {
        let mut set = Self::default();
        for scope in scopes {
            let (base, filter) = split(scope);
            if !set.insert(base, filter) {
                return Err(empty_filter(base, filter));
            }
        }
        Ok(set)
    }

    /// Adds one scope; an empty `filter` is none. False, and nothing added, if the filter has no
    /// name.
    pub(super) fn insert(&mut self, base: &str, filter: &str) -> bool {
        let Some(filter) = self.intern_filter(filter) else {
            return false;
        };
        let base = self.intern_base(base);
        self.add(base, filter);
        true
    }

    /// Adds scopes; those whose filter has no name are left out.
    #[cfg(feature = "server")]
    pub(super) fn insert_all(&mut self, scopes: &[String]) {
        for scope in scopes {
            let (base, filter) = split(scope);
            self.insert(base, filter);
        }
    }

    /// Makes room for so many more names.
    pub(super) fn reserve_names(&mut self, count: usize) {
        self.names.numbers.reserve(count);
        self.names.texts.reserve(count);
    }

    /// The name of a base scope, to [`ScopeSet::add`] it.
    pub(super) fn intern_base(&mut self, base: &str) -> NameId {
        self.names.intern(base)
    }

    /// The names of a filter, to [`ScopeSet::add`] it; `None` if it has an entity alone.
    pub(super) fn intern_filter(&mut self, filter: &str) -> Option<NamedFilter> {
        if filter.is_empty() {
            return Some(None);
        }
        match split_filter(filter) {
            (_, "") => None,
            (entity, name) => Some(Some((self.names.intern(entity), self.names.intern(name)))),
        }
    }

    /// Adds one scope.
    pub(super) fn add(&mut self, base: NameId, filter: NamedFilter) {
        let Some(filter) = filter else {
            self.bases.insert(base, Filters::All);
            return;
        };
        let filters = self
            .bases
            .entry(base)
            .or_insert_with(|| Filters::Only(HashSet::default()));
        if let Filters::Only(held) = filters {
            held.insert(filter);
        }
    }

    /// Adds a scope of another set.
    pub(super) fn add_scope(&mut self, scope: &Scope) {
        let base = self.names.intern(scope.base);
        let filter = scope
            .filter
            .map(|(entity, name)| (self.names.intern(entity), self.names.intern(name)));
        self.add(base, filter);
    }

    fn holds_all(&self, base: &str) -> bool {
        matches!(self.filters(base), Some(Filters::All))
    }

    fn filters(&self, base: &str) -> Option<&Filters> {
        self.bases.get(&self.names.find(base)?)
    }

    /// Adds, for each filter by one of these groups, the same filter by `user`. What was added for other
    /// groups before is taken away.
    ///
    /// After that, no check for this user or their servers needs to look up groups.
    pub(super) fn resolve_groups(&mut self, user: &str, groups: &[String]) {
        let user = self.names.intern(user);
        for base in self.resolved_bases.drain(..) {
            if let Some(Filters::Only(held)) = self.bases.get_mut(&base) {
                held.remove(&(USER, user));
            }
        }
        let groups: Vec<NameId> = groups.iter().filter_map(|g| self.names.find(g)).collect();
        for (&base, filters) in &mut self.bases {
            if let Filters::Only(held) = filters
                && groups.iter().any(|&group| held.contains(&(GROUP, group)))
                && held.insert((USER, user))
            {
                self.resolved_bases.push(base);
            }
        }
    }

    /// Whether the set gives access to what `scope` names; follows `jupyterhub.scopes.has_scope`.
    ///
    /// With `post_filter`, holding `scope` for some resources is enough, and `scope` has no filter.
    /// Without `groups_of`, filters by group match nothing but themselves.
    ///
    /// # Errors
    /// `empty-filter` if `scope` has a filter without a name; `filtered-post-filter` if
    /// `post_filter` is asked of a filtered scope that is held for some resources.
    pub fn has(
        &self,
        scope: &str,
        post_filter: bool,
        groups_of: Option<&GroupsOf>,
    ) -> Result<bool, Error> {
        let (base, filter) = split(scope);
        let (entity, name) = split_filter(filter);
        if !entity.is_empty() && name.is_empty() {
            return Err(empty_filter(base, filter));
        }
        Ok(match self.filters(base) {
            None => false,
            Some(Filters::All) => true,
            Some(Filters::Only(_)) if entity.is_empty() => post_filter,
            Some(Filters::Only(_)) if post_filter => {
                return Err(Error::new(
                    "filtered-post-filter",
                    [
                        "`",
                        scope,
                        "` has a filter; post_filter can only be asked of `",
                        base,
                        "`.",
                    ]
                    .concat(),
                ));
            }
            Some(Filters::Only(held)) => self.reaches(held, entity, name, groups_of),
        })
    }

    /// Whether the set gives access to everything that `scope` does.
    pub(super) fn covers(&self, scope: &Scope, groups_of: Option<&GroupsOf>) -> bool {
        match (self.filters(scope.base), scope.filter) {
            (None, _) | (Some(Filters::Only(_)), None) => false,
            (Some(Filters::All), _) => true,
            (Some(Filters::Only(held)), Some((entity, name))) => {
                self.reaches(held, entity, name, groups_of)
            }
        }
    }

    /// Whether the set holds the base of `scope` with filters, and this very filter is not there.
    pub(super) fn lacks_filter(&self, scope: &Scope) -> bool {
        let (Some(Filters::Only(held)), Some((entity, name))) =
            (self.filters(scope.base), scope.filter)
        else {
            return false;
        };
        let find = |text| self.names.find(text);
        !matches!((find(entity), find(name)), (Some(entity), Some(name)) if held.contains(&(entity, name)))
    }

    /// Whether filters reach a resource: by its name, by its owner, or by a group of its owner.
    fn reaches(
        &self,
        held: &HashSet<(NameId, NameId), NameHashBuilder>,
        entity: &str,
        name: &str,
        groups_of: Option<&GroupsOf>,
    ) -> bool {
        let holds = |entity, name: &str| {
            self.names
                .find(name)
                .is_some_and(|name| held.contains(&(entity, name)))
        };
        let Some(entity) = self.names.find(entity) else {
            return false;
        };
        if holds(entity, name) {
            return true;
        }
        let user = match entity {
            USER => name,
            SERVER => owner_of(name),
            _ => return false,
        };
        if entity == SERVER && holds(USER, user) {
            return true;
        }
        groups_of.is_some_and(|groups_of| {
            groups_of(user)
                .iter()
                .any(|group| holds(GROUP, group.as_str()))
        })
    }

    /// All scopes of the set, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = Scope<'_>> {
        self.bases.iter().flat_map(move |(&base, filters)| {
            let base = self.names.text(base);
            let (all, only) = match filters {
                Filters::All => (Some(Scope { base, filter: None }), None),
                Filters::Only(held) => (None, Some(held)),
            };
            let only = only
                .into_iter()
                .flatten()
                .map(move |&(entity, name)| Scope {
                    base,
                    filter: Some((self.names.text(entity), self.names.text(name))),
                });
            all.into_iter().chain(only)
        })
    }

    /// The scopes as sorted texts; follows `jupyterhub.scopes.unparse_scopes`.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.iter().map(|scope| scope.text()).collect();
        texts.sort_unstable();
        texts
    }
}
