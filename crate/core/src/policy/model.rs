//! The policy file as data: exactly what an admin writes, read strictly.
//!
//! What deserializes can be decided on: every glob compiles, every time has a zone, no condition is
//! empty or nests deeper than [`MAX_DEPTH`]. What can only be judged over the whole file (duplicate ids,
//! scopes that do not exist, cycles) is for lint.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::glob::Glob;
use super::time::{Moment, Span};
use crate::error::Error;

/// How deep conditions may nest.
pub const MAX_DEPTH: usize = 50;

/// A whole policy file.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Of the language; this is version 1.
    pub version: Version,
    /// What happens to a card that no rule has a say on.
    #[serde(default)]
    pub default: Visibility,
    /// What happens to a governed card where there is no Hub.
    #[serde(default)]
    pub no_hub: Visibility,
    /// How old the facts of a visible launcher may get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Span>,
    /// How long the last good facts serve while the Hub is out of reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_stale: Option<Span>,
    /// Scopes for users and groups, the same entries as `JupyterHub.load_roles`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// The same entries as `JupyterHub.custom_scopes`.
    #[serde(default, skip_serializing_if = "Entries::is_empty")]
    pub custom_scopes: Entries<CustomScope>,
    /// Tags for cards that carry none of their own: tag to what it is put on.
    #[serde(default, skip_serializing_if = "Entries::is_empty")]
    pub tags: Entries<Tagging>,
    /// Where a class kernel's search path is: kernelspec name to directory.
    #[cfg(feature = "files")]
    #[serde(default, skip_serializing_if = "Entries::is_empty")]
    pub kernels: Entries<String>,
    /// Cards this policy adds to the launcher.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<PolicyCard>,
    /// Who sees which card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// Which servers the Hub shares with whom.
    #[cfg(feature = "files")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Grant>,
    /// Who may read the whole policy and preview the launcher as somebody else.
    #[cfg(feature = "files")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview: Option<Condition>,
}

/// The version of the policy language: 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

/// Shown or hidden.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// In the launcher.
    #[default]
    Show,
    /// Not in the launcher.
    Hide,
}

/// A role: scopes for users, members of groups, and services.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name at the Hub.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it grants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Names of users who have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<String>,
    /// Names of groups whose members have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Names of services that have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
}

/// A scope that this deployment defines.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "files", schemars(extend("required" = ["description"])))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomScope {
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Scopes that it implies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscopes: Vec<String>,
}

/// A card that the policy adds to the launcher: for a Hub service, or for each of some servers.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyCard {
    /// Unique among the policy's cards.
    pub id: String,
    /// On the card; without one, the name of the service or server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Tooltip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The launcher section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// A file or URL path of the icon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The Hub service that it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// One card for each server `owner/name` that the visitor may open and this selects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Selector>,
    /// Path below the service or server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Tags for rules to match.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Order within its category: smaller comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<f64>,
    /// A browser tab, or a tab within JupyterLab.
    #[serde(default)]
    pub open_in: OpenIn,
}

/// Where a card's page opens.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpenIn {
    /// A tab of the browser.
    #[default]
    Tab,
    /// A tab within JupyterLab.
    Lab,
}

/// Who sees the cards that it matches.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Unique among the rules; decisions name it.
    pub id: String,
    /// The cards it governs.
    #[serde(rename = "match")]
    pub matches: Match,
    /// Its cards are shown if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_when: Option<Condition>,
    /// Its cards are hidden if this holds, whatever other rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hide_when: Option<Condition>,
    /// The rule is in force from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// The rule is no longer in force from here on; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
    /// Whom to ask: a mail address or a URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// What to tell those from whom it hides a card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Servers that the Hub shares with some users.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Unique among the grants; records of shares name it.
    pub id: String,
    /// Who may open the servers.
    pub to: Recipients,
    /// Which named servers; default servers are never among them.
    pub servers: ServerSet,
    /// Shared from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Moment>,
    /// No longer shared from here on; a date includes its whole day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// Users by name, or by the groups they are in: either is enough.
