//! Reads JavaScript objects into the engine's types.
//!
//! By hand: what serde derives for these types, with the error messages that it brings along, made a third
//! of the WebAssembly file. The server has read the same document with the derived reader and checked it, so
//! this one only has to be strict: what it does not know, it refuses.
//!
//! Nothing here returns early. The first mistake is noted, something empty takes its place, and in the end
//! the whole is refused: that is far less code than a way out after each field.

use std::cell::Cell;

use js_sys::{Array, Object, Reflect};
use scoped_launcher_core::policy::facts::{Card, Context, Kernelspec, Kind, Server};
use scoped_launcher_core::policy::model::{
    Condition, CustomScope, Document, Entries, Key, MAX_DEPTH, Match, OpenIn, Pattern, PolicyCard,
    Role, Rule, Scope, Selector, Tagging, Test, Version, Visibility,
};
use scoped_launcher_core::policy::time::{Moment, Span};
use wasm_bindgen::{JsCast, JsValue};

/// Why an object is refused: the key, and what its value should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    key: &'static str,
    wanted: &'static str,
}

impl Unfit {
    /// For people.
    pub fn sentence(self) -> String {
        ["`", self.key, "` should be ", self.wanted].concat()
    }
}

/// Reads a value; `key` names it in errors.
///
/// # Errors
/// The first thing in it that does not fit.
pub fn read<T>(
    key: &'static str,
    value: JsValue,
    reader: impl FnOnce(&Field) -> T,
) -> Result<T, Unfit> {
    let unfit = Cell::new(None);
    let read = reader(&Field {
        key,
        value,
        unfit: &unfit,
    });
    match unfit.get() {
        None => Ok(read),
        Some(unfit) => Err(unfit),
    }
}

/// The value of one key. `null` is as good as absent.
pub struct Field<'u> {
    key: &'static str,
    value: JsValue,
    /// The first mistake.
    unfit: &'u Cell<Option<Unfit>>,
}

const KNOWN_KEYS: &str = "without keys that this version does not know: reload the page";

impl<'u> Field<'u> {
    /// Notes what should be here.
    pub fn refuse(&self, wanted: &'static str) {
        if self.unfit.get().is_none() {
            self.unfit.set(Some(Unfit {
                key: self.key,
                wanted,
            }));
        }
    }

    fn with(&self, key: &'static str, value: JsValue) -> Field<'u> {
        Field {
            key,
            value,
            unfit: self.unfit,
        }
    }

    /// A field of this object.
    pub fn get(&self, key: &'static str) -> Field<'u> {
        // What is no object has no fields.
        let value = Reflect::get(&self.value, &JsValue::from_str(key));
        self.with(key, value.unwrap_or(JsValue::UNDEFINED))
    }

    fn is_absent(&self) -> bool {
        self.value.is_null() || self.value.is_undefined()
    }

    /// The same field, if it is there.
    pub fn optional(self) -> Option<Self> {
        (!self.is_absent()).then_some(self)
    }

    /// A text.
    pub fn text(&self) -> String {
        self.value.as_string().unwrap_or_else(|| {
            self.refuse("a text");
            String::new()
        })
    }

    /// A text, if anything is there.
    pub fn text_if_any(&self) -> Option<String> {
        (!self.is_absent()).then(|| self.text())
    }

    /// True or false.
    pub fn flag(&self) -> bool {
        self.value.as_bool().unwrap_or_else(|| {
            self.refuse("true or false");
            false
        })
    }

    /// A number.
    pub fn number(&self) -> f64 {
        self.value.as_f64().unwrap_or_else(|| {
            self.refuse("a number");
            0.0
        })
    }

    fn list(&self) -> Vec<Field<'u>> {
        let Some(list) = self.value.dyn_ref::<Array>() else {
            self.refuse("a list");
            return Vec::new();
        };
        list.iter().map(|item| self.with(self.key, item)).collect()
    }

    fn list_if_any(&self) -> Vec<Field<'u>> {
        if self.is_absent() {
            Vec::new()
        } else {
            self.list()
        }
    }

    /// A list of texts.
    pub fn texts(&self) -> Vec<String> {
        self.list().iter().map(Field::text).collect()
    }

    fn texts_if_any(&self) -> Vec<String> {
        self.list_if_any().iter().map(Field::text).collect()
    }

    /// The keys and values of an object; none if it is absent.
    fn entries(&self) -> Vec<(String, Field<'u>)> {
        if self.is_absent() {
            return Vec::new();
        }
        let Some(object) = self.value.dyn_ref::<Object>() else {
            self.refuse("an object");
            return Vec::new();
        };
        let entries = Object::entries(object).into_iter().map(|entry| {
            let entry: Array = entry.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            (name, self.with(self.key, entry.get(1)))
        });
        entries.collect()
    }

