//! Reads JavaScript objects into the engine's types.
//!
//! By hand: what serde derives for these types, and the error messages that it brings along, would be a
//! third of the WebAssembly file. The server has read the same document with the derived reader and checked
//! it, so this one only has to be strict: what it does not know, it refuses. It cannot fall behind the types
//! either, because it fills in each of their fields.

use js_sys::{Array, Object, Reflect};
use scoped_launcher_core::policy::facts::{Card, Context, Kernelspec, Kind, Server};
use scoped_launcher_core::policy::model::{
    Condition, CustomScope, Document, Entries, Key, MAX_DEPTH, Match, OpenIn, Pattern, PolicyCard,
    Role, Rule, Scope, Selector, Tagging, Test, Version, Visibility,
};
use scoped_launcher_core::policy::time::{Moment, Span};
use wasm_bindgen::{JsCast, JsValue};

/// What does not fit: the key, and what should be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// The nearest key.
    pub key: &'static str,
    /// What its value should be.
    pub wanted: &'static str,
}

impl Unfit {
    /// For people.
    pub fn sentence(self) -> String {
        ["`", self.key, "` should be ", self.wanted].concat()
    }
}

type Read<T> = Result<T, Unfit>;

/// The value of one key. `null` and an absent key are the same.
pub struct Field {
    key: &'static str,
    value: JsValue,
}

impl Field {
    /// A value that is not in an object; `key` names it in errors.
    pub fn new(key: &'static str, value: JsValue) -> Self {
        Self { key, value }
    }

    fn unfit<T>(&self, wanted: &'static str) -> Read<T> {
        Err(Unfit {
            key: self.key,
            wanted,
        })
    }

    fn is_absent(&self) -> bool {
        self.value.is_null() || self.value.is_undefined()
    }

    /// The same field, if it is there.
    pub fn optional(self) -> Option<Self> {
        (!self.is_absent()).then_some(self)
    }

    /// A field of this object.
    pub fn get(&self, key: &'static str) -> Self {
        // What is no object has no fields.
        let value = Reflect::get(&self.value, &JsValue::from_str(key));
        Self::new(key, value.unwrap_or(JsValue::UNDEFINED))
    }

    /// The whole text.
    pub fn text(&self) -> Read<String> {
        match self.value.as_string() {
            Some(text) => Ok(text),
            None => self.unfit("a text"),
        }
    }

    /// True or false.
    pub fn flag(&self) -> Read<bool> {
        match self.value.as_bool() {
            Some(flag) => Ok(flag),
            None => self.unfit("true or false"),
        }
    }

    /// A number.
    pub fn number(&self) -> Read<f64> {
        match self.value.as_f64() {
            Some(number) => Ok(number),
            None => self.unfit("a number"),
        }
    }

    /// The items of a list.
    pub fn list(&self) -> Read<Vec<Field>> {
        match self.value.dyn_ref::<Array>() {
            Some(list) => Ok(list.iter().map(|item| Self::new(self.key, item)).collect()),
            None => self.unfit("a list"),
        }
    }

    /// The items of a list; none if it is absent.
    fn list_if_any(&self) -> Read<Vec<Field>> {
        if self.is_absent() {
            Ok(Vec::new())
        } else {
            self.list()
        }
    }

    /// A list of texts.
    pub fn texts(&self) -> Read<Vec<String>> {
        self.list()?.iter().map(Self::text).collect()
    }

    /// A list of texts; empty if it is absent.
    pub fn texts_if_any(&self) -> Read<Vec<String>> {
        self.list_if_any()?.iter().map(Self::text).collect()
    }

    /// The whole text, if it is there.
    pub fn text_if_any(&self) -> Read<Option<String>> {
        if self.is_absent() {
            Ok(None)
        } else {
            self.text().map(Some)
        }
    }

    /// The keys and values of an object; none if it is absent.
    fn entries(&self) -> Read<Vec<(String, Field)>> {
        if self.is_absent() {
            return Ok(Vec::new());
        }
        let Some(object) = self.value.dyn_ref::<Object>() else {
            return self.unfit("an object");
        };
        let entries = Object::entries(object).into_iter().map(|entry| {
            let entry: Array = entry.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            (name, Self::new(self.key, entry.get(1)))
        });
        Ok(entries.collect())
    }

    /// Refuses an object with other keys than these: they may mean more than is known here.
    fn only(&self, keys: &[&str]) -> Read<()> {
        for (name, _) in self.entries()? {
            if !keys.contains(&name.as_str()) {
                return self
                    .unfit("without the keys that this version does not know: reload the page");
            }
        }
        Ok(())
    }
}

