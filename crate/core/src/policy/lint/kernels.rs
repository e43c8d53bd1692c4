//! Kernels: their directories, and kernels whose cards depend on themselves.

use std::collections::{BTreeSet, HashMap};

use super::common::{example_of, is_kernel_name};
use super::conditions::kernel_selectors;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::rules::cursor_of_rule;
use super::selectors::SelectorNodes;
use crate::policy::card::{Kernelspec, normalize_kernel_name};
use crate::policy::compile::Policy;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::{Document, MatchKey, PolicyCard, Predicate, Rule, Selector};
use crate::policy::glob::NameKind;
use crate::policy::matching::{CardMatches, KernelStep};

/// Checks `kernels`.
pub fn check(reporter: &mut Reporter, root: &Cursor) {
    let Some(kernels) = root.get("kernels") else {
        return;
    };
    let mut lines = HashMap::new();
    for (entry, directory) in kernels.entries() {
        let name = &entry.key;
        let line = entry.key_span.line;
        if !is_kernel_name(name) {
            reporter.report_key(
                DiagnosticCode::BAD_NAME,
                entry,
                &directory,
                format!("{} is not a kernelspec name.", quoted(name)),
                "Write the kernelspec's name: letters, digits, `-`, `_` and `.`.",
            );
        }
        if let Some(first) = lines.insert(normalize_kernel_name(name), line) {
            reporter.report_key(
                DiagnosticCode::DUPLICATE_ID,
                entry,
                &directory,
                format!(
                    "Duplicate kernel {}; first defined on line {first}. Case does not matter.",
                    quoted(name)
                ),
                "Keep one of the two.",
            );
        }
        let Some(path) = directory.node.text() else {
            continue;
        };
        if path.contains(':') {
            reporter.report(
                DiagnosticCode::BAD_PATH,
                &directory,
                "`JUPYTER_PATH` separates directories by `:`, so this would be read as two.",
                "Write the path of a directory without `:` in it.",
            );
        } else if !path.starts_with('/') && !path.is_empty() {
            reporter.report(
                DiagnosticCode::RELATIVE_PATH,
                &directory,
                "A relative path depends on the directory in which a server starts.",
                "Write a path that begins with `/`.",
            );
        }
    }
}

/// At most this many cycles are reported: one mistake can make thousands.
const MAX_CYCLES: usize = 20;

/// At most this many kernels of a cycle are named.
const MAX_NAMED: usize = 8;

/// Reports kernels whose cards depend on themselves through `kernel` conditions.
///
/// The engine itself says which kernels it cannot decide on, of those that the policy names and of one for each
/// glob. Which others exist is not known here; the engine hides what it finds in a cycle.
pub fn check_cycles(reporter: &mut Reporter, root: &Cursor, policy: &Policy) {
    let mut names = BTreeSet::new();
    collect_kernel_names(policy.document(), &mut names);
    let kernelspecs: Vec<Kernelspec> = names
        .into_iter()
        .map(|name| Kernelspec {
            name,
            ..Kernelspec::default()
        })
        .collect();
    let matches = CardMatches::new(policy, Some(&kernelspecs), &[]);
    let undecided = UndecidedKernels::new(policy, &matches);
    for cycle in undecided.cycles() {
        report_cycle(reporter, root, &undecided, &cycle);
    }
}

/// The names of kernels that a policy is about.
fn collect_kernel_names(document: &Document, names: &mut BTreeSet<String>) {
    let mut add = |selector: &Selector| {
        for pattern in &selector.include {
            names.insert(normalize_kernel_name(&example_of(pattern.as_str(), "x")));
        }
    };
    let of_cards: Vec<Rule> = document.cards.iter().filter_map(PolicyCard::rule).collect();
    for rule in document.rules.iter().chain(&of_cards) {
        rule.matches.selectors(MatchKey::Kernel).for_each(&mut add);
        for condition in rule.show_when.iter().chain(&rule.hide_when) {
            condition.for_each_predicate(&mut |predicate| {
                if let Predicate::Kernel(selector) = predicate {
                    add(selector);
                }
            });
        }
    }
    let directories = document.kernels.0.iter();
    names.extend(directories.map(|(name, _)| normalize_kernel_name(name)));
}