    /// Refuses an object with other keys: they may mean more than is known here.
    fn only(&self, keys: &[&str]) {
        for (name, _) in self.entries() {
            if !keys.contains(&name.as_str()) {
                self.refuse(KNOWN_KEYS);
            }
        }
    }
}

/// A policy, as the server reduces it for a visitor.
pub fn document(from: &Field) -> Document {
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
    ]);
    let version = from.get("version");
    if version.value.as_f64() != Some(1.0) {
        version.refuse("1: reload the page");
    }
    Document {
        version: Version,
        default: visibility(&from.get("default")),
        no_hub: visibility(&from.get("no_hub")),
        refresh: span(&from.get("refresh")),
        max_stale: span(&from.get("max_stale")),
        roles: all(&from.get("roles"), role),
        custom_scopes: named(&from.get("custom_scopes"), custom_scope),
        tags: named(&from.get("tags"), |from| Tagging(matches(from, false))),
        cards: all(&from.get("cards"), policy_card),
        rules: all(&from.get("rules"), rule),
    }
}

/// The visitor's facts. Whatever could open a card by its absence must be there: a rule that hides from a
/// group shows its cards to a visitor without groups.
pub fn context(from: &Field) -> Context {
    Context {
        unknown: false,
        hub: from.get("hub").flag(),
        user: from.get("user").text(),
        admin: from.get("admin").flag(),
        groups: from.get("groups").texts(),
        scopes: from.get("scopes").texts(),
        shares: from.get("shares").texts(),
        server: from.get("server").optional().map(|server| Server {
            owner: server.get("owner").text(),
            name: server.get("name").text_if_any().unwrap_or_default(),
        }),
        now: None,
    }
}

/// The cards of a launcher.
pub fn cards(from: &Field) -> Vec<Card> {
    all(from, |from| {
        let kind = from.get("kind");
        Card {
            id: from.get("id").text(),
            kind: match kind.text().as_str() {
                "kernel" => Kind::Kernel,
                "proxy" => Kind::Proxy,
                "service" => Kind::Service,
                "server" => Kind::Server,
                "command" => Kind::Command,
                _ => {
                    kind.refuse("a kind of card");
                    Kind::Command
                }
            },
            name: from.get("name").text_if_any().unwrap_or_default(),
            owner: from.get("owner").text_if_any(),
            category: from.get("category").text_if_any(),
            command: from.get("command").text_if_any(),
            tags: from.get("tags").texts_if_any(),
        }
    })
}

/// The kernels that exist.
pub fn kernelspecs(from: &Field) -> Vec<Kernelspec> {
    all(from, |from| Kernelspec {
        name: from.get("name").text(),
        tags: from.get("tags").texts_if_any(),
    })
}

/// Each item of a list; nothing if it is absent.
fn all<T>(from: &Field, read: impl Fn(&Field) -> T) -> Vec<T> {
    from.list_if_any().iter().map(read).collect()
}

/// Each value of an object, with its key; nothing if it is absent.
fn named<T>(from: &Field, read: impl Fn(&Field) -> T) -> Entries<T> {
    let entries = from.entries().into_iter();
    Entries(entries.map(|(name, value)| (name, read(&value))).collect())
}

fn role(from: &Field) -> Role {
    Role {
        name: from.get("name").text(),
        scopes: from.get("scopes").texts_if_any(),
        users: from.get("users").texts_if_any(),
        groups: from.get("groups").texts_if_any(),
        ..Role::default()
    }
}

fn custom_scope(from: &Field) -> CustomScope {
    CustomScope {
        subscopes: from.get("subscopes").texts_if_any(),
        ..CustomScope::default()
    }
}

fn policy_card(from: &Field) -> PolicyCard {
    let open_in = from.get("open_in");
    PolicyCard {
        id: from.get("id").text(),
        title: from.get("title").text_if_any(),
        description: from.get("description").text_if_any(),
        category: from.get("category").text_if_any(),
        icon: from.get("icon").text_if_any(),
        service: from.get("service").text_if_any(),
        servers: from.get("servers").optional().as_ref().map(selector),
        path: from.get("path").text_if_any(),
        tags: from.get("tags").texts_if_any(),
        rank: from.get("rank").optional().as_ref().map(Field::number),
        open_in: match open_in.text_if_any().as_deref() {
            Some("lab") => OpenIn::Lab,
            None | Some("tab") => OpenIn::Tab,
            Some(_) => {
                open_in.refuse("`tab` or `lab`");
                OpenIn::Tab
            }
        },
    }
}

