//! Which rules match which card: everything that does not change with the visitor or the time.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::card::{Card, KERNEL_CATEGORIES, Kernelspec, Kind, normalize_kernel_name};
use super::compile::Policy;
use super::document::MatchKey;

/// Cards by the rules that match them. Cards with the same rules form one rule set, and the rules of a
/// rule set are looked at once for all its cards.
#[derive(Debug, Default)]
pub(super) struct CardMatches {
    /// The rule set of each card, in the order of the cards.
    pub(super) rule_set_of: Vec<u32>,
    pub(super) rule_sets: Vec<RuleSet>,
    /// The kernels that `kernel` conditions ask about, by number.
    pub(super) kernels: Vec<ReferencedKernel>,
    /// Kernels, each after those that its rules ask about; those in or behind a cycle are left out.
    pub(super) kernel_order: Vec<u32>,
}

/// The rules that match some cards.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    /// Numbers of the rules that match, sorted.
    pub(super) rules: Vec<u32>,
}

/// A kernel that conditions ask about.
#[derive(Debug)]
pub(super) struct ReferencedKernel {
    /// The name of its kernelspec; `None` if there is none.
    pub(super) name: Option<String>,
    /// The rule sets of its cards: it may be used if one of them is shown. Where it has no card, those of
    /// the cards that JupyterLab's launcher makes.
    pub(super) rule_sets: Vec<u32>,
}

impl CardMatches {
    /// Matches all rules with all cards. Without `kernelspecs`, the kernels of the cards exist.
    pub(super) fn new(policy: &Policy, kernelspecs: Option<&[Kernelspec]>, cards: &[Card]) -> Self {
        let specs = kernelspecs.unwrap_or_default();
        let by_name = numbered(specs.iter().map(|spec| normalize_kernel_name(&spec.name)));
        let spec_of = |name: &str| specs.get(*by_name.get(name)? as usize);
        let referenced = numbered(policy.kernels.iter().cloned());
        let mut kernels: Vec<ReferencedKernel> = policy
            .kernels
            .iter()
            .map(|name| ReferencedKernel {
                name: spec_of(name).map(|spec| spec.name.clone()),
                rule_sets: Vec::new(),
            })
            .collect();
        let mut matcher = CardMatcher::new(policy);
        let mut rule_set_of = Vec::with_capacity(cards.len());
        for card in cards {
            let text = card.selected_name();
            let mut tags: Vec<&str> = card.tags.iter().map(String::as_str).collect();
            if card.kind == Kind::Kernel
                && let Some(spec) = spec_of(&text)
            {
                tags.extend(spec.tags.iter().map(String::as_str));
            }
            let rule_set =
                matcher.rule_set(card.kind.into(), &text, card.category.as_deref(), &tags);
            if card.kind == Kind::Kernel
                && let Some(&number) = referenced.get(&text)
                && let Some(kernel) = kernels.get_mut(number as usize)
            {
                kernel.rule_sets.push(rule_set);
                if kernelspecs.is_none() {
                    kernel.name = Some(card.name.clone());
                }
            }
            rule_set_of.push(rule_set);
        }
        for (kernel, text) in kernels.iter_mut().zip(&policy.kernels) {
            if kernel.rule_sets.is_empty()
                && let Some(spec) = spec_of(text)
            {
                let tags: Vec<&str> = spec.tags.iter().map(String::as_str).collect();
                for category in KERNEL_CATEGORIES {
                    let rule_set = matcher.rule_set(MatchKey::Kernel, text, Some(category), &tags);
                    kernel.rule_sets.push(rule_set);
                }
            }
            kernel.rule_sets.sort_unstable();
            kernel.rule_sets.dedup();
        }
        let rule_sets = matcher.finish();
        let kernel_order = kernel_order(policy, &kernels, &rule_sets);
        Self {
            rule_set_of,
            rule_sets,
            kernels,
            kernel_order,
        }
    }

    pub(super) fn rule_set(&self, number: u32) -> Option<&RuleSet> {
        self.rule_sets.get(number as usize)
    }