#[cfg_attr(feature = "files", derive(schemars::JsonSchema))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipients {
    /// Members of any of these groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Selector>,
    /// Users with these names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Selector>,
}

/// Servers by `owner/name`, narrowed to those with one of some tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSet {
    /// By name; everything where the policy only writes `tags`.
    pub names: Selector,
    /// If not empty, only servers with a tag that one of these matches.
    pub tags: Vec<Pattern>,
}

/// A checked glob, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// Checks a glob.
    ///
    /// # Errors
    /// `bad-glob`, as [`Glob::new`].
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        Glob::new(&text, false)?;
        Ok(Self(text))
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Chooses texts: matched by one of `include` and by none of `except`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Alternatives.
    pub include: Vec<Pattern>,
    /// Exceptions.
    pub except: Vec<Pattern>,
}

/// What a selector looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
pub enum Key {
    /// A kernel card's kernelspec name, without case.
    Kernel,
    /// A proxy card's entry.
    Proxy,
    /// A service card's service.
    Service,
    /// A server card's `owner/name`.
    Server,
    /// A command card's command.
    Command,
    /// Any card's category.
    Category,
    /// Any of a card's tags.
    Tag,
}

impl Key {
    /// As policies write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Proxy => "proxy",
            Self::Service => "service",
            Self::Server => "server",
            Self::Command => "command",
            Self::Category => "category",
            Self::Tag => "tag",
        }
    }
}

/// The cards that a rule governs: those that one of the selectors matches. Not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match(pub Vec<(Key, Selector)>);

/// The cards that a tag is put on: as [`Match`], but without `tag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tagging(pub Match);

/// A question about the visitor and, through placeholders, about the card. All of its tests must hold.
/// Not empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition(pub Vec<Test>);

/// One key of a [`Condition`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Test {
    /// The visitor is in a group that this selects.
    Group(Selector),
    /// This selects the visitor's name.
    User(Selector),
    /// The visitor holds this scope.
    Scope(Scope),
    /// This kernel exists and its card is shown.
    Kernel(String),
    /// The visitor is (not) a Hub admin.
    Admin(bool),
    /// The visitor owns (does not own) the server.
    Owner(bool),
    /// As it says.
    Always(bool),
    /// All of them hold. Not empty.
    All(Vec<Condition>),
    /// At least one of them holds. Not empty.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
}

impl Test {
    /// As policies write it.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::Group(_) => "group",
            Self::User(_) => "user",
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
}

/// A Hub scope, in which `{name}` and `{owner}` stand for the card's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    text: String,
    /// The text before each placeholder, with the placeholder.
    parts: Vec<(String, Placeholder)>,
    /// What follows the last placeholder.
    rest: String,
}

/// What a [`Scope`] takes from the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placeholder {
    /// `{name}`
    Name,
    /// `{owner}`
    Owner,
}

impl Scope {
    /// Reads the placeholders; whether the scope exists is for lint.
    ///
    /// # Errors
    /// `bad-placeholder` for a brace that is not part of `{name}` or `{owner}`.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let mut parts = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            let (placeholder, behind) = if let Some(behind) = behind.strip_prefix("name}") {
                (Placeholder::Name, behind)
            } else if let Some(behind) = behind.strip_prefix("owner}") {
                (Placeholder::Owner, behind)
            } else {
                return Err(bad_placeholder());
            };
            parts.push((before.to_owned(), placeholder));
            rest = behind;
        }
        if text.matches('}').count() != parts.len() {
            return Err(bad_placeholder());
        }
        let rest = rest.to_owned();
        Ok(Self { text, parts, rest })
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Does it depend on the card?
    #[must_use]
    pub fn has_placeholders(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Does it depend on the card's owner?
    #[must_use]
    pub fn names_owner(&self) -> bool {
        self.parts
            .iter()
            .any(|(_, placeholder)| *placeholder == Placeholder::Owner)
    }

    /// The scope for a card.
    #[must_use]
    pub fn fill(&self, name: &str, owner: &str) -> String {
        let mut out = String::with_capacity(self.text.len() + name.len() + owner.len());
        for (before, placeholder) in &self.parts {
            out.push_str(before);
            out.push_str(match placeholder {
                Placeholder::Name => name,
                Placeholder::Owner => owner,
            });
        }
        out.push_str(&self.rest);
        out
    }
}

