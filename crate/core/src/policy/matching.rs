//! Which rules match which card: everything that does not change with the visitor or the time.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::card::{Card, KERNEL_CATEGORIES, Kernelspec, Kind, normalize_kernel_name};
use super::compile::Policy;
use super::index::CardTexts;

/// Cards by the rules that match them. Cards with the same rules form one rule set, and the rules of a
/// rule set are looked at once for all its cards.
#[derive(Debug, Default)]
pub(super) struct CardMatches {
    /// The rule set of each card, in the order of the cards.
    pub(super) rule_set_of: Vec<u32>,
    pub(super) rule_sets: Vec<RuleSet>,
    /// The kernels that `kernel` conditions ask about.
    pub(super) kernels: Vec<ReferencedKernel>,
    /// For each `kernel` condition, by number, the kernels that it selects.
    pub(super) selected_kernels: Vec<Vec<u32>>,
    /// Kernels and `kernel` conditions, each after what it depends on; those in or behind a cycle are left out.
    pub(super) kernel_order: Vec<KernelStep>,
}

/// The rules that match some cards.
#[derive(Debug, Default)]
pub(super) struct RuleSet {
    /// Numbers of the rules that match, sorted.
    pub(super) rules: Vec<u32>,
}

/// A kernel that exists and that conditions ask about.
#[derive(Debug)]
pub(super) struct ReferencedKernel {
    /// The name of its kernelspec.
    pub(super) name: String,
    /// The rule sets of its cards: it may be used if one of them is shown. Where it has no card, those of
    /// the cards that JupyterLab's launcher makes.
    pub(super) rule_sets: Vec<u32>,
}

/// What is decided next on the way to the outcomes of `kernel` conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KernelStep {
    /// Whether a kernel may be used.
    Kernel(u32),
    /// The outcome of a `kernel` condition.
    Condition(u32),
}

