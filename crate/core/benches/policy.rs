//! Times of the policy engine on workloads that `bench/run.mjs` writes: one JSON object a file.
//!
//! `cargo bench --bench policy -- FILE…` prints one JSON line for each file.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use scoped_launcher_core::policy::card::Card;
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::Document;
use scoped_launcher_core::policy::time::parse_instant;
use scoped_launcher_core::policy::{Policy, Session};
use serde::Deserialize;

#[derive(Deserialize)]
struct Workload {
    policy: Document,
    context: Context,
    cards: Vec<Card>,
}

/// The median of some runs, in microseconds.
fn median_us(runs: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[runs / 2]
}

fn main() {
    let files = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"));
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let Workload {
            policy,
            context,
            cards,
        } = serde_json::from_str(&text).unwrap();
        let now = parse_instant(context.now.as_deref().unwrap()).unwrap();
        let later = parse_instant("2026-12-01T13:00:00Z").unwrap();
        let runs = if cards.len() > 1_000 { 15 } else { 201 };
        let compile = median_us(runs, || {
            black_box(Policy::new(policy.clone()));
        });
        let compiled = Arc::new(Policy::new(policy.clone()));
        let mut session = Session::new(Arc::clone(&compiled), context.clone(), None);
        let set_cards = median_us(runs, || session.set_cards(cards.clone()));
        let shown = session.decide(now).iter().filter(|&&shown| shown).count();
        // Each time with one group more or one less.
        let mut other = context.clone();
        other.groups.pop();
        let contexts = [context.clone(), other];
        let mut turn = 0;
        let refresh = median_us(runs, || {
            turn += 1;
            session.set_context(contexts[turn % 2].clone());
            black_box(session.decide(now));
        });
        session.set_context(context.clone());
        let mut at = now;
        let pass = median_us(runs, || {
            at = if at == now { later } else { now };
            black_box(session.decide(at));
        });
        session.decide(now);
        let again = median_us(runs, || {
            black_box(session.decide(now));
        });
        let line = [
            "{\"op\":\"decide\",",
            text.trim_start().trim_start_matches('{'),
        ]
        .concat();
        let batch = median_us(runs.min(15), || {
            black_box(scoped_launcher_core::batch::answer(&line));
        });
        println!(
            "{}",
            serde_json::json!({"cards": cards.len(), "rules": policy.rules.len(), "shown": shown, "compile": compile, "set_cards": set_cards,
                "refresh": refresh, "pass": pass, "again": again, "batch": batch})
        );
    }
}
