//! Conditions: who and what they name, and kernels that depend on themselves.

use std::collections::{HashMap, HashSet};

use super::selectors::{self, CompiledSelector, SelectorNodes, is_glob};
use super::{Cursor, Reporter, scopes};
use crate::policy::card::KERNEL_CATEGORIES;
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::document::MAX_CONDITION_DEPTH;
use crate::policy::glob::Glob;
use crate::policy::source::{SourceNode, SourceValue};

/// The names that conditions may use.
pub struct NameTable<'a> {
    /// Scopes that exist, and those that roles grant.
    pub scopes: scopes::ScopeTable<'a>,
    /// Groups of roles and, if the caller knows them, of the Hub.
    groups: HashSet<&'a str>,
    /// Kernels that the policy names exactly outside conditions.
    kernels: Vec<&'a str>,
}

impl<'a> NameTable<'a> {
    /// Collects the names of a policy.
    pub fn new(
        root: &Cursor<'a>,
        hub_groups: Option<&'a [String]>,
        scopes: scopes::ScopeTable<'a>,
    ) -> Self {
        let hub_groups = hub_groups.into_iter().flatten().map(String::as_str);
        let roles = root.items_of("roles");
        let role_groups = roles.iter().flat_map(|role| role.items_of("groups"));
        let role_groups = role_groups.filter_map(|group| group.node.text());
        let kernels = root.get("kernels");
        let directories = kernels
            .iter()
            .flat_map(Cursor::entries)
            .map(|(entry, _)| entry.key.as_str());
        let rules = root.items_of("rules");
        let matched = rules
            .iter()
            .filter_map(|rule| rule.get("match")?.get("kernel"));
        let matched = matched.flat_map(|selector| SelectorNodes::of(&selector).include);
        let matched = matched
            .filter_map(|at| at.node.text())
            .filter(|text| !is_glob(text));
        Self {
            scopes,
            groups: hub_groups.chain(role_groups).collect(),
            kernels: directories.chain(matched).collect(),
        }
    }

    /// Reports a group that is not known, if any groups are known at all.
    pub fn check_groups(&self, lint: &mut Reporter, selector: &Cursor) {
        if self.groups.is_empty() && lint.known.groups.is_none() {
            return;
        }
        for at in SelectorNodes::of(selector).iter() {
            let Some(text) = at.node.text() else { continue };
            let is_known = if is_glob(text) {
                let Ok(glob) = Glob::new(text, false) else {
                    continue;
                };
                !lint.may_compare(self.groups.len())
                    || self.groups.iter().any(|group| glob.matches(group))
            } else {
                self.groups.contains(text)
            };
            if is_known || text.is_empty() {
                continue;
            }
            let who = match lint.known.groups {
                Some(_) => "Neither the Hub nor a role here has a group",
                None => "No role here names a group",
            };
            let near = lint.suggester.find(text, self.groups.iter().copied());
            let help = match (near, lint.known.groups) {
                (Some(near), _) => format!("Did you mean `{near}`?"),
                (None, Some(_)) => "Make the group at the Hub, or name it in a role.".to_owned(),
                (None, None) => "If the Hub has it, give `check` the Hub's groups.".to_owned(),
            };
            lint.report(
                DiagnosticCode::UNKNOWN_GROUP,
                at,
                format!("{who} {}.", quoted(text)),
                help,
            );
        }
    }

    fn check_kernel(&self, lint: &mut Reporter, at: &Cursor) {
        let Some(text) = at.node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        if !is_kernel_name(text) {
            lint.report(
                DiagnosticCode::NEVER_MATCHES,
                at,
                format!("No kernel is named {}.", quoted(text)),
                "Write one exact kernelspec name; globs and lists are not possible here.",
            );
            return;
        }
        if self
            .kernels
            .iter()
            .any(|name| name.eq_ignore_ascii_case(text))
        {
            return;
        }
        if let Some(near) = lint.suggester.find(text, self.kernels.iter().copied()) {
            let message = format!("The policy has no kernel {} elsewhere.", quoted(text));
            lint.report(
                DiagnosticCode::UNKNOWN_KERNEL,
                at,
                message,
                format!("Did you mean `{near}`?"),
            );
        }
    }
}

