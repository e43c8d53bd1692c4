//! What JavaScript hears: plain objects.

use js_sys::{Array, Object, Reflect};
use scoped_launcher_core::policy::facts::Context;
use scoped_launcher_core::policy::glob::Glob;
use scoped_launcher_core::policy::model::{Document, OpenIn, PolicyCard, Selector};
use scoped_launcher_core::sort::sort;
use wasm_bindgen::JsValue;

/// A JavaScript object; what is undefined is left out.
pub fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        if !value.is_undefined() {
            // A new object takes every key.
            let _ = Reflect::set(&object, &JsValue::from_str(key), value);
        }
    }
    object.into()
}

/// A JavaScript list of texts.
pub fn texts(texts: &[String]) -> JsValue {
    let list = Array::new();
    for text in texts {
        list.push(&JsValue::from_str(text));
    }
    list.into()
}

/// The policy's own cards for this visitor: one for each service, and one for each server that others
/// share with the visitor and that a card's `servers` selects. Whether they are shown is for the rules.
pub fn own_cards(document: &Document, context: &Context) -> Array {
    let mut shares: Vec<(&str, &str, &str)> = context
        .shares
        .iter()
        .filter_map(|share| {
            let (owner, name) = share.split_once('/')?;
            Some((share.as_str(), owner, name))
        })
        .collect();
    sort(&mut shares);
    shares.dedup();
    if let Some(here) = &context.server {
        // A card for the server that the visitor is on leads nowhere.
        shares.retain(|(_, owner, name)| (*owner, *name) != (&here.owner, &here.name));
    }
    let cards = Array::new();
    for card in &document.cards {
        if let Some(service) = &card.service {
            let title = card.title.as_ref().unwrap_or(service).clone();
            cards.push(&own_card(card, "service", service, None, &title));
        }
        if let Some(servers) = &card.servers {
            for (share, owner, name) in &shares {
                if selects(servers, share) {
                    let title = card
                        .title
                        .as_ref()
                        .map_or_else(|| (*share).to_owned(), |title| filled(title, owner, name));
                    cards.push(&own_card(card, "server", name, Some(owner), &title));
                }
            }
        }
    }
    cards
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

fn own_card(
    card: &PolicyCard,
    kind: &str,
    name: &str,
    owner: Option<&str>,
    title: &str,
) -> JsValue {
    let text = |text: &Option<String>| {
        text.as_deref()
            .map_or(JsValue::UNDEFINED, JsValue::from_str)
    };
    object(&[
        ("kind", kind.into()),
        ("name", name.into()),
        ("owner", owner.map_or(JsValue::UNDEFINED, JsValue::from_str)),
        ("path", text(&card.path)),
        ("title", title.into()),
        ("description", text(&card.description)),
        ("category", text(&card.category)),
        ("icon", text(&card.icon)),
        (
            "rank",
            card.rank.map_or(JsValue::UNDEFINED, JsValue::from_f64),
        ),
        ("tags", texts(&card.tags)),
        (
            "open_in",
            match card.open_in {
                OpenIn::Tab => "tab".into(),
                OpenIn::Lab => "lab".into(),
            },
        ),
    ])
}

fn selects(selector: &Selector, text: &str) -> bool {
    let any = |patterns: &[scoped_launcher_core::policy::model::Pattern]| {
        patterns
            .iter()
            .any(|pattern| Glob::new(pattern.as_str(), false).is_ok_and(|glob| glob.matches(text)))
    };
    any(&selector.include) && !any(&selector.except)
}
