//! Every policy in docs/reference/policy.md passes lint.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used)] // helpers of tests

use scoped_launcher_core::policy::diagnostic::Severity;
use scoped_launcher_core::policy::explain::ExplanationCode;
use scoped_launcher_core::policy::lint::{LintOptions, check};

const DOCS: &str = include_str!("../../../docs/reference/policy.md");

/// A whole policy from a block that may be a part of one.
fn whole(block: &str) -> String {
    let first = block.lines().find(|line| !line.starts_with('#')).unwrap();
    if first.starts_with("version:") {
        return block.to_owned();
    }
    if first.starts_with("- ") {
        return format!("version: 1\nrules:\n{block}");
    }
    if first.starts_with("match:") {
        let rules = block.lines().enumerate();
        let rules = rules.map(|(number, line)| {
            format!("  - id: r{number}\n    {line}\n    show_when: {{admin: true}}\n")
        });
        return format!("version: 1\nrules:\n{}", rules.collect::<String>());
    }
    format!("version: 1\n{block}")
}

#[test]
fn every_example_passes_lint() {
    let blocks: Vec<&str> = DOCS
        .split("```yaml\n")
        .skip(1)
        .map(|block| block.split_once("```").unwrap().0)
        .collect();
    assert!(blocks.len() > 5);
    for block in blocks {
        let policy = whole(block);
        let checked = check(policy.as_bytes(), "policy.yaml", &LintOptions::default());
        let errors: Vec<_> = checked.of(Severity::Error).collect();
        assert!(errors.is_empty(), "{policy}\n{errors:?}");
    }
}

#[test]
fn every_part_of_an_explanation_is_documented() {
    for code in ExplanationCode::ALL {
        let kind = format!("{:?}", code.kind()).to_lowercase();
        let row = format!("| `{}` | {kind} | {} |", code.as_str(), code.text());
        assert!(DOCS.contains(&row), "docs/reference/policy.md misses {row}");
    }
}
