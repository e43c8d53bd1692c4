//! Conditions: the grammar, in one place.
//!
//! A new key is a new variant of [`PredicateOf`]: its name and documentation are the key's, and the
//! compiler names every `match` that has to know it.

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use super::entries;
use super::selector::Selector;
use super::template::ScopeTemplate;

/// How deep conditions may nest.
pub const MAX_CONDITION_DEPTH: usize = 50;

/// What must hold about the visitor and, through placeholders, about the card: all of its predicates.
/// Not empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition(pub Vec<Predicate>);

/// One key of a [`Condition`], as a policy has it.
pub type Predicate = PredicateOf<Selector, Selector, Condition>;

/// One key of a condition, with selectors `S`, kernels `K` and conditions `C` as a policy has them or as
/// they are compiled.
#[cfg_attr(feature = "server", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[serde(bound(deserialize = "S: Deserialize<'de>, K: Deserialize<'de>, C: Deserialize<'de>"))]
pub enum PredicateOf<S, K, C> {
    /// The visitor is in such a group.
    Group(S),
    /// The visitor has such a name.
    User(S),
    /// The visitor is a service of the Hub with such a name.
    Service(S),
    /// The visitor holds this scope by the Hub's rules.
    Scope(ScopeTemplate),
    /// At least one such kernel exists and is shown.
    Kernel(K),
    /// The visitor is an admin of the Hub, or is not.
    Admin(bool),
    /// The visitor owns this server, or does not.
    Owner(bool),
    /// Holds always, or never.
    Always(bool),
    /// All of these hold.
    All(
        #[serde(deserialize_with = "at_least_one")]
        #[cfg_attr(feature = "server", schemars(length(min = 1)))]
        Vec<C>,
    ),
    /// One of these holds.
    Any(
        #[serde(deserialize_with = "at_least_one")]
        #[cfg_attr(feature = "server", schemars(length(min = 1)))]
        Vec<C>,
    ),
    /// This does not hold.
    Not(C),
}

/// The most changeable thing that a condition depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    /// The visitor's context alone.
    Context,
    /// Which kernels are shown: which rules are in force, too.
    Kernels,
    /// The card.
    Card,
}