fn rule(from: &Field) -> Rule {
    from.only(&[
        "id",
        "match",
        "show_when",
        "hide_when",
        "from",
        "until",
        "contact",
        "message",
    ]);
    let condition = |field: Field| condition(&field, MAX_DEPTH);
    Rule {
        id: from.get("id").text(),
        matches: matches(&from.get("match"), true),
        show_when: from.get("show_when").optional().map(condition),
        hide_when: from.get("hide_when").optional().map(condition),
        from: moment(&from.get("from")),
        until: moment(&from.get("until")),
        contact: from.get("contact").text_if_any(),
        message: from.get("message").text_if_any(),
    }
}

fn matches(from: &Field, with_tags: bool) -> Match {
    let mut keys = Vec::new();
    for (name, value) in from.entries() {
        let key = match name.as_str() {
            "kernel" => Key::Kernel,
            "proxy" => Key::Proxy,
            "service" => Key::Service,
            "server" => Key::Server,
            "command" => Key::Command,
            "category" => Key::Category,
            "tag" if with_tags => Key::Tag,
            _ => {
                from.refuse(KNOWN_KEYS);
                continue;
            }
        };
        keys.push((key, selector(&value)));
    }
    if keys.is_empty() {
        from.refuse("an object with what to match");
    }
    Match(keys)
}

fn selector(from: &Field) -> Selector {
    if from.value.is_string() || from.value.is_array() {
        return Selector {
            include: patterns(from),
            except: Vec::new(),
        };
    }
    from.only(&["include", "except"]);
    let except = from.get("except").optional();
    Selector {
        include: patterns(&from.get("include")),
        except: except.as_ref().map(patterns).unwrap_or_default(),
    }
}

fn patterns(from: &Field) -> Vec<Pattern> {
    let texts = match from.value.as_string() {
        Some(text) => vec![text],
        None => from.texts(),
    };
    let patterns: Result<Vec<_>, _> = texts.into_iter().map(Pattern::new).collect();
    patterns.unwrap_or_else(|_| {
        from.refuse("a glob, or a list of globs");
        Vec::new()
    })
}

/// A condition that may nest so many conditions.
fn condition(from: &Field, depth: usize) -> Condition {
    let mut tests = Vec::new();
    let Some(depth) = depth.checked_sub(1) else {
        from.refuse("flatter");
        return Condition(tests);
    };
    for (name, value) in from.entries() {
        tests.push(match name.as_str() {
            "group" => Test::Group(selector(&value)),
            "user" => Test::User(selector(&value)),
            "scope" => {
                let Ok(scope) = Scope::new(value.text()) else {
                    value.refuse("without other braces than {name} and {owner}");
                    continue;
                };
                Test::Scope(scope)
            }
            "kernel" => Test::Kernel(value.text()),
            "admin" => Test::Admin(value.flag()),
            "owner" => Test::Owner(value.flag()),
            "always" => Test::Always(value.flag()),
            "all" => Test::All(conditions(&value, depth)),
            "any" => Test::Any(conditions(&value, depth)),
            "not" => Test::Not(Box::new(condition(&value, depth))),
            _ => {
                from.refuse(KNOWN_KEYS);
                continue;
            }
        });
    }
    if tests.is_empty() {
        from.refuse("a condition that is not empty");
    }
    Condition(tests)
}

fn conditions(from: &Field, depth: usize) -> Vec<Condition> {
    let items = from.list();
    if items.is_empty() {
        from.refuse("a list of conditions that is not empty");
    }
    items.iter().map(|item| condition(item, depth)).collect()
}

fn visibility(from: &Field) -> Visibility {
    match from.text_if_any().as_deref() {
        None | Some("show") => Visibility::Show,
        Some("hide") => Visibility::Hide,
        Some(_) => {
            from.refuse("`show` or `hide`");
            Visibility::Hide
        }
    }
}

fn span(from: &Field) -> Option<Span> {
    if from.is_absent() {
        return None;
    }
    let span = match from.value.as_f64() {
        Some(seconds) => Span::from_seconds(seconds),
        None => Span::parse(&from.text()).ok(),
    };
    if span.is_none() {
        from.refuse("a duration such as 15s");
    }
    span
}

fn moment(from: &Field) -> Option<Moment> {
    let moment = Moment::parse(&from.text_if_any()?).ok();
    if moment.is_none() {
        from.refuse("a date, or a time with its zone");
    }
    moment
}