fn bad_placeholder() -> Error {
    Error::new(
        "bad-placeholder",
        "a scope has a brace that is no placeholder: write {name} or {owner}, which stand for the card's",
    )
}

/// A mapping in the order of the file; a name that comes twice is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Entries<T> {
    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

// From here on: reading and writing. Visitors are written by hand where a derived one (`untagged`)
// would buffer its input, which is large in WebAssembly and says nothing useful about a mistake.

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                refuse_duplicates(
                    &mut entries.iter().map(|(name, _): &(String, T)| name.as_str()),
                )?;
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor(PhantomData))
    }
}

fn refuse_duplicates<E: de::Error>(names: &mut dyn Iterator<Item = &str>) -> Result<(), E> {
    let mut sorted: Vec<&str> = names.collect();
    sorted.sort_unstable();
    let mut behind = sorted.iter().skip(1);
    match sorted.iter().find(|name| Some(*name) == behind.next()) {
        Some(name) => Err(E::custom(["duplicate key “", name, "”"].concat())),
        None => Ok(()),
    }
}

impl<T: Serialize> Serialize for Entries<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            _ => Err(D::Error::custom(
                "this version of the policy language is unknown: write version: 1",
            )),
        }
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpanVisitor;
        impl SpanVisitor {
            fn seconds<E: de::Error>(seconds: f64) -> Result<Span, E> {
                Span::from_seconds(seconds).ok_or_else(|| {
                    E::custom("a duration must be between 0 and 366 days: write 15s, for example")
                })
            }
        }
        impl Visitor<'_> for SpanVisitor {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 15s, 10m or 2h, or a number of seconds")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                Span::parse(text).map_err(E::custom)
            }
            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
                Self::seconds(seconds as f64)
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
                Self::seconds(seconds as f64)
            }
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Span, E> {
                Self::seconds(seconds)
            }
        }
        deserializer.deserialize_any(SpanVisitor)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.ms() {
            ms if ms % 1_000 == 0 => serializer.collect_str(&format_args!("{}s", ms / 1_000)),
            ms => serializer.collect_str(&format_args!("{ms}ms")),
        }
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Tagging {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let matches = Match::deserialize(deserializer)?;
        if matches.0.iter().any(|(key, _)| *key == Key::Tag) {
            return Err(D::Error::custom(
                "a tag cannot be put on cards by their tags: write kernel, proxy, service, server, command or category",
            ));
        }
        Ok(Self(matches))
    }
}

impl<'de> Deserialize<'de> for Match {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MatchVisitor;
        impl<'de> Visitor<'de> for MatchVisitor {
            type Value = Match;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a mapping with kernel, proxy, service, server, command, category or tag",
                )
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Match, A::Error> {
                let mut alternatives: Vec<(Key, Selector)> = Vec::new();
                while let Some(key) = map.next_key::<Key>()? {
                    if alternatives.iter().any(|(earlier, _)| *earlier == key) {
                        return Err(A::Error::duplicate_field(key.as_str()));
                    }
                    alternatives.push((key, map.next_value()?));
                }
                if alternatives.is_empty() {
                    return Err(A::Error::custom(
                        "an empty match governs nothing: write kernel: NAME, for example",
                    ));
                }
                Ok(Match(alternatives))
            }
        }
        deserializer.deserialize_map(MatchVisitor)
    }
}

impl Serialize for Match {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .iter()
                .map(|(key, selector)| (key.as_str(), selector)),
        )
    }
}

/// `include`, `except` and, for servers of a grant only, `tags`.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum SelectorKey {
    Include,
    Except,
    Tags,
}

/// Reads a selector, or a set of servers: a glob, a list of globs, or a mapping.
struct SelectorVisitor {
    with_tags: bool,
}