    pub(super) fn rule_sets_of<'m>(
        &'m self,
        kernel: &'m ReferencedKernel,
    ) -> impl Iterator<Item = &'m RuleSet> {
        kernel
            .rule_sets
            .iter()
            .filter_map(|&rule_set| self.rule_set(rule_set))
    }
}

/// Collects the rule sets.
struct CardMatcher<'p> {
    policy: &'p Policy,
    rule_sets: FxHashMap<Vec<u32>, u32>,
    /// Kept between cards for their memory only.
    found: Vec<u32>,
    given_tags: Vec<u32>,
}

impl<'p> CardMatcher<'p> {
    fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            rule_sets: FxHashMap::default(),
            found: Vec::new(),
            given_tags: Vec::new(),
        }
    }

    fn rule_set(
        &mut self,
        key: MatchKey,
        text: &str,
        category: Option<&str>,
        tags: &[&str],
    ) -> u32 {
        let Self {
            policy,
            rule_sets,
            found,
            given_tags,
        } = self;
        found.clear();
        given_tags.clear();
        for (key, text) in [(key, text)]
            .into_iter()
            .chain(category.map(|category| (MatchKey::Category, category)))
        {
            policy.tag_index.find(key, text, given_tags);
            policy.rule_index.find(key, text, found);
        }
        for &tag in &*given_tags {
            if let Some((tag, _)) = policy.document.tags.0.get(tag as usize) {
                policy.rule_index.find(MatchKey::Tag, tag, found);
            }
        }
        for tag in tags {
            policy.rule_index.find(MatchKey::Tag, tag, found);
        }
        found.sort_unstable();
        found.dedup();
        if let Some(&known) = rule_sets.get(found.as_slice()) {
            return known;
        }
        let number = rule_sets.len() as u32;
        rule_sets.insert(found.clone(), number);
        number
    }

    fn finish(self) -> Vec<RuleSet> {
        let mut rule_sets = Vec::new();
        rule_sets.resize_with(self.rule_sets.len(), RuleSet::default);
        for (rules, number) in self.rule_sets {
            if let Some(rule_set) = rule_sets.get_mut(number as usize) {
                rule_set.rules = rules;
            }
        }
        rule_sets
    }
}

/// The number of each name; of one that comes twice, the last.
fn numbered(names: impl Iterator<Item = String>) -> HashMap<String, u32> {
    names.zip(0..).collect()
}

/// Sorts so that every kernel comes after those that its rules ask about (Kahn's algorithm).
fn kernel_order(policy: &Policy, kernels: &[ReferencedKernel], rule_sets: &[RuleSet]) -> Vec<u32> {
    let mut needed_by: Vec<Vec<u32>> = vec![Vec::new(); kernels.len()];
    let mut waits_for: Vec<usize> = Vec::with_capacity(kernels.len());
    for (number, kernel) in kernels.iter().enumerate() {
        let mut needed: Vec<u32> = kernel
            .rule_sets
            .iter()
            .filter_map(|&rule_set| rule_sets.get(rule_set as usize))
            .flat_map(|rule_set| &rule_set.rules)
            .filter_map(|&rule| policy.rules.get(rule as usize))
            .flat_map(|rule| rule.kernels.iter().copied())
            .collect();
        needed.sort_unstable();
        needed.dedup();
        if kernel.name.is_none() {
            // It is not there, whatever its rules say.
            needed.clear();
        }
        for &other in &needed {
            if let Some(needed_by) = needed_by.get_mut(other as usize) {
                needed_by.push(number as u32);
            }
        }
        waits_for.push(needed.len());
    }
    let ready = |(number, &left): (usize, &usize)| (left == 0).then_some(number as u32);
    let mut order: Vec<u32> = waits_for.iter().enumerate().filter_map(ready).collect();
    let mut done = 0;
    while let Some(&kernel) = order.get(done) {
        done += 1;
        for &waiting in needed_by.get(kernel as usize).into_iter().flatten() {
            if let Some(left) = waits_for.get_mut(waiting as usize) {
                *left -= 1;
                if *left == 0 {
                    order.push(waiting);
                }
            }
        }
    }
    order
}