/// The kernels that the engine cannot decide on: those in a cycle, and those that depend on one.
struct UndecidedKernels<'a> {
    policy: &'a Policy,
    matches: &'a CardMatches,
    /// By number of the kernel.
    is_undecided: Vec<bool>,
}

impl<'a> UndecidedKernels<'a> {
    fn new(policy: &'a Policy, matches: &'a CardMatches) -> Self {
        let mut is_undecided = vec![true; matches.kernels.len()];
        for step in &matches.kernel_order {
            if let KernelStep::Kernel(kernel) = step
                && let Some(is_undecided) = is_undecided.get_mut(*kernel as usize)
            {
                *is_undecided = false;
            }
        }
        Self {
            policy,
            matches,
            is_undecided,
        }
    }

    /// The next kernel on the way round, with the rule that asks for it.
    fn next(&self, kernel: u32) -> Option<(u32, u32)> {
        let kernel = self.matches.kernels.get(kernel as usize)?;
        let rules = self.matches.rule_sets_of(kernel).flat_map(|set| &set.rules);
        rules
            .filter_map(|&number| Some((number, self.policy.rules.get(number as usize)?)))
            .flat_map(|(number, rule)| {
                let conditions = rule.kernel_conditions.iter();
                conditions.map(move |condition| (number, condition))
            })
            .find_map(|(rule, &condition)| {
                let selected = self.matches.selected_kernels.get(condition as usize)?;
                let next = selected.iter().find(|&&next| {
                    let is_undecided = self.is_undecided.get(next as usize);
                    is_undecided.copied().unwrap_or(false)
                })?;
                Some((*next, rule))
            })
    }

    /// Cycles, each as kernels with the rules that lead to the next one.
    fn cycles(&self) -> Vec<Vec<(u32, u32)>> {
        let mut visited = vec![false; self.is_undecided.len()];
        let mut cycles = Vec::new();
        for start in 0..self.is_undecided.len() as u32 {
            let mut path: Vec<(u32, u32)> = Vec::new();
            let mut kernel = start;
            while cycles.len() < MAX_CYCLES
                && self.is_undecided.get(kernel as usize) == Some(&true)
                && let Some(is_visited) = visited.get_mut(kernel as usize)
                && !*is_visited
                && let Some((next, rule)) = self.next(kernel)
            {
                *is_visited = true;
                path.push((kernel, rule));
                kernel = next;
            }
            if let Some(begin) = path.iter().position(|(on_path, _)| *on_path == kernel) {
                cycles.push(path.split_off(begin));
            }
        }
        cycles
    }

    fn name(&self, kernel: u32) -> &str {
        let kernel = self.matches.kernels.get(kernel as usize);
        kernel.map_or("", |kernel| kernel.name.as_str())
    }
}

fn report_cycle(
    reporter: &mut Reporter,
    root: &Cursor,
    undecided: &UndecidedKernels,
    cycle: &[(u32, u32)],
) {
    let names: Vec<&str> = cycle
        .iter()
        .map(|(kernel, _)| undecided.name(*kernel))
        .collect();
    let mut named: Vec<&str> = names.iter().take(MAX_NAMED).copied().collect();
    if names.len() > MAX_NAMED {
        named.push("…");
    }
    named.extend(names.first());
    let Some((_, rule)) = cycle.last() else {
        return;
    };
    let first = names.first().copied().unwrap_or_default();
    reporter.report(
        DiagnosticCode::KERNEL_CYCLE,
        &kernel_condition(root, *rule, first),
        format!(
            "Whether this kernel is shown depends on itself: {}.",
            named.join(" → ")
        ),
        "Ask here for a group or scope instead, or match fewer kernels.",
    );
}

/// Where a rule asks for a kernel.
fn kernel_condition<'a>(root: &Cursor<'a>, rule: u32, kernel: &str) -> Cursor<'a> {
    let Some(rule) = cursor_of_rule(root, rule) else {
        return root.clone();
    };
    let conditions = [rule.get("show_when"), rule.get("hide_when")];
    let selectors = conditions.iter().flatten().flat_map(kernel_selectors);
    let asks = |selector: &Cursor| {
        let selector = SelectorNodes::new(selector);
        selector.compile(NameKind::Kernel).matches(kernel)
    };
    let found = selectors.into_iter().find(asks);
    found.unwrap_or(rule)
}