impl CardMatches {
    /// Matches all rules with all cards. Without `kernelspecs`, the kernels of the cards exist.
    pub(super) fn new(policy: &Policy, kernelspecs: Option<&[Kernelspec]>, cards: &[Card]) -> Self {
        let specs = kernelspecs.unwrap_or_default();
        let by_name = numbered(specs.iter().map(|spec| normalize_kernel_name(&spec.name)));
        let spec_of = |name: &str| specs.get(*by_name.get(name)? as usize);
        let mut kernels = Vec::new();
        let mut number_of: HashMap<String, u32> = HashMap::new();
        let mut selected_kernels = vec![Vec::new(); policy.kernel_index.len()];
        let mut conditions = Vec::new();
        // The number of a kernel, if conditions select it.
        let mut reference = |text: &str, name: &str| {
            if let Some(&number) = number_of.get(text) {
                return Some(number);
            }
            let number = kernels.len() as u32;
            conditions.clear();
            policy.kernel_index.find(text, &mut conditions);
            conditions.sort_unstable();
            conditions.dedup();
            for &condition in &conditions {
                let selected = selected_kernels.get_mut(condition as usize);
                selected
                    .into_iter()
                    .for_each(|selected: &mut Vec<u32>| selected.push(number));
            }
            let is_selected = !conditions.is_empty();
            if is_selected {
                number_of.insert(text.to_owned(), number);
                kernels.push(ReferencedKernel {
                    name: name.to_owned(),
                    rule_sets: Vec::new(),
                });
            }
            is_selected.then_some(number)
        };
        let has_conditions = policy.kernel_index.len() > 0;
        let mut rule_sets_of_kernels = Vec::new();
        let mut matcher = CardMatcher::new(policy);
        let mut rule_set_of = Vec::with_capacity(cards.len());
        for card in cards {
            let text = card.selected_name();
            let spec = (card.kind == Kind::Kernel)
                .then(|| spec_of(&text))
                .flatten();
            let rule_set = matcher.rule_set(texts_of_card(card, &text, spec));
            if has_conditions
                && card.kind == Kind::Kernel
                && (kernelspecs.is_none() || spec.is_some())
            {
                let name = spec.map_or(&card.name, |spec| &spec.name);
                if let Some(number) = reference(&text, name) {
                    rule_sets_of_kernels.push((number, rule_set, name));
                }
            }
            rule_set_of.push(rule_set);
        }
        if has_conditions {
            for spec in specs {
                let text = normalize_kernel_name(&spec.name);
                reference(&text, &spec_of(&text).unwrap_or(spec).name);
            }
        }
        for (kernel, rule_set, name) in rule_sets_of_kernels {
            if let Some(kernel) = kernels.get_mut(kernel as usize) {
                kernel.rule_sets.push(rule_set);
                name.clone_into(&mut kernel.name);
            }
        }
        for kernel in &mut kernels {
            let text = normalize_kernel_name(&kernel.name);
            if kernel.rule_sets.is_empty()
                && let Some(spec) = spec_of(&text)
            {
                for category in KERNEL_CATEGORIES {
                    let rule_set = matcher.rule_set(texts_of_kernelspec(spec, &text, category));
                    kernel.rule_sets.push(rule_set);
                }
            }
            kernel.rule_sets.sort_unstable();
            kernel.rule_sets.dedup();
        }
        let rule_sets = matcher.finish();
        let kernel_order = kernel_order(policy, &kernels, &selected_kernels, &rule_sets);
        Self {
            rule_set_of,
            rule_sets,
            kernels,
            selected_kernels,
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

/// What matchers look at in a card. What a kernel card does not say, its kernelspec does.
fn texts_of_card<'c>(card: &'c Card, name: &'c str, spec: Option<&'c Kernelspec>) -> CardTexts<'c> {
    let tags = card
        .tags
        .iter()
        .chain(spec.into_iter().flat_map(|spec| &spec.tags));
    let or_of_spec = |own: Option<&'c str>, of_spec: fn(&Kernelspec) -> &Option<String>| {
        own.or_else(|| of_spec(spec?).as_deref())
    };
    CardTexts {
        kind: card.kind,
        name,
        category: card.category.as_deref(),
        title: or_of_spec(card.matched_title(), |spec| &spec.display_name),
        language: or_of_spec(card.language.as_deref(), |spec| &spec.language),
        tags: tags.map(String::as_str).collect(),
        card: Some(card),
    }
}

/// What matchers look at in a card that the launcher would make for a kernel.
fn texts_of_kernelspec<'c>(
    spec: &'c Kernelspec,
    name: &'c str,
    category: &'static str,
) -> CardTexts<'c> {
    CardTexts {
        kind: Kind::Kernel,
        name,
        category: Some(category),
        title: spec.display_name.as_deref(),
        language: spec.language.as_deref(),
        tags: spec.tags.iter().map(String::as_str).collect(),
        card: None,
    }
}

/// The rules that match a card which is not among a session's; for a kernel's card without a category, those of each card that
/// the launcher would make.
pub(super) fn rule_sets_of_card(
    policy: &Policy,
    kernelspecs: &[Kernelspec],
    card: &Card,
) -> Vec<RuleSet> {
    let name = card.selected_name();
    let is_kernel = card.kind == Kind::Kernel;
    // Of two with one name, the last, as among the session's cards.
    let spec = kernelspecs
        .iter()
        .rfind(|spec| is_kernel && normalize_kernel_name(&spec.name) == name);
    let mut matcher = CardMatcher::new(policy);
    if is_kernel && card.category.is_none() {
        for category in KERNEL_CATEGORIES {
            let mut texts = texts_of_card(card, &name, spec);
            texts.category = Some(category);
            matcher.rule_set(texts);
        }
    } else {
        matcher.rule_set(texts_of_card(card, &name, spec));
    }
    matcher.finish()
}

