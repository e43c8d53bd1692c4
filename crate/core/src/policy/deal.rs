//! Which rules match which card: everything that does not change with the visitor or the time.

use std::collections::HashMap;

use super::compile::Policy;
use super::facts::{Card, Kernelspec, Kind};
use super::hash::QuickMap;
use super::model::Key;
use crate::sort::sort;

/// Cards by the rules that match them. Cards with the same rules are one class, and the rules of a
/// class are looked at once for all its cards.
#[derive(Debug, Default)]
pub(super) struct Deal {
    /// The class of each card, in the order of the cards.
    pub(super) class_of: Vec<u32>,
    pub(super) classes: Vec<Class>,
    /// The bare cards that `kernel` conditions ask about, by number of the kernel.
    pub(super) kernels: Vec<KernelCard>,
    /// Kernels, each behind those that its rules ask about; those in or behind a cycle are left out.
    pub(super) kernel_order: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Class {
    /// Numbers of the rules that match, sorted.
    pub(super) rules: Vec<u32>,
}

/// A kernel as if it had a card without category.
#[derive(Debug)]
pub(super) struct KernelCard {
    /// The name of its kernelspec; `None` if there is none.
    pub(super) name: Option<String>,
    pub(super) class: u32,
}

impl Deal {
    /// Matches all rules with all cards. Without `kernelspecs`, the kernels of the cards exist.
    pub(super) fn new(policy: &Policy, kernelspecs: Option<&[Kernelspec]>, cards: &[Card]) -> Self {
        let specs = kernelspecs.unwrap_or_default();
        let by_name = numbered(specs.iter().map(|spec| spec.name.to_ascii_lowercase()));
        let spec_of = |name: &str| specs.get(*by_name.get(name)? as usize);
        // Names and tags of the kernels that conditions ask about.
        let asked = numbered(policy.kernels.iter().cloned());
        let mut kernels: Vec<(Option<&str>, Vec<&str>)> = policy
            .kernels
            .iter()
            .map(|name| match spec_of(name) {
                Some(spec) => (
                    Some(spec.name.as_str()),
                    spec.tags.iter().map(String::as_str).collect(),
                ),
                None => (None, Vec::new()),
            })
            .collect();
        let mut dealer = Dealer::new(policy);
        let mut class_of = Vec::with_capacity(cards.len());
        for card in cards {
            let text = text_of(card);
            let mut tags: Vec<&str> = card.tags.iter().map(String::as_str).collect();
            if card.kind == Kind::Kernel {
                if let Some((name, kernel_tags)) = asked
                    .get(text.as_str())
                    .and_then(|&number| kernels.get_mut(number as usize))
                {
                    kernel_tags.extend(&tags);
                    if kernelspecs.is_none() {
                        *name = Some(&card.name);
                    }
                }
                if let Some(spec) = spec_of(&text) {
                    tags.extend(spec.tags.iter().map(String::as_str));
                }
            }
            class_of.push(dealer.class(key_of(card.kind), &text, card.category.as_deref(), &tags));
        }
        let kernels: Vec<KernelCard> = kernels
            .into_iter()
            .zip(&policy.kernels)
            .map(|((name, tags), text)| KernelCard {
                name: name.map(str::to_owned),
                class: dealer.class(Key::Kernel, text, None, &tags),
            })
            .collect();
        let classes = dealer.finish();
        let kernel_order = kernel_order(policy, &kernels, &classes);
        Self {
            class_of,
            classes,
            kernels,
            kernel_order,
        }
    }

