//! The browser's face of the engine: reads the context, and keeps policy, context and cards resident, so
//! that one call decides all cards.
#![cfg(target_arch = "wasm32")]

mod clock;
mod decode;
mod error;
mod fetch;
mod response;
mod state;
mod types;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_net::http::Headers;
use js_sys::encode_uri_component;
use scoped_launcher_core::error::ErrorCode;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tsify::Ts;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::decode::from_json;
use crate::error::EngineError;
use crate::response::{ContextResponse, PolicyUpdate, SummaryResponse};
use crate::state::State;
use crate::types::{Card, Decision, Kernelspec, LoadResult, to_js};

#[wasm_bindgen]
extern "C" {
    /// An `EngineStatus`.
    #[wasm_bindgen(typescript_type = "EngineStatus")]
    pub type JsEngineStatus;
}

/// The engine with its policy, context and cards. Everything that it throws or rejects with is an `Error`
/// with a `code` (an `ErrorCode`) and a sentence for people.
#[wasm_bindgen]
pub struct Engine {
    /// Shared with loads that are under way. Borrowed only between awaits, so never twice.
    state: Rc<RefCell<State>>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine to which nothing is known.
    #[allow(clippy::new_without_default)]
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new())),
        }
    }

    /// GETs the context from `url`, which may have a query, and applies it. An error or an answer that is not a
    /// whole context leaves everything as it was, but for `not-authenticated` and `access-revoked`: then the
    /// visitor's context is discarded.
    ///
    /// # Errors
    /// `timeout` (after `timeoutMs`), `network`, `not-authenticated`, `access-revoked`, `not-found`, `unavailable`,
    /// `bad-context`, or the server's own.
    pub async fn load(
        &self,
        url: String,
        headers: web_sys::Headers,
        #[wasm_bindgen(js_name = timeoutMs)] timeout_ms: u32,
    ) -> Result<Ts<LoadResult>, JsValue> {
        let state = Rc::clone(&self.state);
        let headers = Headers::from_raw(headers);
        let etag = state.borrow().etag().map(str::to_owned);
        let url = match &etag {
            Some(etag) => {
                let separator = if url.contains('?') {
                    "&etag="
                } else {
                    "?etag="
                };
                [&url, separator, &String::from(encode_uri_component(etag))].concat()
            }
            None => url,
        };
        let response = fetch::get(&url, headers, timeout_ms).await?;
        let read = ContextResponse::from_http(&response);
        let mut state = state.borrow_mut();
        if let Err(error) = &read
            && matches!(
                error.code,
                ErrorCode::NotAuthenticated | ErrorCode::AccessRevoked
            )
        {
            state.forget_context();
        }
        Ok(apply(&mut state, read?, etag.as_deref())?)
    }

    /// Applies a context that was read in another way: the bytes of the server's answer.
    ///
    /// # Errors
    /// `bad-context`; everything stays as it was.
    #[wasm_bindgen(js_name = setContext)]
    pub fn set_context(&self, json: &[u8]) -> Result<Ts<LoadResult>, JsValue> {
        let response = ContextResponse::read(json)?;
        Ok(apply(&mut self.state.borrow_mut(), response, None)?)
    }

    /// Applies the summary of the policy that the page carries, `{now, policy}` as in the context. With
    /// it, what the policy does not govern is shown before the visitor's context is there.
    ///
    /// # Errors
    /// `bad-context`; everything stays as it was.
    #[wasm_bindgen(js_name = setPolicySummary)]
    pub fn set_policy_summary(&self, json: &str) -> Result<(), JsValue> {
        let update = SummaryResponse::read(json.as_bytes())?;
        self.state.borrow_mut().apply(update);
        Ok(())
    }

    /// What is known now.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn status(&self) -> JsEngineStatus {
        let status = self.state.borrow_mut().status();
        JsValue::from_str(status.as_str()).unchecked_into()
    }

    /// Exchanges the cards: a JSON list of `Card`.
    ///
    /// # Errors
    /// `bad-argument`.
    #[wasm_bindgen(js_name = setCards)]
    pub fn set_cards(&self, json: &str) -> Result<(), JsValue> {
        let cards: Vec<Card> = argument("cards", json)?;
        let cards = cards.into_iter().map(Into::into).collect();
        self.state.borrow_mut().set_cards(cards);
        Ok(())
    }

    /// Exchanges the kernels that exist: a JSON list of `Kernelspec`. Until the first time, those of the
    /// cards do.
    ///
    /// # Errors
    /// `bad-argument`.
    #[wasm_bindgen(js_name = setKernelspecs)]
    pub fn set_kernelspecs(&self, json: &str) -> Result<(), JsValue> {
        let kernelspecs: Vec<Kernelspec> = argument("kernelspecs", json)?;
        let kernelspecs = kernelspecs.into_iter().map(Into::into).collect();
        self.state.borrow_mut().set_kernelspecs(kernelspecs);
        Ok(())
    }

    /// Decides all cards by the server's clock: for each, in the order of `setCards`, 1 if it is shown and
    /// 0 if not.
    #[must_use]
    pub fn decide(&self) -> Vec<u8> {
        let visible = self.state.borrow_mut().decide();
        visible.into_iter().map(u8::from).collect()
    }

    /// Decides cards that are not among those of `setCards`, such as entries of a menu: a JSON list of `Card`. For each, 1 if it
    /// is shown, plus 2 if a rule of the policy matches it. A kernel's card without a category stands for both that the
    /// launcher makes.
    ///
    /// # Errors
    /// `bad-argument`.
    #[wasm_bindgen(js_name = decideOthers)]
    pub fn decide_others(&self, json: &str) -> Result<Vec<u8>, JsValue> {
        let cards: Vec<Card> = argument("cards", json)?;
        let mut state = self.state.borrow_mut();
        let decide = |card: Card| {
            let decision = state.decide_card(&card.into());
            u8::from(decision.visible) | u8::from(decision.governed) << 1
        };
        Ok(cards.into_iter().map(decide).collect())
    }

    /// In how many milliseconds decisions may change by themselves, because a window opens or closes or the
    /// context gets too old; undefined if never.
    #[wasm_bindgen(js_name = nextChangeMs)]
    #[must_use]
    pub fn next_change_ms(&self) -> Option<f64> {
        let next_ms = self.state.borrow_mut().next_change_ms();
        #[allow(clippy::cast_precision_loss)]
        next_ms.map(|ms| ms as f64)
    }

    /// Why the last `decide` shows or hides a card, by its position; undefined if it did not ask the policy.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn decision(&self, card: usize) -> Result<Option<Ts<Decision>>, JsValue> {
        let decision = self.state.borrow().decision(card);
        Ok(decision.map(|decision| to_js(&decision)).transpose()?)
    }
}

fn apply(
    state: &mut State,
    response: ContextResponse,
    etag: Option<&str>,
) -> Result<Ts<LoadResult>, EngineError> {
    let stale = response.stale;
    let mut warnings = response.warnings.clone();
    let json = |value: &Option<Box<RawValue>>| value.as_ref().map(|value| value.get().to_owned());
    let (cards_json, sections_json) = (json(&response.cards), json(&response.sections));
    let page_json = json(&response.page);
    let update = response.into_update(etag)?;
    if let PolicyUpdate::Invalid(message) = &update.policy {
        warnings.push(message.clone());
    }
    let changed = state.apply(update);
    #[allow(clippy::cast_precision_loss)]
    let refresh_seconds = state.refresh_ms() as f64 / 1000.0;
    to_js(&LoadResult {
        status: state.status(),
        changed,
        stale,
        refresh_seconds,
        warnings,
        cards_json,
        sections_json,
        page_json,
    })
}

fn argument<T: DeserializeOwned>(name: &str, json: &str) -> Result<T, EngineError> {
    from_json(json.as_bytes())
        .map_err(|error| EngineError::new(ErrorCode::BadArgument, error.sentence(name)))
}