/// The rules for the cards that the launcher would make for a kernel of which only the name is known.
#[cfg(feature = "server")]
pub(super) fn rule_sets_of_kernel(policy: &Policy, name: &str) -> Vec<RuleSet> {
    let spec = Kernelspec {
        name: name.to_owned(),
        ..Kernelspec::default()
    };
    let mut matcher = CardMatcher::new(policy);
    for category in KERNEL_CATEGORIES {
        matcher.rule_set(texts_of_kernelspec(&spec, name, category));
    }
    matcher.finish()
}

/// Collects the rule sets.
struct CardMatcher<'p> {
    policy: &'p Policy,
    rule_sets: FxHashMap<Vec<u32>, u32>,
    /// Kept between cards for their memory only.
    found: Vec<u32>,
    given_tags: Vec<u32>,
    candidates: Vec<u32>,
}

impl<'p> CardMatcher<'p> {
    fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            rule_sets: FxHashMap::default(),
            found: Vec::new(),
            given_tags: Vec::new(),
            candidates: Vec::new(),
        }
    }

    fn rule_set<'c>(&mut self, mut card: CardTexts<'c>) -> u32
    where
        'p: 'c,
    {
        let Self {
            policy,
            rule_sets,
            found,
            given_tags,
            candidates,
        } = self;
        found.clear();
        given_tags.clear();
        policy.tag_index.find(&card, candidates, given_tags);
        for &tag in &*given_tags {
            let tag = policy.document.tags.0.get(tag as usize);
            card.tags.extend(tag.map(|(tag, _)| tag.as_str()));
        }
        policy.rule_index.find(&card, candidates, found);
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

/// Sorts so that every kernel comes after the conditions that its rules have, and every condition after the
/// kernels that it selects (Kahn's algorithm).
fn kernel_order(
    policy: &Policy,
    kernels: &[ReferencedKernel],
    selected_kernels: &[Vec<u32>],
    rule_sets: &[RuleSet],
) -> Vec<KernelStep> {
    // Kernels come first, then conditions.
    let of_condition = |condition: u32| kernels.len() + condition as usize;
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); kernels.len() + selected_kernels.len()];
    let mut waits_for: Vec<usize> = Vec::with_capacity(needed_by.len());
    for (number, kernel) in kernels.iter().enumerate() {
        let mut needed: Vec<u32> = kernel
            .rule_sets
            .iter()
            .filter_map(|&rule_set| rule_sets.get(rule_set as usize))
            .flat_map(|rule_set| &rule_set.rules)
            .filter_map(|&rule| policy.rules.get(rule as usize))
            .flat_map(|rule| rule.kernel_conditions.iter().copied())
            .collect();
        needed.sort_unstable();
        needed.dedup();
        for &condition in &needed {
            if let Some(needed_by) = needed_by.get_mut(of_condition(condition)) {
                needed_by.push(number);
            }
        }
        waits_for.push(needed.len());
    }
    for (condition, selected) in (0..).zip(selected_kernels) {
        for &kernel in selected {
            if let Some(needed_by) = needed_by.get_mut(kernel as usize) {
                needed_by.push(of_condition(condition));
            }
        }
        waits_for.push(selected.len());
    }
    let ready = |(number, &left): (usize, &usize)| (left == 0).then_some(number);
    let mut order: Vec<usize> = waits_for.iter().enumerate().filter_map(ready).collect();
    let mut done = 0;
    while let Some(&step) = order.get(done) {
        done += 1;
        for &waiting in needed_by.get(step).into_iter().flatten() {
            if let Some(left) = waits_for.get_mut(waiting) {
                *left -= 1;
                if *left == 0 {
                    order.push(waiting);
                }
            }
        }
    }
    let step = |number: usize| match number.checked_sub(kernels.len()) {
        None => KernelStep::Kernel(number as u32),
        Some(condition) => KernelStep::Condition(condition as u32),
    };
    order.into_iter().map(step).collect()
}