impl<'de> Visitor<'de> for SelectorVisitor {
    type Value = ServerSet;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a glob, a list of globs, or {include, except}")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<ServerSet, E> {
        let include = vec![Pattern::new(text).map_err(E::custom)?];
        Ok(ServerSet {
            names: Selector {
                include,
                except: Vec::new(),
            },
            tags: Vec::new(),
        })
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<ServerSet, A::Error> {
        let include = PatternsVisitor.visit_seq(seq)?;
        Ok(ServerSet {
            names: Selector {
                include,
                except: Vec::new(),
            },
            tags: Vec::new(),
        })
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ServerSet, A::Error> {
        let (mut include, mut except, mut tags) = (None, None, None);
        while let Some(key) = map.next_key()? {
            let (name, slot) = match key {
                SelectorKey::Include => ("include", &mut include),
                SelectorKey::Except => ("except", &mut except),
                SelectorKey::Tags if self.with_tags => ("tags", &mut tags),
                SelectorKey::Tags => {
                    return Err(A::Error::unknown_field("tags", &["include", "except"]));
                }
            };
            if slot.is_some() {
                return Err(A::Error::duplicate_field(name));
            }
            *slot = Some(map.next_value::<Patterns>()?.0);
        }
        let include = match include {
            Some(include) => include,
            None if tags.is_some() => vec![Pattern("**".to_owned())],
            None => {
                return Err(A::Error::custom(
                    "include is missing: write include: \"**\" for everything",
                ));
            }
        };
        let except = except.unwrap_or_default();
        Ok(ServerSet {
            names: Selector { include, except },
            tags: tags.unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = SelectorVisitor { with_tags: false };
        deserializer.deserialize_any(visitor).map(|set| set.names)
    }
}

impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.include.as_slice(), self.except.as_slice()) {
            ([one], []) => one.serialize(serializer),
            (many, []) => many.serialize(serializer),
            (include, except) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("include", include)?;
                map.serialize_entry("except", except)?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for ServerSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SelectorVisitor { with_tags: true })
    }
}

impl Serialize for ServerSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.tags.is_empty() {
            return self.names.serialize(serializer);
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("include", &self.names.include)?;
        map.serialize_entry("except", &self.names.except)?;
        map.serialize_entry("tags", &self.tags)?;
        map.end()
    }
}

/// One glob or a list of them.
struct Patterns(Vec<Pattern>);

struct PatternsVisitor;

impl<'de> Visitor<'de> for PatternsVisitor {
    type Value = Vec<Pattern>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a glob or a list of globs")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(vec![Pattern::new(text).map_err(E::custom)?])
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut patterns = Vec::new();
        while let Some(pattern) = seq.next_element()? {
            patterns.push(pattern);
        }
        Ok(patterns)
    }
}

impl<'de> Deserialize<'de> for Patterns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PatternsVisitor).map(Self)
    }
}

#[derive(Deserialize, PartialEq, Clone, Copy)]
#[serde(field_identifier, rename_all = "lowercase")]
enum TestKey {
    Group,
    User,
    Scope,
    Kernel,
    Admin,
    Owner,
    Always,
    All,
    Any,
    Not,
}

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ConditionAt { depth: 0 }.deserialize(deserializer)
    }
}