    pub(super) fn class(&self, number: u32) -> Option<&Class> {
        self.classes.get(number as usize)
    }
}

fn key_of(kind: Kind) -> Key {
    match kind {
        Kind::Kernel => Key::Kernel,
        Kind::Proxy => Key::Proxy,
        Kind::Service => Key::Service,
        Kind::Server => Key::Server,
        Kind::Command => Key::Command,
    }
}

/// The text that the selector of the card's kind looks at.
fn text_of(card: &Card) -> String {
    match card.kind {
        Kind::Kernel => card.name.to_ascii_lowercase(),
        Kind::Proxy | Kind::Service => card.name.clone(),
        Kind::Server => {
            let (name, owner) = server_names(card);
            [owner.unwrap_or_default(), "/", name].concat()
        }
        Kind::Command => card.command.as_ref().unwrap_or(&card.name).clone(),
    }
}

/// Name and owner of a server card, whose `name` may be written with the owner: `owner/name`.
pub(super) fn server_names(card: &Card) -> (&str, Option<&str>) {
    let name = card.name.as_str();
    match card.owner.as_deref().filter(|owner| !owner.is_empty()) {
        Some(owner) => {
            let bare = name
                .strip_prefix(owner)
                .and_then(|rest| rest.strip_prefix('/'));
            (bare.unwrap_or(name), Some(owner))
        }
        None => match name.split_once('/') {
            Some((owner, name)) if !owner.is_empty() => (name, Some(owner)),
            _ => (name, None),
        },
    }
}

struct Dealer<'p> {
    policy: &'p Policy,
    classes: QuickMap<Vec<u32>, u32>,
    /// Kept between cards for their memory only.
    found: Vec<u32>,
    given_tags: Vec<u32>,
}

impl<'p> Dealer<'p> {
    fn new(policy: &'p Policy) -> Self {
        Self {
            policy,
            classes: QuickMap::default(),
            found: Vec::new(),
            given_tags: Vec::new(),
        }
    }

    fn class(&mut self, key: Key, text: &str, category: Option<&str>, tags: &[&str]) -> u32 {
        let Self {
            policy,
            classes,
            found,
            given_tags,
        } = self;
        found.clear();
        given_tags.clear();
        for (key, text) in [(key, text)]
            .into_iter()
            .chain(category.map(|category| (Key::Category, category)))
        {
            policy.tag_index.find(key, text, given_tags);
            policy.rule_index.find(key, text, found);
        }
        for &tag in &*given_tags {
            if let Some((tag, _)) = policy.document.tags.0.get(tag as usize) {
                policy.rule_index.find(Key::Tag, tag, found);
            }
        }
        for tag in tags {
            policy.rule_index.find(Key::Tag, tag, found);
        }
        sort(found);
        found.dedup();
        if let Some(&known) = classes.get(found.as_slice()) {
            return known;
        }
        let number = classes.len() as u32;
        classes.insert(found.clone(), number);
        number
    }

    fn finish(self) -> Vec<Class> {
        let mut classes = Vec::new();
        classes.resize_with(self.classes.len(), Class::default);
        for (rules, number) in self.classes {
            if let Some(class) = classes.get_mut(number as usize) {
                class.rules = rules;
            }
        }
        classes
    }
}

/// The number of each name; of one that comes twice, the last.
fn numbered(names: impl Iterator<Item = String>) -> HashMap<String, u32> {
    names.zip(0..).collect()
}

/// Sorts so that every kernel comes behind those that its rules ask about (Kahn's algorithm).
fn kernel_order(policy: &Policy, kernels: &[KernelCard], classes: &[Class]) -> Vec<u32> {
    let mut asked_by: Vec<Vec<u32>> = vec![Vec::new(); kernels.len()];
    let mut waits_for: Vec<usize> = Vec::with_capacity(kernels.len());
    for (number, kernel) in kernels.iter().enumerate() {
        let rules = classes
            .get(kernel.class as usize)
            .map_or(&[][..], |class| &class.rules);
        let mut asks: Vec<u32> = rules
            .iter()
            .filter_map(|&rule| policy.rules.get(rule as usize))
            .flat_map(|rule| rule.kernels.iter().copied())
            .collect();
        sort(&mut asks);
        asks.dedup();
        if kernel.name.is_none() {
            // It is not there, whatever its rules say.
            asks.clear();
        }
        for &asked in &asks {
            if let Some(asked_by) = asked_by.get_mut(asked as usize) {
                asked_by.push(number as u32);
            }
        }
        waits_for.push(asks.len());
    }
    let ready = |(number, &left): (usize, &usize)| (left == 0).then_some(number as u32);
    let mut order: Vec<u32> = waits_for.iter().enumerate().filter_map(ready).collect();
    let mut done = 0;
    while let Some(&kernel) = order.get(done) {
        done += 1;
        for &waiting in asked_by.get(kernel as usize).into_iter().flatten() {
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
