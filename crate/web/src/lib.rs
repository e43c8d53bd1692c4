//! The browser's face of the engine: reads the context, and keeps policy, facts and cards resident, so
//! that one call decides all cards.
#![cfg(target_arch = "wasm32")]

mod clock;
mod context;
mod failure;
mod fetch;
mod read;
mod state;
mod status;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_net::http::Headers;
use js_sys::encode_uri_component;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::context::{Policing, Report};
use crate::failure::Failure;
use crate::read::{Unfit, read};
use crate::state::State;
use crate::status::{OwnCard, Status, to_js};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What is known: nothing yet, no policy, a broken policy, a policy without (fresh) facts, or all of it. */
export type Standing = 'unknown' | 'ungoverned' | 'broken' | 'lapsed' | 'governed';

/** What an answer of the server brought. */
export interface IStatus {
  standing: Standing;
  /** Are policy or facts others than before? */
  changed: boolean;
  /** Could the Hub not be asked this time? */
  stale: boolean;
  /** How long to wait before the next question, in seconds. */
  refresh_s: number;
  /** For the console. */
  warnings: string[];
  /** The policy's own cards. */
  cards: IOwnCard[];
}

/** A card that the policy adds to the launcher. */
export interface IOwnCard {
  kind: 'service' | 'server';
  name: string;
  owner?: string;
  path?: string;
  title: string;
  description?: string;
  category?: string;
  icon?: string;
  rank?: number;
  tags: string[];
  open_in: 'tab' | 'lab';
}

/** A launcher card, as in the batch contract. */
export interface ICard {
  id: string;
  kind: 'kernel' | 'proxy' | 'service' | 'server' | 'command';
  name: string;
  owner?: string;
  category?: string;
  command?: string;
  tags: string[];
}

export interface IKernelspec {
  name: string;
  tags: string[];
}

export interface IDecision {
  id: string;
  visible: boolean;
  rule?: string;
  reason: 'default' | 'show_when' | 'hide_when' | 'not_shown' | 'no_hub' | 'error';
}
"#;

#[wasm_bindgen]
extern "C" {
    /// A promise of an `IStatus`.
    #[wasm_bindgen(typescript_type = "Promise<IStatus>")]
    pub type StatusPromise;
    /// An `IStatus`.
    #[wasm_bindgen(typescript_type = "IStatus")]
    pub type JsStatus;
    /// A list of `ICard`.
    #[wasm_bindgen(typescript_type = "ICard[]")]
    pub type JsCards;
    /// A list of `IKernelspec`.
    #[wasm_bindgen(typescript_type = "IKernelspec[]")]
    pub type JsKernelspecs;
    /// An `IDecision`, or undefined.
    #[wasm_bindgen(typescript_type = "IDecision | undefined")]
    pub type JsDecision;
    /// As `Standing::as_str`.
    #[wasm_bindgen(typescript_type = "Standing")]
    pub type JsStanding;
}

/// The engine with its policy, facts and cards. Everything that it throws or rejects with is an `Error`
/// with a stable `code` and a sentence for people.
#[wasm_bindgen]
pub struct Engine {
    /// Shared with loads that are under way. Borrowed only between awaits, so never twice.
    state: Rc<RefCell<State>>,
}

