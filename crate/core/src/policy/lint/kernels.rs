//! Kernels: their directories, and kernels whose cards depend on themselves.

use std::collections::{HashMap, HashSet};

use super::common::is_kernel_name;
use super::conditions::kernels_named;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::selectors::SelectorNodes;
use crate::policy::card::{KERNEL_CATEGORIES, normalize_kernel_name};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::MatchKey;
use crate::policy::glob::is_glob;
use crate::policy::index::CompiledSelector;

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
pub fn check_cycles(reporter: &mut Reporter, root: &Cursor) {
    let dependencies = KernelDependencies::new(root);
    let mut search = CycleSearch {
        dependencies: &dependencies,
        done: HashSet::new(),
        cycles: 0,
    };
    for (kernel, _) in dependencies.rules.iter().flatten() {
        search.visit(reporter, kernel);
    }
}

/// A kernel's name, normalized, and the condition that names it.
type NamedKernel<'a> = (String, Cursor<'a>);

/// Which kernels the rules for a kernel name in their conditions.
struct KernelDependencies<'a> {
    /// For each rule with `kernel` conditions, the kernels in them.
    rules: Vec<Vec<NamedKernel<'a>>>,
    /// The numbers of rules by the kernel that they match, if they name it without a glob.
    by_name: HashMap<String, Vec<usize>>,
    /// Other rules, with the kernels that they match.
    by_selector: Vec<(CompiledSelector, usize)>,
}

impl<'a> KernelDependencies<'a> {
    fn new(root: &Cursor<'a>) -> Self {
        let mut dependencies = Self {
            rules: Vec::new(),
            by_name: HashMap::new(),
            by_selector: Vec::new(),
        };
        for rule in root.items_of("rules") {
            let conditions = [rule.get("show_when"), rule.get("hide_when")];
            let named = conditions.iter().flatten().flat_map(kernels_named);
            let named: Vec<_> = named
                .map(|(name, cursor)| (normalize_kernel_name(name), cursor))
                .collect();
            if named.is_empty() {
                continue;
            }
            for selector in selectors_of(root, &rule, MatchKey::Kernel) {
                dependencies.add_selector(&selector);
            }
            let has_kernels = |selector: &Cursor| {
                let selector = SelectorNodes::new(selector).compile(false);
                let mut categories = KERNEL_CATEGORIES.iter();
                categories.any(|category| selector.matches(category))
            };
            let categories = selectors_of(root, &rule, MatchKey::Category);
            if categories.iter().any(has_kernels) {
                let rule = dependencies.rules.len();
                let every_kernel = CompiledSelector::everything();
                dependencies.by_selector.push((every_kernel, rule));
            }
            dependencies.rules.push(named);
        }
        dependencies
    }

    /// The next rule matches the kernels of this selector.
    fn add_selector(&mut self, selector: &Cursor) {
        let rule = self.rules.len();
        let globs = SelectorNodes::new(selector);
        let names = || globs.include.iter().filter_map(|glob| glob.node.text());
        if globs.except.is_empty() && !names().any(is_glob) {
            for name in names() {
                let name = normalize_kernel_name(name);
                self.by_name.entry(name).or_default().push(rule);
            }
            return;
        }
        self.by_selector.push((globs.compile(true), rule));
    }

    /// The kernels that the rules for this one name.
    fn of(&self, reporter: &Reporter, kernel: &str) -> Vec<&NamedKernel<'a>> {
        let mut rules = self.by_name.get(kernel).cloned().unwrap_or_default();
        if reporter.may_compare(self.by_selector.len()) {
            let matching = self.by_selector.iter();
            let matching = matching.filter(|(selector, _)| selector.matches(kernel));
            rules.extend(matching.map(|(_, rule)| *rule));
        }
        rules.sort_unstable();
        rules.dedup();
        let named = rules.into_iter().filter_map(|rule| self.rules.get(rule));
        let named: Vec<_> = named.flatten().collect();
        if reporter.may_compare(named.len()) {
            named
        } else {
            Vec::new()
        }
    }
}

/// A depth-first search through all kernels.
struct CycleSearch<'d, 'a> {
    dependencies: &'d KernelDependencies<'a>,
    /// Kernels from which everything was visited.
    done: HashSet<&'d str>,
    /// How many cycles were reported.
    cycles: usize,
}

impl<'d> CycleSearch<'d, '_> {
    /// Visits what can be reached from a kernel; reports what leads back to the path to it.
    ///
    /// Not recursive, since a chain of kernels may be as long as the policy.
    fn visit(&mut self, reporter: &mut Reporter, start: &'d str) {
        if self.done.contains(start) {
            return;
        }
        let mut path = vec![(start, self.dependencies.of(reporter, start))];
        while let Some((kernel, unvisited)) = path.last_mut() {
            if self.cycles >= MAX_CYCLES {
                return;
            }
            let Some((next, cursor)) = unvisited.pop() else {
                self.done.insert(kernel);
                path.pop();
                continue;
            };
            if let Some(begin) = path.iter().position(|(kernel, _)| kernel == next) {
                let cycle = path.iter().skip(begin).map(|(kernel, _)| *kernel);
                report_cycle(reporter, cursor, &cycle.collect::<Vec<_>>());
                self.cycles += 1;
            } else if !self.done.contains(next.as_str()) {
                path.push((next, self.dependencies.of(reporter, next)));
            }
        }
    }
}

fn report_cycle(reporter: &mut Reporter, cursor: &Cursor, cycle: &[&str]) {
    let mut named: Vec<&str> = cycle.iter().take(MAX_NAMED).copied().collect();
    if cycle.len() > MAX_NAMED {
        named.push("…");
    }
    named.extend(cycle.first());
    reporter.report(
        DiagnosticCode::KERNEL_CYCLE,
        cursor,
        format!(
            "Whether this kernel is shown depends on itself: {}.",
            named.join(" → ")
        ),
        "Ask here for a group or scope instead, or match fewer kernels.",
    );
}

/// What a rule matches cards by, for one key of `match`: its own selector, and those of the tags that
/// it matches.
fn selectors_of<'a>(root: &Cursor<'a>, rule: &Cursor<'a>, key: MatchKey) -> Vec<Cursor<'a>> {
    let Some(cards) = rule.get("match") else {
        return Vec::new();
    };
    let mut selectors: Vec<_> = cards.get(key.as_str()).into_iter().collect();
    if let (Some(tag), Some(tags)) = (cards.get(MatchKey::Tag.as_str()), root.get("tags")) {
        let tag = SelectorNodes::new(&tag).compile(false);
        let tagged = tags.entries().filter(|(entry, _)| tag.matches(&entry.key));
        selectors.extend(tagged.filter_map(|(_, targets)| targets.get(key.as_str())));
    }
    selectors
}
