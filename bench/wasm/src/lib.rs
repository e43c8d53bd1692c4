//! The policy engine behind plain exports: JavaScript writes a workload as JSON into memory, then times each call.

use std::cell::RefCell;
use std::sync::Arc;

use scoped_launcher_core::policy::facts::{Card, Context};
use scoped_launcher_core::policy::model::Document;
use scoped_launcher_core::policy::time::parse_instant;
use scoped_launcher_core::policy::{Policy, Session};
use serde::Deserialize;

#[derive(Deserialize)]
struct Workload {
    policy: Document,
    context: Context,
    other_context: Context,
    cards: Vec<Card>,
}

struct State {
    workload: Workload,
    session: Session,
    now: i64,
    later: i64,
}

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static STATE: RefCell<Option<State>> = const { RefCell::new(None) };
}

fn with(run: impl FnOnce(&mut State) -> u32) -> u32 {
    STATE.with_borrow_mut(|state| state.as_mut().map_or(0, run))
}

fn shown(visible: &[bool]) -> u32 {
    visible.iter().map(|&visible| u32::from(visible)).sum()
}

/// Where to write so many bytes of JSON.
#[unsafe(no_mangle)]
pub extern "C" fn input(bytes: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.resize(bytes, 0);
        input.as_mut_ptr()
    })
}

/// Reads the workload; how many cards there are.
#[unsafe(no_mangle)]
pub extern "C" fn load() -> u32 {
    let workload: Workload = INPUT.with_borrow(|input| serde_json::from_slice(input).unwrap());
    let now = parse_instant(workload.context.now.as_deref().unwrap()).unwrap();
    let policy = Arc::new(Policy::new(workload.policy.clone()));
    let session = Session::new(policy, workload.context.clone(), None);
    let cards = workload.cards.len() as u32;
    let later = parse_instant("2026-12-01T13:00:00Z").unwrap();
    STATE.set(Some(State {
        workload,
        session,
        now,
        later,
    }));
    cards
}

/// Compiles the policy.
#[unsafe(no_mangle)]
pub extern "C" fn compile() -> u32 {
    with(|state| {
        Policy::new(state.workload.policy.clone())
            .document()
            .rules
            .len() as u32
    })
}

/// Matches all cards.
#[unsafe(no_mangle)]
pub extern "C" fn set_cards() -> u32 {
    with(|state| {
        state.session.set_cards(state.workload.cards.clone());
        0
    })
}

/// Takes over other facts and decides all cards.
#[unsafe(no_mangle)]
pub extern "C" fn refresh(other: u32) -> u32 {
    with(|state| {
        let context = if other == 0 {
            &state.workload.context
        } else {
            &state.workload.other_context
        };
        state.session.set_context(context.clone());
        shown(state.session.decide(state.now))
    })
}

/// Decides all cards at another time.
#[unsafe(no_mangle)]
pub extern "C" fn pass(later: u32) -> u32 {
    with(|state| {
        shown(
            state
                .session
                .decide(if later == 0 { state.now } else { state.later }),
        )
    })
}