/// Whether Jupyter accepts a kernelspec of this name; follows `jupyter_client.kernelspec`.
pub fn is_kernel_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.chars().all(allowed)
}

/// Checks a condition and those within it.
pub fn check(lint: &mut Reporter, condition: &Cursor, names: &NameTable) {
    check_at_depth(lint, condition, names, 0);
}

fn check_at_depth(lint: &mut Reporter, condition: &Cursor, names: &NameTable, depth: usize) {
    if depth >= MAX_CONDITION_DEPTH {
        lint.report(
            DiagnosticCode::TOO_DEEP,
            condition,
            format!("Conditions nest more than {MAX_CONDITION_DEPTH} deep here."),
            "Write the condition flatter: `all` and `any` take lists.",
        );
        return;
    }
    for (entry, at) in condition.entries() {
        match entry.key.as_str() {
            "group" => {
                selectors::check(lint, &at, "group");
                names.check_groups(lint, &at);
            }
            "user" => selectors::check(lint, &at, "user"),
            "scope" => names.scopes.check_condition(lint, &at),
            "kernel" => names.check_kernel(lint, &at),
            "not" => check_at_depth(lint, &at, names, depth + 1),
            "all" | "any" => {
                for item in at.items() {
                    check_at_depth(lint, &item, names, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// Whether a condition always or never holds, if that can be told without any facts.
pub fn constant(condition: &SourceNode) -> Option<bool> {
    every(condition.entries().iter().map(|entry| {
        let value = &entry.value;
        match (entry.key.as_str(), &value.value) {
            ("always", SourceValue::Bool(always)) => Some(*always),
            ("not", _) => constant(value).map(|holds| !holds),
            ("all", _) => every(value.items().iter().map(constant)),
            ("any", _) => {
                let none = every(
                    value
                        .items()
                        .iter()
                        .map(|one| constant(one).map(|holds| !holds)),
                );
                none.map(|none| !none)
            }
            _ => None,
        }
    }))
}

/// Whether all hold: no, if one does not, whatever the unknown ones are. Of none, nothing is known.
fn every(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let (mut result, mut unknown) = (None, false);
    for holds in all {
        match holds {
            Some(false) => return Some(false),
            Some(true) => result = Some(true),
            None => unknown = true,
        }
    }
    result.filter(|_| !unknown)
}

/// So many circles are reported: one mistake can make thousands.
const MOST_CYCLES: usize = 20;

/// So many kernels of a circle are named.
const MOST_NAMED: usize = 8;

/// Reports kernels whose cards depend on themselves through `kernel` conditions.
pub fn check_cycles(lint: &mut Reporter, root: &Cursor) {
    let needs = KernelDependencies::new(root);
    let mut done: HashSet<String> = HashSet::new();
    let mut cycles = 0;
    for kernel in needs.asked_for() {
        needs.walk(lint, kernel, &mut done, &mut cycles);
    }
}

/// Which kernels the rules for a kernel ask for.
struct KernelDependencies<'a> {
    rules: Vec<Vec<(String, Cursor<'a>)>>,
    by_name: HashMap<String, Vec<usize>>,
    by_glob: Vec<(CompiledSelector, usize)>,
}

impl<'a> KernelDependencies<'a> {
    fn new(root: &Cursor<'a>) -> Self {
        let mut needs = Self {
            rules: Vec::new(),
            by_name: HashMap::new(),
            by_glob: Vec::new(),
        };
        for rule in root.items_of("rules") {
            let mut asked = Vec::new();
            for condition in [rule.get("show_when"), rule.get("hide_when")] {
                condition
                    .iter()
                    .for_each(|condition| kernels_in(condition, &mut asked));
            }
            if asked.is_empty() {
                continue;
            }
            for selector in selectors_of(root, &rule, "kernel") {
                needs.add(&selector);
            }
            let of_kernels = |selector: &Cursor| {
                let chosen = SelectorNodes::of(selector).choice(false);
                KERNEL_CATEGORIES
                    .iter()
                    .any(|category| chosen.has(category))
            };
            if selectors_of(root, &rule, "category").iter().any(of_kernels) {
                needs
                    .by_glob
                    .push((CompiledSelector::everything(), needs.rules.len()));
            }
            needs.rules.push(asked);
        }
        needs
    }

    /// The next rule governs the kernels of this selector.
    fn add(&mut self, selector: &Cursor) {
        let rule = self.rules.len();
        let globs = SelectorNodes::of(selector);
        let exact = |at: &&Cursor| at.node.text().is_some_and(|text| !is_glob(text));
        if globs.except.is_empty() && globs.include.iter().all(|at| exact(&at)) {
            for name in globs.include.iter().filter_map(|at| at.node.text()) {
                self.by_name
                    .entry(name.to_lowercase())
                    .or_default()
                    .push(rule);
            }
            return;
        }
        self.by_glob.push((globs.choice(true), rule));
    }

    fn asked_for(&self) -> impl Iterator<Item = &str> {
        self.rules
            .iter()
            .flatten()
            .map(|(kernel, _)| kernel.as_str())
    }

    /// The kernels that the rules for this one ask for.
    fn of(&self, lint: &Reporter, kernel: &str) -> Vec<&(String, Cursor<'a>)> {
        let mut rules = self.by_name.get(kernel).cloned().unwrap_or_default();
        if lint.may_compare(self.by_glob.len()) {
            let governing = self.by_glob.iter().filter(|(chosen, _)| chosen.has(kernel));
            rules.extend(governing.map(|(_, rule)| *rule));
        }
        rules.sort_unstable();
        rules.dedup();
        let asked = rules.into_iter().filter_map(|rule| self.rules.get(rule));
        let asked: Vec<_> = asked.flatten().collect();
        if lint.may_compare(asked.len()) {
            asked
        } else {
            Vec::new()
        }
    }

    /// Walks depth first from a kernel; whatever leads back to where the walk is, is a cycle.
    fn walk(
        &self,
        lint: &mut Reporter,
        start: &str,
        done: &mut HashSet<String>,
        cycles: &mut usize,
    ) {
        if done.contains(start) || *cycles >= MOST_CYCLES {
            return;
        }
        let mut path = vec![(start, self.of(lint, start))];
        while let Some((kernel, asked)) = path.last_mut() {
            let Some((next, at)) = asked.pop() else {
                done.insert((*kernel).to_owned());
                path.pop();
                continue;
            };
            if let Some(begin) = path.iter().position(|(kernel, _)| kernel == next) {
                let round = path.iter().skip(begin).map(|(kernel, _)| *kernel);
                let mut round: Vec<_> = round.take(MOST_NAMED).collect();
                if path.len() - begin > MOST_NAMED {
                    round.push("…");
                }
                round.push(next);
                lint.report(
                    DiagnosticCode::KERNEL_CYCLE,
                    at,
                    format!(
                        "Whether this kernel is shown depends on itself: {}.",
                        round.join(" → ")
                    ),
                    "Ask here for a group or scope instead, or match fewer kernels.",
                );
                *cycles += 1;
                if *cycles >= MOST_CYCLES {
                    return;
                }
            } else if !done.contains(next) {
                path.push((next, self.of(lint, next)));
            }
        }
    }
}

/// The exact kernel names of a condition, in lower case.
fn kernels_in<'a>(condition: &Cursor<'a>, found: &mut Vec<(String, Cursor<'a>)>) {
    for (entry, at) in condition.entries() {
        match entry.key.as_str() {
            "kernel" => found.extend(at.node.text().map(|text| (text.to_lowercase(), at.clone()))),
            "not" => kernels_in(&at, found),
            "all" | "any" => at.items().for_each(|item| kernels_in(&item, found)),
            _ => {}
        }
    }
}

/// What a rule matches cards by, for one key of `match`: its own selector, and those of the tags that
/// it matches.
fn selectors_of<'a>(root: &Cursor<'a>, rule: &Cursor<'a>, key: &str) -> Vec<Cursor<'a>> {
    let Some(cards) = rule.get("match") else {
        return Vec::new();
    };
    let mut selectors: Vec<_> = cards.get(key).into_iter().collect();
    if let (Some(tag), Some(tags)) = (cards.get("tag"), root.get("tags")) {
        let globs = SelectorNodes::of(&tag);
        let chosen = globs.choice(false);
        let tagged = tags.entries().filter(|(entry, _)| chosen.has(&entry.key));
        selectors.extend(tagged.filter_map(|(_, targets)| targets.get(key)));
    }
    selectors
}
