//! What JavaScript hears of the policy and the facts.

use scoped_launcher_core::policy::facts::Context;
use scoped_launcher_core::policy::glob::Glob;
use scoped_launcher_core::policy::model::{Document, OpenIn, PolicyCard, Selector};
use scoped_launcher_core::sort::sort;
use serde::Serialize;

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
    pub warnings: Vec<String>,
    /// The policy's own cards.
    pub cards: Vec<OwnCard<'s>>,
}

/// A card that the policy adds to the launcher.
#[derive(Serialize)]
pub struct OwnCard<'s> {
    kind: &'static str,
    name: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'s str>,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<f64>,
    tags: &'s [String],
    open_in: OpenIn,
}

/// The policy's own cards for this visitor: one for each service, and one for each server that others
/// share with the visitor and that a card's `servers` selects. Whether they are shown is for the rules.
pub fn own_cards<'s>(document: &'s Document, context: &'s Context) -> Vec<OwnCard<'s>> {
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
    let mut cards = Vec::new();
    for card in &document.cards {
        if let Some(service) = &card.service {
            let title = card.title.as_ref().unwrap_or(service).clone();
            cards.push(own_card(card, "service", service, None, title));
        }
        if let Some(servers) = &card.servers {
            for (share, owner, name) in &shares {
                if selects(servers, share) {
                    let title = card.title.as_ref().map_or_else(
                        || (*share).to_owned(),
                        |title| title.replace("{owner}", owner).replace("{name}", name),
                    );
                    cards.push(own_card(card, "server", name, Some(owner), title));
                }
            }
        }
    }
    cards
}

fn own_card<'s>(
    card: &'s PolicyCard,
    kind: &'static str,
    name: &'s str,
    owner: Option<&'s str>,
    title: String,
) -> OwnCard<'s> {
    OwnCard {
        kind,
        name,
        owner,
        path: card.path.as_deref(),
        title,
        description: card.description.as_deref(),
        category: card.category.as_deref(),
        icon: card.icon.as_deref(),
        rank: card.rank,
        tags: &card.tags,
        open_in: card.open_in,
    }
}

fn selects(selector: &Selector, text: &str) -> bool {
    let any = |patterns: &[scoped_launcher_core::policy::model::Pattern]| {
        patterns
            .iter()
            .any(|pattern| Glob::new(pattern.as_str(), false).is_ok_and(|glob| glob.matches(text)))
    };
    any(&selector.include) && !any(&selector.except)
}
