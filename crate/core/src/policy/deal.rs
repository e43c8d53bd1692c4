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
    /// The kernels that `kernel` conditions ask about, by number.
    pub(super) kernels: Vec<AskedKernel>,
    /// Kernels, each behind those that its rules ask about; those in or behind a cycle are left out.
    pub(super) kernel_order: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Class {
    /// Numbers of the rules that match, sorted.
    pub(super) rules: Vec<u32>,
}

/// A kernel that conditions ask about.
#[derive(Debug)]
pub(super) struct AskedKernel {
    /// The name of its kernelspec; `None` if there is none.
    pub(super) name: Option<String>,
    /// The classes of its cards: it may be used if one of them is shown. Where it has no card, those of
    /// the cards that JupyterLab's launcher makes.
    pub(super) classes: Vec<u32>,
}

/// The launcher's categories for the cards of a kernel.
pub(super) const KERNEL_CATEGORIES: [&str; 2] = ["Notebook", "Console"];

impl Deal {
    /// Matches all rules with all cards. Without `kernelspecs`, the kernels of the cards exist.
    pub(super) fn new(policy: &Policy, kernelspecs: Option<&[Kernelspec]>, cards: &[Card]) -> Self {
        let specs = kernelspecs.unwrap_or_default();
        let by_name = numbered(specs.iter().map(|spec| spec.name.to_ascii_lowercase()));
        let spec_of = |name: &str| specs.get(*by_name.get(name)? as usize);
        let asked = numbered(policy.kernels.iter().cloned());
        let mut kernels: Vec<AskedKernel> = policy
            .kernels
            .iter()
            .map(|name| AskedKernel {
                name: spec_of(name).map(|spec| spec.name.clone()),
                classes: Vec::new(),
            })
            .collect();
        let mut dealer = Dealer::new(policy);
        let mut class_of = Vec::with_capacity(cards.len());
        for card in cards {
            let text = text_of(card);
            let mut tags: Vec<&str> = card.tags.iter().map(String::as_str).collect();
            if card.kind == Kind::Kernel
                && let Some(spec) = spec_of(&text)
            {
                tags.extend(spec.tags.iter().map(String::as_str));
            }
            let class = dealer.class(key_of(card.kind), &text, card.category.as_deref(), &tags);
            if card.kind == Kind::Kernel
                && let Some(&number) = asked.get(&text)
                && let Some(kernel) = kernels.get_mut(number as usize)
            {
                kernel.classes.push(class);
                if kernelspecs.is_none() {
                    kernel.name = Some(card.name.clone());
                }
            }
            class_of.push(class);
        }
        for (kernel, text) in kernels.iter_mut().zip(&policy.kernels) {
            if kernel.classes.is_empty()
                && let Some(spec) = spec_of(text)
            {
                let tags: Vec<&str> = spec.tags.iter().map(String::as_str).collect();
                for category in KERNEL_CATEGORIES {
                    let class = dealer.class(Key::Kernel, text, Some(category), &tags);
                    kernel.classes.push(class);
                }
            }
            sort(&mut kernel.classes);
            kernel.classes.dedup();
        }
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

    pub(super) fn classes_of<'d>(
        &'d self,
        kernel: &'d AskedKernel,
    ) -> impl Iterator<Item = &'d Class> {
        kernel.classes.iter().filter_map(|&class| self.class(class))
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
fn kernel_order(policy: &Policy, kernels: &[AskedKernel], classes: &[Class]) -> Vec<u32> {
    let mut asked_by: Vec<Vec<u32>> = vec![Vec::new(); kernels.len()];
    let mut waits_for: Vec<usize> = Vec::with_capacity(kernels.len());
    for (number, kernel) in kernels.iter().enumerate() {
        let mut asks: Vec<u32> = kernel
            .classes
            .iter()
            .filter_map(|&class| classes.get(class as usize))
            .flat_map(|class| &class.rules)
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