/// Reads a condition that is so many conditions deep.
#[derive(Clone, Copy)]
struct ConditionAt {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for ConditionAt {
    type Value = Condition;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Condition, D::Error> {
        if self.depth >= MAX_DEPTH {
            return Err(D::Error::custom(
                "conditions nest more than 50 deep: write them flatter",
            ));
        }
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ConditionAt {
    type Value = Condition;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition, such as {group: NAME}")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let deeper = Self {
            depth: self.depth + 1,
        };
        let mut tests: Vec<Test> = Vec::new();
        let mut seen: Vec<TestKey> = Vec::new();
        while let Some(key) = map.next_key::<TestKey>()? {
            let test = match key {
                TestKey::Group => Test::Group(map.next_value()?),
                TestKey::User => Test::User(map.next_value()?),
                TestKey::Scope => Test::Scope(map.next_value()?),
                TestKey::Kernel => Test::Kernel(map.next_value()?),
                TestKey::Admin => Test::Admin(map.next_value()?),
                TestKey::Owner => Test::Owner(map.next_value()?),
                TestKey::Always => Test::Always(map.next_value()?),
                TestKey::All => Test::All(map.next_value_seed(ConditionsAt(deeper))?),
                TestKey::Any => Test::Any(map.next_value_seed(ConditionsAt(deeper))?),
                TestKey::Not => Test::Not(Box::new(map.next_value_seed(deeper)?)),
            };
            if seen.contains(&key) {
                return Err(A::Error::duplicate_field(test.key()));
            }
            seen.push(key);
            tests.push(test);
        }
        if tests.is_empty() {
            return Err(A::Error::custom(
                "a condition is empty: write {always: true} or {always: false}",
            ));
        }
        Ok(Condition(tests))
    }
}

/// Reads a list of conditions.
struct ConditionsAt(ConditionAt);

impl<'de> DeserializeSeed<'de> for ConditionsAt {
    type Value = Vec<Condition>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ConditionsAt {
    type Value = Vec<Condition>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of conditions")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut conditions = Vec::new();
        while let Some(condition) = seq.next_element_seed(self.0)? {
            conditions.push(condition);
        }
        if conditions.is_empty() {
            return Err(A::Error::custom(
                "a list of conditions is empty: write at least one",
            ));
        }
        Ok(conditions)
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for test in &self.0 {
            let key = test.key();
            match test {
                Test::Group(selector) | Test::User(selector) => {
                    map.serialize_entry(key, selector)?
                }
                Test::Scope(scope) => map.serialize_entry(key, scope)?,
                Test::Kernel(name) => map.serialize_entry(key, name)?,
                Test::Admin(wanted) | Test::Owner(wanted) | Test::Always(wanted) => {
                    map.serialize_entry(key, wanted)?
                }
                Test::All(conditions) | Test::Any(conditions) => {
                    map.serialize_entry(key, conditions)?
                }
                Test::Not(condition) => map.serialize_entry(key, condition)?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
#[cfg(feature = "files")]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json, to_value};

    fn refusal<T: for<'de> Deserialize<'de> + fmt::Debug>(value: Value) -> String {
        from_value::<T>(value).unwrap_err().to_string()
    }

    #[test]
    fn a_whole_policy_survives_reading_and_writing() {
        let written = json!({
            "version": 1, "default": "show", "no_hub": "hide", "refresh": "15s", "max_stale": "1500ms",
            "roles": [{"name": "r", "description": "d", "scopes": ["self"], "users": ["a"], "groups": ["g"], "services": ["s"]}],
            "custom_scopes": {"custom:z": {"description": "z"}, "custom:a": {"subscopes": ["custom:z"]}},
            "tags": {"exam": {"kernel": "e*", "category": ["x", "y"]}},
            "kernels": {"K": "/srv/k"},
            "cards": [{"id": "c", "title": "t", "category": "c", "icon": "i.svg", "service": "s", "rank": 1.5, "open_in": "lab"},
                      {"id": "d", "servers": "*/dash-*", "open_in": "tab"}],
            "rules": [{"id": "r", "match": {"kernel": "K*", "server": {"include": ["*/dash-*"], "except": ["*/"]}, "tag": "exam"},
                       "show_when": {"group": "g", "all": [{"user": ["a", "b"]}, {"not": {"scope": "access:servers!server={owner}/{name}"}}]},
                       "hide_when": {"any": [{"kernel": "K"}, {"admin": true}, {"owner": false}, {"always": false}]},
                       "from": "2026-12-01", "until": "2026-12-01T12:00:00Z", "contact": "a@b.c", "message": "m"}],
            "grants": [{"id": "g", "to": {"groups": ["default"], "users": "x"},
                        "servers": {"include": ["*/dash-*"], "except": ["*/dash-private-*"], "tags": ["dashboard"]}, "until": "2027-02-28"},
                       {"id": "h", "to": {"groups": "g"}, "servers": "*/x"}],
            "preview": {"admin": true},
        });
        let document: Document = from_value(written.clone()).unwrap();
        let mut expected = written;
        expected["grants"][0]["to"]["groups"] = json!("default");
        assert_eq!(to_value(&document).unwrap(), expected);
        assert_eq!(from_value::<Document>(expected).unwrap(), document);
    }

    #[test]
    fn refuses_with_a_reason() {
        for (value, reason) in [
            (json!({}), "missing field `version`"),
            (json!({"version": 2}), "version: 1"),
            (json!({"version": 1, "rulez": []}), "unknown field `rulez`"),
            (
                json!({"version": 1, "default": "maybe"}),
                "unknown variant `maybe`",
            ),
            (json!({"version": 1, "refresh": "15 parsecs"}), "15s"),
            (json!({"version": 1, "refresh": -1}), "15s"),
            (
                json!({"version": 1, "tags": {"t": {"tag": "u"}}}),
                "by their tags",
            ),
            (
                json!({"version": 1, "rules": [{"id": "r"}]}),
                "missing field `match`",
            ),
        ] {
            let message = refusal::<Document>(value);
            assert!(message.contains(reason), "{message}");
        }
        for (value, reason) in [
            (json!({}), "empty match"),
            (json!({"kernal": "x"}), "unknown field `kernal`"),
            (
                json!({"kernel": 5}),
                "a glob, a list of globs, or {include, except}",
            ),
            (json!({"kernel": "[a"}), "without its ]"),
            (json!({"kernel": {"except": "x"}}), "include is missing"),
            (
                json!({"kernel": {"include": "x", "tags": "t"}}),
                "unknown field `tags`",
            ),
        ] {
            let message = refusal::<Match>(value);
            assert!(message.contains(reason), "{message}");
        }
        for (value, reason) in [
            (json!({}), "a condition is empty"),
            (json!({"all": []}), "list of conditions is empty"),
            (json!({"not": {}}), "a condition is empty"),
            (json!({"grup": "x"}), "unknown field `grup`"),
            (json!({"admin": "yes"}), "expected a boolean"),
            (json!({"scope": "x!user={nme}"}), "{name} or {owner}"),
            (json!({"scope": "x}"}), "{name} or {owner}"),
            (json!("always"), "a condition, such as {group: NAME}"),
        ] {
            let message = refusal::<Condition>(value);
            assert!(message.contains(reason), "{message}");
        }
    }

    #[test]
    fn refuses_duplicate_keys() {
        for (text, key) in [
            (r#"{"version": 1, "version": 1}"#, "version"),
            (
                r#"{"version": 1, "tags": {"a": {"kernel": "x"}, "b": {"kernel": "x"}, "a": {"kernel": "y"}}}"#,
                "a",
            ),
            (
                r#"{"version": 1, "rules": [{"id": "r", "match": {"kernel": "x", "kernel": "y"}}]}"#,
                "kernel",
            ),
            (
                r#"{"version": 1, "preview": {"group": "x", "group": "y"}}"#,
                "group",
            ),
        ] {
            let message = serde_json::from_str::<Document>(text)
                .unwrap_err()
                .to_string();
            assert!(
                message.contains("duplicate") && message.contains(key),
                "{message}"
            );
        }
    }

    #[test]
    fn refuses_deep_nesting() {
        let nested = |depth: usize| {
            let text = r#"{"not":"#.repeat(depth) + r#"{"admin":true}"# + &"}".repeat(depth);
            serde_json::from_str::<Condition>(&text)
        };
        assert!(nested(MAX_DEPTH - 1).is_ok());
        assert!(
            nested(MAX_DEPTH)
                .unwrap_err()
                .to_string()
                .contains("50 deep")
        );
    }

    #[test]
    fn scopes_are_filled() {
        let scope = Scope::new("access:servers!server={owner}/{name}").unwrap();
        assert_eq!(
            scope.fill("dash-1", "profx"),
            "access:servers!server=profx/dash-1"
        );
        assert!(scope.has_placeholders() && scope.names_owner());
        let plain = Scope::new("list:users").unwrap();
        assert_eq!(plain.fill("x", "y"), "list:users");
        assert!(!plain.has_placeholders() && !plain.names_owner());
    }
}
