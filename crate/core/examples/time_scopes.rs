//! Times the scope algebra for `bench/scopes.py`.
//!
//! Each line of standard input is `{"scopes": […], "owner": user, "asked": […]}`. The answer has the
//! nanoseconds of the best of several runs: to expand and write out, to index, and for one check;
//! and how many of the asked scopes are held.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::io::stdin;
use std::time::{Duration, Instant};

use scoped_launcher_core::scopes::{Definitions, Owner, ScopeSet, expand};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Case {
    scopes: Vec<String>,
    owner: String,
    asked: Vec<String>,
}

fn main() {
    let definitions = Definitions::default();
    for line in stdin().lines() {
        let case: Case = serde_json::from_str(&line.unwrap()).unwrap();
        let owner = Some(Owner::User(&case.owner));
        let scopes = || case.scopes.iter().map(String::as_str);
        let expanded = || expand(scopes(), owner, None, &definitions).unwrap().0;
        let texts = expanded().texts();
        let index = || ScopeSet::parse(texts.iter().map(String::as_str)).unwrap();
        let set = index();
        let held = || {
            let asked = case.asked.iter();
            let held = asked.filter(|scope| set.has(black_box(scope), false, None).unwrap());
            held.count()
        };
        let answer = json!({
            "expand_ns": best_ns(|| expanded().texts()),
            "index_ns": best_ns(index),
            "check_ns": best_ns(held) / case.asked.len() as f64,
            "held": held(),
        });
        println!("{answer}");
    }
}

/// The fastest of the runs that fit into half a second, in nanoseconds.
fn best_ns<T>(run: impl Fn() -> T) -> f64 {
    let mut best = Duration::MAX;
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(500) {
        let one = Instant::now();
        black_box(run());
        best = best.min(one.elapsed());
    }
    best.as_nanos() as f64
}
