//! docs/reference/lint.md lists the codes of lint and documents each, and its examples do what it says.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::fmt::Write;

use scoped_launcher_core::policy::diagnostic::{DiagnosticCode, Severity};
use scoped_launcher_core::policy::lint::{LintOptions, check};
use scoped_launcher_core::policy::source::MAX_BYTES;
use scoped_launcher_core::policy::time::parse_instant;

const DOCS: &str = include_str!("../../../docs/reference/lint.md");

fn codes(policy: &[u8]) -> Vec<&'static str> {
    let options = LintOptions {
        now_ms: parse_instant("2026-12-01T09:00:00Z").ok(),
        ..LintOptions::default()
    };
    let diagnostics = check(policy, "policy.yaml", &options).diagnostics;
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

/// The sections of the page that document codes: heading and text.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let sections = DOCS.split("\n### ").skip(1);
    sections.map(|section| section.split_once('\n').unwrap())
}

/// The wrong policy and the corrected one of a section.
fn examples(section: &'static str) -> Vec<&'static str> {
    let blocks = section.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0)
        .collect()
}

/// The table of all codes.
fn table() -> String {
    let mut table = String::from("| code | severity | meaning |\n|---|---|---|\n");
    for code in DiagnosticCode::ALL {
        let severity = match code.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(table, "| {} | {severity} | {} |", code.id, code.title).unwrap();
    }
    table
}

/// Examples that are too large for the page, or are not text.
fn unprintable_examples(code: &str) -> Option<(Vec<u8>, Vec<u8>)> {
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
        "SL109" => {
            let policy = |length| {
                let name = "x".repeat(length);
                format!("version: 1\npreview: {{group: {name}}}\n").into_bytes()
            };
            Some((policy(601), policy(600)))
        }
        _ => None,
    }
}

#[test]
fn the_table_lists_every_code() {
    let table = table();
    assert!(
        DOCS.contains(&format!("\n\n{table}\n")),
        "write this table into docs/reference/lint.md:\n{table}"
    );
}

#[test]
fn every_code_has_a_section_with_its_title() {
    let headings: Vec<_> = sections().map(|(heading, _)| heading.to_owned()).collect();
    let codes = DiagnosticCode::ALL.iter();
    let expected: Vec<_> = codes
        .map(|code| format!("{}: {}", code.id, code.title))
        .collect();
    assert_eq!(headings, expected);
}

#[test]
fn every_section_has_an_example_and_its_correction() {
    let mut failures = Vec::new();
    for (heading, section) in sections() {
        let code = heading.split(':').next().unwrap();
        let (wrong, corrected) = match (examples(section).as_slice(), unprintable_examples(code)) {
            ([wrong, corrected], None) => {
                (wrong.as_bytes().to_vec(), corrected.as_bytes().to_vec())
            }
            ([], Some(examples)) => examples,
            other => panic!("{code}: {other:?}"),
        };
        let found = codes(&wrong);
        if found.is_empty() || found.iter().any(|found| *found != code) {
            failures.push(format!("{code} finds {found:?}"));
        }
        let left = codes(&corrected);
        if !left.is_empty() {
            failures.push(format!("corrected {code} finds {left:?}"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