/// A policy, as the server reduces it for a visitor.
///
/// # Errors
/// The first thing that does not fit.
pub fn document(from: &Field) -> Read<Document> {
    from.only(&[
        "version",
        "default",
        "no_hub",
        "refresh",
        "max_stale",
        "roles",
        "custom_scopes",
        "tags",
        "cards",
        "rules",
    ])?;
    let version = from.get("version");
    if version.value.as_f64() != Some(1.0) {
        return version.unfit("1: reload the page");
    }
    Ok(Document {
        version: Version,
        default: visibility(&from.get("default"))?,
        no_hub: visibility(&from.get("no_hub"))?,
        refresh: span(&from.get("refresh"))?,
        max_stale: span(&from.get("max_stale"))?,
        roles: all(&from.get("roles"), role)?,
        custom_scopes: named(&from.get("custom_scopes"), custom_scope)?,
        tags: named(&from.get("tags"), |from| matches(from, false).map(Tagging))?,
        cards: all(&from.get("cards"), policy_card)?,
        rules: all(&from.get("rules"), rule)?,
    })
}

/// The visitor's facts. All that could open a card by being absent must be there: a rule that hides from a
/// group shows its cards to a visitor without groups.
///
/// # Errors
/// The first thing that does not fit.
pub fn context(from: &Field) -> Read<Context> {
    Ok(Context {
        hub: from.get("hub").flag()?,
        user: from.get("user").text()?,
        admin: from.get("admin").flag()?,
        groups: from.get("groups").texts()?,
        scopes: from.get("scopes").texts()?,
        shares: from.get("shares").texts()?,
        server: match from.get("server").optional() {
            Some(server) => Some(Server {
                owner: server.get("owner").text()?,
                name: server.get("name").text()?,
            }),
            None => None,
        },
        now: None,
    })
}

/// The cards of a launcher.
///
/// # Errors
/// The first thing that does not fit.
pub fn cards(from: &Field) -> Read<Vec<Card>> {
    all(from, |from| {
        let kind = from.get("kind");
        Ok(Card {
            id: from.get("id").text()?,
            kind: match kind.text()?.as_str() {
                "kernel" => Kind::Kernel,
                "proxy" => Kind::Proxy,
                "service" => Kind::Service,
                "server" => Kind::Server,
                "command" => Kind::Command,
                _ => return kind.unfit("a kind of card"),
            },
            name: from.get("name").text_if_any()?.unwrap_or_default(),
            owner: from.get("owner").text_if_any()?,
            category: from.get("category").text_if_any()?,
            command: from.get("command").text_if_any()?,
            tags: from.get("tags").texts_if_any()?,
        })
    })
}

/// The kernels that exist.
///
/// # Errors
/// The first thing that does not fit.
pub fn kernelspecs(from: &Field) -> Read<Vec<Kernelspec>> {
    all(from, |from| {
        Ok(Kernelspec {
            name: from.get("name").text()?,
            tags: from.get("tags").texts_if_any()?,
        })
    })
}

/// Each item of a list; nothing if it is absent.
fn all<T>(from: &Field, read: impl Fn(&Field) -> Read<T>) -> Read<Vec<T>> {
    from.list_if_any()?.iter().map(read).collect()
}

/// Each value of an object, with its key; nothing if it is absent.
fn named<T>(from: &Field, read: impl Fn(&Field) -> Read<T>) -> Read<Entries<T>> {
    let mut entries = Vec::new();
    for (name, value) in from.entries()? {
        entries.push((name, read(&value)?));
    }
    Ok(Entries(entries))
}

fn role(from: &Field) -> Read<Role> {
    Ok(Role {
        name: from.get("name").text()?,
        description: None,
        scopes: from.get("scopes").texts_if_any()?,
        users: from.get("users").texts_if_any()?,
        groups: from.get("groups").texts_if_any()?,
        services: Vec::new(),
    })
}

fn custom_scope(from: &Field) -> Read<CustomScope> {
    Ok(CustomScope {
        description: None,
        subscopes: from.get("subscopes").texts_if_any()?,
    })
}

fn policy_card(from: &Field) -> Read<PolicyCard> {
    let open_in = from.get("open_in");
    Ok(PolicyCard {
        id: from.get("id").text()?,
        title: from.get("title").text_if_any()?,
        description: from.get("description").text_if_any()?,
        category: from.get("category").text_if_any()?,
        icon: from.get("icon").text_if_any()?,
        service: from.get("service").text_if_any()?,
        servers: match from.get("servers").optional() {
            Some(servers) => Some(selector(&servers)?),
            None => None,
        },
        path: from.get("path").text_if_any()?,
        tags: from.get("tags").texts_if_any()?,
        rank: match from.get("rank").optional() {
            Some(rank) => Some(rank.number()?),
            None => None,
        },
        open_in: match open_in.text_if_any()?.as_deref() {
            None | Some("tab") => OpenIn::Tab,
            Some("lab") => OpenIn::Lab,
            Some(_) => return open_in.unfit("`tab` or `lab`"),
        },
    })
}

