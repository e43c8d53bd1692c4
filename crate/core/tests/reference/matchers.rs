//! Which cards a matcher matches.

use scoped_launcher_core::policy::card::{Card, Kind};
use scoped_launcher_core::policy::document::{ArgsSelector, Match, MatchKey, Selector};
use scoped_launcher_core::policy::glob::NameKind;
use serde_json::json;

use super::globs::selects;

/// Whether one of the matchers matches a card that has these tags beside its own.
pub fn matches(wanted: &Match, card: &Card, given_tags: &[&str]) -> bool {
    let name = match card.kind {
        Kind::Server => {
            let (name, owner) = server(card);
            format!("{}/{name}", owner.unwrap_or_default())
        }
        Kind::Command => card.command.as_ref().unwrap_or(&card.name).clone(),
        _ => card.name.clone(),
    };
    let is_selected = |text: &Option<String>, selector: &Selector| {
        text.as_ref()
            .is_some_and(|text| selects(selector, text, NameKind::Text))
    };
    wanted.0.iter().any(|matcher| {
        let kinds: Vec<_> = matcher
            .selectors
            .iter()
            .filter(|(key, _)| key.kind().is_some())
            .collect();
        let is_of_kind = kinds.is_empty()
            || kinds.iter().any(|(key, selector)| {
                key.as_str() == card.kind.as_str() && selects(selector, &name, key.name_kind())
            });
        let is_narrowed = matcher.selectors.iter().all(|(key, selector)| match key {
            MatchKey::Category => is_selected(&card.category, selector),
            MatchKey::Title if card.policy_title.is_some() => {
                is_selected(&card.policy_title, selector)
            }
            MatchKey::Title => is_selected(&card.title, selector),
            MatchKey::Language => is_selected(&card.language, selector),
            MatchKey::Tag => {
                let own = card.tags.iter().map(String::as_str);
                let mut tags = own.chain(given_tags.iter().copied());
                tags.any(|tag| selects(selector, tag, NameKind::Text))
            }
            _ => true,
        });
        let has_args = match (&matcher.args, &card.args) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ArgsSelector::Json(selector)), Some(args)) => {
                selects(selector, &json!(args).to_string(), NameKind::Text)
            }
            (Some(ArgsSelector::Named(wanted)), Some(args)) => {
                wanted.0.iter().all(|(name, selector)| {
                    json!(args).get(name).is_some_and(|value| {
                        let text = value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned);
                        selects(selector, &text, NameKind::Text)
                    })
                })
            }
        };
        is_of_kind && is_narrowed && has_args
    })
}

/// Name and owner of a server card.
pub fn server(card: &Card) -> (String, Option<String>) {
    match card.owner.clone().filter(|owner| !owner.is_empty()) {
        Some(owner) => {
            let bare = card
                .name
                .strip_prefix(&format!("{owner}/"))
                .unwrap_or(&card.name)
                .to_owned();
            (bare, Some(owner))
        }
        None => match card.name.split_once('/') {
            Some((owner, name)) if !owner.is_empty() => (name.to_owned(), Some(owner.to_owned())),
            _ => (card.name.clone(), None),
        },
    }
}
