//! What JavaScript hears, as plain objects.

use scoped_launcher_core::policy::facts::{Card, Kind};
use scoped_launcher_core::policy::model::{OpenIn, PolicyCard};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::failure::Failure;

/// After an answer of the server.
#[derive(Serialize)]
pub struct Status<'s> {
    /// As [`crate::state::Standing::as_str`].
    pub standing: &'s str,
    /// Are policy or facts others than before?
    pub changed: bool,
    /// Could the Hub not be asked this time?
    pub stale: bool,
    /// How long to wait before the next question, in seconds.
    pub refresh_s: f64,
    /// For the console.
    pub warnings: &'s [String],
    /// The policy's own cards for this visitor.
    pub cards: Vec<OwnCard<'s>>,
}

/// A card that the policy adds to the launcher. Whether it is shown is for the rules.
#[derive(Serialize)]
pub struct OwnCard<'s> {
    kind: Kind,
    name: &'s str,
    owner: Option<&'s str>,
    path: Option<&'s str>,
    title: String,
    description: Option<&'s str>,
    category: Option<&'s str>,
    icon: Option<&'s str>,
    rank: Option<f64>,
    tags: &'s [String],
    open_in: OpenIn,
}

impl<'s> OwnCard<'s> {
    /// From a card and what the policy says of it.
    pub fn new((card, written): &'s (Card, &'s PolicyCard)) -> Self {
        let owner = card.owner.as_deref();
        let title = match (&written.title, owner) {
            (Some(title), Some(owner)) => filled(title, owner, &card.name),
            (Some(title), None) => title.clone(),
            (None, Some(owner)) => [owner, "/", &card.name].concat(),
            (None, None) => card.name.clone(),
        };
        Self {
            kind: card.kind,
            name: &card.name,
            owner,
            path: written.path.as_deref(),
            title,
            description: written.description.as_deref(),
            category: card.category.as_deref(),
            icon: written.icon.as_deref(),
            rank: written.rank,
            tags: &card.tags,
            open_in: written.open_in,
        }
    }
}

/// A title for one server, with its `{owner}` and `{name}`.
fn filled(title: &str, owner: &str, name: &str) -> String {
    let mut filled = String::new();
    for part in title.split_inclusive('}') {
        match (part.strip_suffix("{owner}"), part.strip_suffix("{name}")) {
            (Some(before), _) => filled.extend([before, owner]),
            (_, Some(before)) => filled.extend([before, name]),
            _ => filled.push_str(part),
        }
    }
    filled
}

/// As a plain object; what is `None` is undefined.
///
/// # Errors
/// None that a caller could cause: these types have no shape that JavaScript has not.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, Failure> {
    serde_wasm_bindgen::to_value(value)
        .map_err(|_| Failure::new("internal", "The engine's answer cannot be written."))
}