/// Replaces what a predicate consists of.
pub trait PredicateMapper<'p, S, K, C> {
    /// What a selector becomes.
    type Selector;
    /// What a kernel becomes.
    type Kernel;
    /// What a condition becomes.
    type Condition;

    /// Replaces a selector.
    fn selector(&mut self, selector: &'p S) -> Self::Selector;
    /// Replaces a kernel.
    fn kernel(&mut self, kernel: &'p K) -> Self::Kernel;
    /// Replaces a condition.
    fn condition(&mut self, condition: &'p C) -> Self::Condition;
}

#[cfg(feature = "server")]
impl Condition {
    /// Visits its predicates and those within them, in the order in which they are written.
    pub(crate) fn for_each_predicate<'c>(&'c self, visit: &mut impl FnMut(&'c Predicate)) {
        for predicate in &self.0 {
            visit(predicate);
            for part in predicate.conditions() {
                part.for_each_predicate(visit);
            }
        }
    }
}

impl<S, K, C> PredicateOf<S, K, C> {
    /// As policies write it.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Group(_) => "group",
            Self::User(_) => "user",
            Self::Service(_) => "service",
            Self::Scope(_) => "scope",
            Self::Kernel(_) => "kernel",
            Self::Admin(_) => "admin",
            Self::Owner(_) => "owner",
            Self::Always(_) => "always",
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
        }
    }

    /// The conditions within it.
    #[must_use]
    pub fn conditions(&self) -> &[C] {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions,
            Self::Not(condition) => std::slice::from_ref(condition),
            Self::Group(_)
            | Self::User(_)
            | Self::Service(_)
            | Self::Scope(_)
            | Self::Kernel(_)
            | Self::Admin(_)
            | Self::Owner(_)
            | Self::Always(_) => &[],
        }
    }

    /// [`Self::conditions`], to change them.
    pub fn conditions_mut(&mut self) -> &mut [C] {
        match self {
            Self::All(conditions) | Self::Any(conditions) => conditions,
            Self::Not(condition) => std::slice::from_mut(condition),
            Self::Group(_)
            | Self::User(_)
            | Self::Service(_)
            | Self::Scope(_)
            | Self::Kernel(_)
            | Self::Admin(_)
            | Self::Owner(_)
            | Self::Always(_) => &mut [],
        }
    }

    /// What it depends on; `of` says what a condition within it depends on.
    pub fn dependency(&self, of: impl Fn(&C) -> Dependency) -> Dependency {
        match self {
            Self::Group(_)
            | Self::User(_)
            | Self::Service(_)
            | Self::Admin(_)
            | Self::Owner(_)
            | Self::Always(_) => Dependency::Context,
            Self::Scope(scope) if scope.names_card() => Dependency::Card,
            Self::Scope(_) => Dependency::Context,
            Self::Kernel(_) => Dependency::Kernels,
            Self::All(_) | Self::Any(_) | Self::Not(_) => self
                .conditions()
                .iter()
                .map(of)
                .max()
                .unwrap_or(Dependency::Context),
        }
    }

    /// The same predicate of other parts.
    pub fn map<'p, M: PredicateMapper<'p, S, K, C>>(
        &'p self,
        mapper: &mut M,
    ) -> PredicateOf<M::Selector, M::Kernel, M::Condition> {
        let mut all = |conditions: &'p [C]| {
            let conditions = conditions.iter();
            conditions.map(|part| mapper.condition(part)).collect()
        };
        match self {
            Self::All(conditions) => PredicateOf::All(all(conditions)),
            Self::Any(conditions) => PredicateOf::Any(all(conditions)),
            Self::Not(condition) => PredicateOf::Not(mapper.condition(condition)),
            Self::Group(selector) => PredicateOf::Group(mapper.selector(selector)),
            Self::User(selector) => PredicateOf::User(mapper.selector(selector)),
            Self::Service(selector) => PredicateOf::Service(mapper.selector(selector)),
            Self::Scope(scope) => PredicateOf::Scope(scope.clone()),
            Self::Kernel(kernel) => PredicateOf::Kernel(mapper.kernel(kernel)),
            Self::Admin(wanted) => PredicateOf::Admin(*wanted),
            Self::Owner(wanted) => PredicateOf::Owner(*wanted),
            Self::Always(wanted) => PredicateOf::Always(*wanted),
        }
    }
}

impl Condition {
    /// 1 for a condition without conditions in it, and so on.
    fn depth(&self) -> usize {
        let within = self.0.iter().flat_map(Predicate::conditions);
        1 + within.map(Self::depth).max().unwrap_or(0)
    }
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let condition = Self(entries::read(
            deserializer,
            "a condition, such as {group: NAME}",
        )?);
        if condition.0.is_empty() {
            return Err(D::Error::custom(
                "a condition is empty: write {always: true} or {always: false}",
            ));
        }
        if condition.depth() > MAX_CONDITION_DEPTH {
            return Err(D::Error::custom(
                "conditions nest more than 50 deep: write them flatter",
            ));
        }
        Ok(condition)
    }
}

fn at_least_one<'de, D, C>(deserializer: D) -> Result<Vec<C>, D::Error>
where
    D: Deserializer<'de>,
    C: Deserialize<'de>,
{
    let conditions: Vec<C> = Vec::deserialize(deserializer)?;
    if conditions.is_empty() {
        return Err(D::Error::custom(
            "a list of conditions is empty: write at least one",
        ));
    }
    Ok(conditions)
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        entries::write(&self.0, serializer)
    }
}

#[cfg(feature = "server")]
impl schemars::JsonSchema for Condition {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Condition".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        entries::schema::<Predicate>(generator, "What must hold; several keys mean all of them.")
    }
}