#[wasm_bindgen]
impl Engine {
    /// An engine that knows nothing.
    #[allow(clippy::new_without_default)]
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new())),
        }
    }

    /// GETs the context from `url` and takes it over. A failure or an answer that is not a whole context
    /// leaves everything as it was, but for `login`: without a session the facts are nobody's.
    ///
    /// Rejects with one of the codes `timeout` (after `timeout_ms`), `network`, `login`, `not-found`,
    /// `unavailable`, `bad-context`, or the server's own.
    pub fn load(&self, url: String, headers: web_sys::Headers, timeout_ms: u32) -> StatusPromise {
        let state = Rc::clone(&self.state);
        let headers = Headers::from_raw(headers);
        let load = async move {
            let etag = state.borrow().etag().map(str::to_owned);
            let asked = match &etag {
                Some(etag) => [&url, "?etag=", &String::from(encode_uri_component(etag))].concat(),
                None => url,
            };
            let answer = fetch::get_json(&asked, headers, timeout_ms).await?;
            let read = context::read_answer(answer, etag.as_deref());
            let mut state = state.borrow_mut();
            match read {
                Ok(report) => Ok(take_over(&mut state, report)?),
                Err(failure) => {
                    if failure.code == "login" {
                        state.forget_facts();
                    }
                    Err(failure.into())
                }
            }
        };
        future_to_promise(load).unchecked_into()
    }

    /// Takes over a context that was read in another way.
    ///
    /// # Errors
    /// `bad-context`; everything stays as it was.
    pub fn set_context(&self, context: JsValue) -> Result<JsStatus, JsValue> {
        let report = context::read_context(context, None)?;
        Ok(take_over(&mut self.state.borrow_mut(), report)?.unchecked_into())
    }

    /// Takes over the outline of the policy that the page carries, `{now, policy}` as in the context. With
    /// it, what the policy does not govern is shown before the visitor's facts are there.
    ///
    /// # Errors
    /// `bad-context`; everything stays as it was.
    pub fn set_outline(&self, outline: JsValue) -> Result<(), JsValue> {
        let report = context::read_outline(outline)?;
        self.state.borrow_mut().accept(report);
        Ok(())
    }

    /// What is known now.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn standing(&self) -> JsStanding {
        let standing = self.state.borrow_mut().standing();
        JsValue::from_str(standing.as_str()).unchecked_into()
    }

    /// Exchanges the cards.
    ///
    /// # Errors
    /// `bad-argument`.
    pub fn set_cards(&self, cards: JsCards) -> Result<(), JsValue> {
        let cards = argument(read("cards", cards.into(), read::cards))?;
        self.state.borrow_mut().set_cards(cards);
        Ok(())
    }

    /// Exchanges the kernels that exist. Until the first time, those of the cards do.
    ///
    /// # Errors
    /// `bad-argument`.
    pub fn set_kernelspecs(&self, kernelspecs: JsKernelspecs) -> Result<(), JsValue> {
        let kernelspecs = argument(read("kernelspecs", kernelspecs.into(), read::kernelspecs))?;
        self.state.borrow_mut().set_kernelspecs(kernelspecs);
        Ok(())
    }

    /// Decides all cards by the server's clock: for each, in the order of `set_cards`, 1 if it is shown and
    /// 0 if not.
    #[must_use]
    pub fn decide(&self) -> Vec<u8> {
        let visible = self.state.borrow_mut().decide();
        visible.into_iter().map(u8::from).collect()
    }

    /// In how many milliseconds decisions may change by themselves, because a window opens or shuts or facts
    /// get too old; undefined if never.
    #[must_use]
    pub fn next_change_ms(&self) -> Option<f64> {
        let next_ms = self.state.borrow_mut().next_change_ms();
        #[allow(clippy::cast_precision_loss)]
        next_ms.map(|ms| ms as f64)
    }

    /// Why the last `decide` shows or hides a card; undefined if it did not ask the policy.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn decision(&self, card: usize) -> Result<JsDecision, JsValue> {
        Ok(to_js(&self.state.borrow().decision(card))?.unchecked_into())
    }
}

fn take_over(state: &mut State, report: Report) -> Result<JsValue, Failure> {
    let (stale, mut warnings) = match &report.facts {
        Some(facts) => (facts.stale, facts.warnings.clone()),
        None => (false, Vec::new()),
    };
    if let Policing::Broken(message) = &report.policing {
        warnings.push(message.clone());
    }
    let changed = state.accept(report);
    let standing = state.standing().as_str();
    #[allow(clippy::cast_precision_loss)]
    let refresh_s = state.refresh_ms() as f64 / 1000.0;
    let cards = state.own_cards();
    to_js(&Status {
        standing,
        changed,
        stale,
        refresh_s,
        warnings: &warnings,
        cards: cards.iter().map(OwnCard::new).collect(),
    })
}

fn argument<T>(read: Result<T, Unfit>) -> Result<T, Failure> {
    read.map_err(|unfit| Failure::new("bad-argument", unfit.sentence()))
}
