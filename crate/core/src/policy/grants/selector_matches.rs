//! Matches many selectors with many names.

use std::collections::{HashMap, HashSet};

use crate::policy::document::Selector;
use crate::policy::glob::NameKind;
use crate::policy::index::{CompiledSelector, SelectorIndex};

/// For each of some selectors the numbers of the names that it matches, ascending.
///
/// Equal selectors are matched once, and an index finds those that may match a name.
pub struct SelectorMatches<'s>(HashMap<&'s Selector, Vec<u32>>);

impl<'s> SelectorMatches<'s> {
    /// Matches the selectors with names of a kind.
    pub fn new<'n>(
        kind: NameKind,
        selectors: impl Iterator<Item = &'s Selector>,
        names: impl Iterator<Item = &'n str>,
    ) -> Self {
        let mut index = SelectorIndex::default();
        let distinct: Vec<&Selector> = selectors.collect::<HashSet<_>>().into_iter().collect();
        for (number, selector) in (0..).zip(&distinct) {
            index.add(CompiledSelector::new(selector, kind), number);
        }
        let mut matched: Vec<Vec<u32>> = vec![Vec::new(); distinct.len()];
        let mut found = Vec::new();
        for (number, name) in (0..).zip(names) {
            found.clear();
            index.find(name, &mut found);
            found.sort_unstable();
            found.dedup();
            for &selector in &found {
                if let Some(numbers) = matched.get_mut(selector as usize) {
                    numbers.push(number);
                }
            }
        }
        Self(distinct.into_iter().zip(matched).collect())
    }

    /// The numbers of the names that a selector matches.
    pub fn of(&self, selector: &Selector) -> &[u32] {
        self.0.get(selector).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every selector with the numbers of the names that it matches.
    pub fn into_iter(self) -> impl Iterator<Item = (&'s Selector, Vec<u32>)> {
        self.0.into_iter()
    }
}
