//! Conditions on kernels.

use scoped_launcher_core::policy::card::{Card, Kind};
use scoped_launcher_core::policy::document::{Condition, Predicate, Rule, Selector};
use scoped_launcher_core::policy::glob::NameKind;

use super::decide::Request;
use super::globs::selects;

impl Request<'_> {
    /// The cards of a kernel, or those that the launcher would make; `None` if there is no such kernel.
    fn kernel_cards(&self, name: &str) -> Option<Vec<Card>> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let cards = || {
            self.cards
                .iter()
                .filter(|card| card.kind == Kind::Kernel && same(&card.name))
        };
        let exact = match self.kernelspecs {
            Some(specs) => &specs.iter().rev().find(|spec| same(&spec.name))?.name,
            None => &cards().next_back()?.name,
        };
        let mut variants: Vec<Card> = cards().cloned().collect();
        if variants.is_empty() {
            variants = ["Notebook", "Console"]
                .map(|category| Card {
                    category: Some(category.to_owned()),
                    ..Card::default()
                })
                .to_vec();
        }
        let kernel = variants.into_iter().map(|card| {
            self.completed(&Card {
                kind: Kind::Kernel,
                name: exact.clone(),
                owner: None,
                ..card
            })
        });
        Some(kernel.collect())
    }

    /// The kernels that exist and that a selector selects.
    fn kernels(&self, selector: &Selector) -> Vec<String> {
        let names: Vec<&String> = match self.kernelspecs {
            Some(specs) => specs.iter().map(|spec| &spec.name).collect(),
            None => {
                let cards = self.cards.iter().filter(|card| card.kind == Kind::Kernel);
                cards.map(|card| &card.name).collect()
            }
        };
        let names = names.into_iter().map(|name| name.to_ascii_lowercase());
        names
            .filter(|name| selects(selector, name, NameKind::Kernel))
            .collect()
    }

    pub(super) fn kernel(&self, selector: &Selector) -> Result<bool, ()> {
        let kernels = self.kernels(selector);
        if kernels
            .iter()
            .any(|name| self.leads_to_cycle(name, &mut Vec::new()))
        {
            return Err(());
        }
        let mut outcome = Ok(false);
        for name in kernels {
            let cards = self.kernel_cards(&name).unwrap();
            let decisions: Vec<_> = cards.iter().map(|card| self.decide(card)).collect();
            if decisions.iter().any(|(visible, _, _)| *visible) {
                return Ok(true);
            }
            if decisions.iter().any(|(_, reason, _)| *reason == "error") {
                outcome = Err(());
            }
        }
        outcome
    }

    /// Whether the conditions of the rules for this kernel, in force or not, lead to a cycle of kernels.
    fn leads_to_cycle(&self, name: &str, path: &mut Vec<String>) -> bool {
        let name = name.to_ascii_lowercase();
        if path.contains(&name) {
            return true;
        }
        let Some(cards) = self.kernel_cards(&name) else {
            return false;
        };
        path.push(name);
        let mut asked = Vec::new();
        let governs = |rule: &Rule| {
            let mut cards = cards.iter();
            cards.any(|card| self.governs(&rule.matches, card))
        };
        for rule in self.document.rules.iter().filter(|rule| governs(rule)) {
            for condition in rule.show_when.iter().chain(&rule.hide_when) {
                kernels_in(condition, &mut asked);
            }
        }
        let mut asked = asked.iter().flat_map(|selector| self.kernels(selector));
        let found = asked.any(|kernel| self.leads_to_cycle(&kernel, path));
        path.pop();
        found
    }
}

fn kernels_in(condition: &Condition, out: &mut Vec<Selector>) {
    for predicate in &condition.0 {
        match predicate {
            Predicate::Kernel(selector) => out.push(selector.clone()),
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().for_each(|part| kernels_in(part, out))
            }
            Predicate::Not(part) => kernels_in(part, out),
            _ => {}
        }
    }
}
