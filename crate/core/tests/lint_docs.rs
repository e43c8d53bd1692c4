//! docs/lint.md documents every code, and its examples do what it says.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::collections::BTreeMap;

use scoped_launcher_core::policy::diagnostic::DiagnosticCode;
use scoped_launcher_core::policy::lint::{LintOptions, check};
use scoped_launcher_core::policy::source::MAX_BYTES;
use scoped_launcher_core::policy::time::parse_instant;

const DOCS: &str = include_str!("../../../docs/lint.md");

fn codes(policy: &[u8]) -> Vec<&'static str> {
    let known = LintOptions {
        now_ms: parse_instant("2026-12-01T09:00:00Z").ok(),
        ..LintOptions::default()
    };
    let diagnostics = check(policy, "policy.yaml", &known).diagnostics;
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

/// DiagnosticCode to its examples: the wrong policy and the mended one.
fn examples() -> BTreeMap<&'static str, Vec<&'static str>> {
    let sections = DOCS.split("\n### ").skip(1);
    let examples = sections.map(|section| {
        let (code, text) = section.split_once(": ").unwrap();
        let blocks = text.split("```yaml\n").skip(1);
        let blocks = blocks.map(|block| block.split_once("```").unwrap().0);
        (code, blocks.collect())
    });
    examples.collect()
}

/// What no page can show: too much of something, or what is no text.
fn unprintable(code: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let good = b"version: 1\n".to_vec();
    let nested = |depth: usize| {
        let condition = "{not: ".repeat(depth) + "{admin: true}" + &"}".repeat(depth);
        format!("version: 1\npreview: {condition}\n").into_bytes()
    };
    match code {
        "SL001" => Some(("#".repeat(MAX_BYTES + 1).into_bytes(), good)),
        "SL002" => Some((b"version: 1\n# caf\xe9\n".to_vec(), good)),
        "SL003" => Some((b"version: 1\n# \x1b[31m\n".to_vec(), good)),
        "SL005" => Some((nested(50), nested(49))),
        "SL006" => Some((
            [&good[..], b"rules: [", &b"a,".repeat(400_000), b"]"].concat(),
            good,
        )),
        _ => None,
    }
}

#[test]
fn every_code_is_documented_with_an_example_and_its_mend() {
    let examples = examples();
    let documented: Vec<_> = examples.keys().copied().collect();
    let known: Vec<_> = DiagnosticCode::ALL.iter().map(|code| code.id).collect();
    assert_eq!(documented, known);
    let mut failures = Vec::new();
    for (code, blocks) in examples {
        let (wrong, mended) = match (blocks.as_slice(), unprintable(code)) {
            ([wrong, mended], None) => (wrong.as_bytes().to_vec(), mended.as_bytes().to_vec()),
            ([], Some(made)) => made,
            other => panic!("{code}: {other:?}"),
        };
        let found = codes(&wrong);
        if found.is_empty() || found.iter().any(|found| *found != code) {
            failures.push(format!("{code} finds {found:?}"));
        }
        let left = codes(&mended);
        if !left.is_empty() {
            failures.push(format!("mended {code} finds {left:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
