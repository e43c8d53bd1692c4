//! What crosses the border to JavaScript. TypeScript's types are made from these.

use scoped_launcher_core::error::ErrorCode;
use scoped_launcher_core::policy::card::Kind;
use scoped_launcher_core::policy::command_args::CommandArgs;
use scoped_launcher_core::policy::context::null_is_default;
use scoped_launcher_core::policy::{Reason, card};
use scoped_launcher_core::text_enum;
use serde::{Deserialize, Serialize};
use tsify::{Ts, Tsify};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::EngineError;

#[wasm_bindgen(typescript_custom_section)]
const CARD_KIND: &str = Kind::TYPESCRIPT;
#[wasm_bindgen(typescript_custom_section)]
const DECISION_REASON: &str = Reason::TYPESCRIPT;
#[wasm_bindgen(typescript_custom_section)]
const ENGINE_STATUS: &str = EngineStatus::TYPESCRIPT;
#[wasm_bindgen(typescript_custom_section)]
const ERROR_CODE: &str = ErrorCode::TYPESCRIPT;

text_enum! {
    /// What is known, and so what is shown.
    pub enum EngineStatus as "EngineStatus" {
        /// Nothing is known, and nothing is shown.
        Pending = "pending",
        /// There is no policy: everything is shown.
        NoPolicy = "no_policy",
        /// The policy cannot be used: nothing is shown.
        InvalidPolicy = "invalid_policy",
        /// The visitor's context is missing or too old: what the policy governs is hidden.
        Expired = "expired",
        /// Policy and context are there.
        Ready = "ready",
    }
}

/// A launcher card, as in the batch contract.
#[derive(Debug, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Decisions carry it.
    id: String,
    /// What the card opens.
    #[tsify(type = "CardKind")]
    kind: Kind,
    /// The name of what it opens.
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
    /// Whose it is.
    #[tsify(optional)]
    owner: Option<String>,
    /// The launcher section it is in.
    #[tsify(optional)]
    category: Option<String>,
    /// The id of the command that it runs.
    #[tsify(optional)]
    command: Option<String>,
    /// Its own tags; the policy may add to them.
    #[serde(default, deserialize_with = "null_is_default")]
    tags: Vec<String>,
    /// What stands on it.
    #[tsify(optional)]
    title: Option<String>,
    /// The title that rules match, where the one on it is in another language.
    #[tsify(optional)]
    policy_title: Option<String>,
    /// The language of its kernel.
    #[tsify(optional)]
    language: Option<String>,
    /// The arguments of its command.
    #[tsify(optional, type = "Record<string, unknown>")]
    args: Option<CommandArgs>,
    /// The id of the policy's card that it was made from.
    #[tsify(optional)]
    policy_card: Option<String>,
}

impl From<Card> for card::Card {
    fn from(card: Card) -> Self {
        Self {
            id: card.id,
            kind: card.kind,
            name: card.name,
            owner: card.owner,
            category: card.category,
            command: card.command,
            tags: card.tags,
            title: card.title,
            policy_title: card.policy_title,
            language: card.language,
            args: card.args,
            policy_card: card.policy_card,
        }
    }
}

/// A kernel that exists.
#[derive(Debug, Deserialize, Tsify)]
#[serde(deny_unknown_fields)]
pub struct Kernelspec {
    /// Its name.
    name: String,
    /// `tags` of its metadata.
    #[serde(default, deserialize_with = "null_is_default")]
    tags: Vec<String>,
    /// What stands on its cards.
    #[tsify(optional)]
    display_name: Option<String>,
    /// Its language.
    #[tsify(optional)]
    language: Option<String>,
}

impl From<Kernelspec> for card::Kernelspec {
    fn from(spec: Kernelspec) -> Self {
        Self {
            name: spec.name,
            tags: spec.tags,
            display_name: spec.display_name,
            language: spec.language,
        }
    }
}

/// What an answer of the server brought.
#[derive(Debug, Serialize, Tsify)]
#[serde(rename_all = "camelCase")]
pub struct LoadResult {
    /// What is known now.
    #[tsify(type = "EngineStatus")]
    pub status: EngineStatus,
    /// Did policy or context change?
    pub changed: bool,
    /// Could the Hub not be asked this time?
    pub stale: bool,
    /// How long to wait before the next load, in seconds.
    pub refresh_seconds: f64,
    /// For the console.
    pub warnings: Vec<String>,
    /// The policy's own cards for this visitor: a JSON list, as the server answers it.
    #[tsify(optional)]
    pub cards_json: Option<String>,
    /// The order of the launcher's sections: a JSON list of `{category, rank}`.
    #[tsify(optional)]
    pub sections_json: Option<String>,
    /// What the server tells the page of the visitor: a JSON object, as the server answers it.
    #[tsify(optional)]
    pub page_json: Option<String>,
}

/// What was decided on a card.
#[derive(Debug, Serialize, Tsify)]
pub struct Decision {
    /// The card's.
    pub id: String,
    /// Shown or hidden.
    pub visible: bool,
    /// The id of the rule that decided.
    #[tsify(optional)]
    pub rule: Option<String>,
    /// Why.
    #[tsify(type = "DecisionReason")]
    pub reason: Reason,
}

impl From<scoped_launcher_core::policy::Decision<'_>> for Decision {
    fn from(decision: scoped_launcher_core::policy::Decision) -> Self {
        Self {
            id: decision.id.to_owned(),
            visible: decision.visible,
            rule: decision.rule.map(str::to_owned),
            reason: decision.reason,
        }
    }
}

/// As a plain JavaScript object; what is `None` is undefined.
///
/// # Errors
/// None that a caller could cause: these types have no shape that JavaScript does not have.
pub fn to_js<T: Tsify + Serialize>(value: &T) -> Result<Ts<T>, EngineError> {
    let internal = "The engine's answer cannot be written.";
    value
        .into_ts()
        .map_err(|_| EngineError::new(ErrorCode::EngineUnavailable, internal))
}