fn rule(from: &Field) -> Read<Rule> {
    from.only(&[
        "id",
        "match",
        "show_when",
        "hide_when",
        "from",
        "until",
        "contact",
        "message",
    ])?;
    Ok(Rule {
        id: from.get("id").text()?,
        matches: matches(&from.get("match"), true)?,
        show_when: condition_if_any(&from.get("show_when"))?,
        hide_when: condition_if_any(&from.get("hide_when"))?,
        from: moment(&from.get("from"))?,
        until: moment(&from.get("until"))?,
        contact: from.get("contact").text_if_any()?,
        message: from.get("message").text_if_any()?,
    })
}

fn matches(from: &Field, with_tags: bool) -> Read<Match> {
    let mut keys = Vec::new();
    for (name, value) in from.entries()? {
        let key = match name.as_str() {
            "kernel" => Key::Kernel,
            "proxy" => Key::Proxy,
            "service" => Key::Service,
            "server" => Key::Server,
            "command" => Key::Command,
            "category" => Key::Category,
            "tag" if with_tags => Key::Tag,
            _ => {
                return from
                    .unfit("without the keys that this version does not know: reload the page");
            }
        };
        keys.push((key, selector(&value)?));
    }
    if keys.is_empty() {
        return from.unfit("an object with what to match");
    }
    Ok(Match(keys))
}

fn selector(from: &Field) -> Read<Selector> {
    let (include, except) = if from.value.is_string() || from.value.is_array() {
        (patterns(from)?, Vec::new())
    } else {
        from.only(&["include", "except"])?;
        let except = match from.get("except").optional() {
            Some(except) => patterns(&except)?,
            None => Vec::new(),
        };
        (patterns(&from.get("include"))?, except)
    };
    Ok(Selector { include, except })
}

fn patterns(from: &Field) -> Read<Vec<Pattern>> {
    let texts = match from.value.as_string() {
        Some(text) => vec![text],
        None => from.texts()?,
    };
    let patterns: Result<Vec<_>, _> = texts.into_iter().map(Pattern::new).collect();
    patterns.or_else(|_| from.unfit("a glob, or a list of globs"))
}

fn condition_if_any(from: &Field) -> Read<Option<Condition>> {
    if from.is_absent() {
        Ok(None)
    } else {
        condition(from, MAX_DEPTH).map(Some)
    }
}

/// A condition that may nest so many conditions.
fn condition(from: &Field, depth: usize) -> Read<Condition> {
    let Some(depth) = depth.checked_sub(1) else {
        return from.unfit("flatter");
    };
    let mut tests = Vec::new();
    for (name, value) in from.entries()? {
        tests.push(match name.as_str() {
            "group" => Test::Group(selector(&value)?),
            "user" => Test::User(selector(&value)?),
            "scope" => match Scope::new(value.text()?) {
                Ok(scope) => Test::Scope(scope),
                Err(_) => return value.unfit("with no other braces than {name} and {owner}"),
            },
            "kernel" => Test::Kernel(value.text()?),
            "admin" => Test::Admin(value.flag()?),
            "owner" => Test::Owner(value.flag()?),
            "always" => Test::Always(value.flag()?),
            "all" => Test::All(conditions(&value, depth)?),
            "any" => Test::Any(conditions(&value, depth)?),
            "not" => Test::Not(Box::new(condition(&value, depth)?)),
            _ => {
                return from
                    .unfit("without the keys that this version does not know: reload the page");
            }
        });
    }
    if tests.is_empty() {
        return from.unfit("a condition that is not empty");
    }
    Ok(Condition(tests))
}

fn conditions(from: &Field, depth: usize) -> Read<Vec<Condition>> {
    let conditions: Vec<Condition> = from
        .list()?
        .iter()
        .map(|item| condition(item, depth))
        .collect::<Read<_>>()?;
    if conditions.is_empty() {
        return from.unfit("a list of conditions that is not empty");
    }
    Ok(conditions)
}

fn visibility(from: &Field) -> Read<Visibility> {
    match from.text_if_any()?.as_deref() {
        None | Some("show") => Ok(Visibility::Show),
        Some("hide") => Ok(Visibility::Hide),
        Some(_) => from.unfit("`show` or `hide`"),
    }
}

fn span(from: &Field) -> Read<Option<Span>> {
    if from.is_absent() {
        return Ok(None);
    }
    let span = match from.value.as_f64() {
        Some(seconds) => Span::from_seconds(seconds),
        None => Span::parse(&from.text()?).ok(),
    };
    match span {
        Some(span) => Ok(Some(span)),
        None => from.unfit("a duration such as 15s"),
    }
}

fn moment(from: &Field) -> Read<Option<Moment>> {
    match from.text_if_any()?.as_deref().map(Moment::parse) {
        None => Ok(None),
        Some(Ok(moment)) => Ok(Some(moment)),
        Some(Err(_)) => from.unfit("a date, or a time with its zone"),
    }
}
