//! Finds the selectors that match a text, without trying every selector.
//!
//! Each glob is indexed by its longest literal part and by where in the text that part must be. A text
//! is looked up by its possible parts, so that selectors of other names cost it nothing.

use rustc_hash::FxHashMap;

use super::document::{MatchKey, Pattern, Selector};
use super::glob::{Anchor, Glob};

/// A [`Selector`], ready to match.
#[derive(Debug)]
pub(super) struct CompiledSelector {
    include: Vec<Glob>,
    except: Vec<Glob>,
}

impl CompiledSelector {
    pub(super) fn new(selector: &Selector, ignore_case: bool) -> Self {
        Self {
            include: globs(&selector.include, ignore_case),
            except: globs(&selector.except, ignore_case),
        }
    }

    /// A selector of globs that are compiled already.
    #[cfg(feature = "server")]
    pub(super) fn from_globs(include: Vec<Glob>, except: Vec<Glob>) -> Self {
        Self { include, except }
    }

    /// The selector that matches every text.
    #[cfg(feature = "server")]
    pub(super) fn everything() -> Self {
        Self {
            include: globs(&[Pattern::everything()], false),
            except: Vec::new(),
        }
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        self.include.iter().any(|glob| glob.matches(text)) && !self.excepts(text)
    }

    fn excepts(&self, text: &str) -> bool {
        self.except.iter().any(|glob| glob.matches(text))
    }

    /// The first of these sorted texts that matches an alternative.
    pub(super) fn find<'a>(&self, sorted: &'a [String]) -> Option<&'a str> {
        self.include.iter().find_map(|glob| {
            let start = match glob.anchor() {
                Anchor::Whole(start) | Anchor::Start(start) => start.as_str(),
                _ => "",
            };
            let first = sorted.partition_point(|text| text.as_str() < start);
            sorted
                .iter()
                .skip(first)
                .take_while(|text| text.starts_with(start))
                .find(|text| glob.matches(text) && !self.excepts(text))
                .map(String::as_str)
        })
    }
}

/// Compiles patterns; they were checked when they were read.
pub(super) fn globs(patterns: &[Pattern], ignore_case: bool) -> Vec<Glob> {
    patterns
        .iter()
        .filter_map(|pattern| Glob::new(pattern.as_str(), ignore_case).ok())
        .collect()
}

/// Selectors of names, each leading to a number (of a rule, of a tag, of a grant).
#[derive(Debug, Default)]
pub(super) struct SelectorIndex {
    selectors: Vec<(CompiledSelector, u32)>,
    whole: FxHashMap<String, Vec<u32>>,
    start: Parts,
    end: Parts,
    inside: Parts,
    unanchored: Vec<u32>,
}

/// Literal parts with the selectors that have them, and which lengths they have.
#[derive(Debug, Default)]
struct Parts {
    selectors: FxHashMap<String, Vec<u32>>,
    lengths: Vec<usize>,
}

/// The selectors of matches, by key.
#[derive(Debug, Default)]
pub(super) struct MatchIndex {
    /// By number of the key; none where no selector is on it or a later one.
    keys: Vec<SelectorIndex>,
}

impl MatchIndex {
    pub(super) fn add(&mut self, key: MatchKey, selector: &Selector, leads_to: u32) {
        let selector = CompiledSelector::new(selector, key == MatchKey::Kernel);
        if self.keys.len() <= key as usize {
            self.keys
                .resize_with(key as usize + 1, SelectorIndex::default);
        }
        if let Some(index) = self.keys.get_mut(key as usize) {
            index.add(selector, leads_to);
        }
    }

    /// Appends where the selectors on `key` that match `text` lead to, in no order and with repetitions.
    /// Kernel names are looked up in lower case.
    pub(super) fn find(&self, key: MatchKey, text: &str, out: &mut Vec<u32>) {
        if let Some(index) = self.keys.get(key as usize) {
            index.find(text, out);
        }
    }
}

impl SelectorIndex {
    pub(super) fn add(&mut self, selector: CompiledSelector, leads_to: u32) {
        let number = self.selectors.len() as u32;
        for glob in &selector.include {
            match glob.anchor() {
                Anchor::Whole(text) => self.whole.entry(text.clone()).or_default().push(number),
                Anchor::Start(part) => self.start.add(part, number),
                Anchor::End(part) => self.end.add(part, number),
                Anchor::Inside(part) => self.inside.add(part, number),
                Anchor::None => self.unanchored.push(number),
            }
        }
        self.selectors.push((selector, leads_to));
    }

    /// Appends where the selectors that match `text` lead to, in no order and with repetitions.
    pub(super) fn find(&self, text: &str, out: &mut Vec<u32>) {
        self.candidates(text, &mut |numbers| {
            for &number in numbers {
                if let Some((selector, leads_to)) = self.selectors.get(number as usize)
                    && selector.matches(text)
                {
                    out.push(*leads_to);
                }
            }
        });
    }

    /// Visits the numbers of selectors that may match `text`.
    fn candidates(&self, text: &str, visit: &mut dyn FnMut(&[u32])) {
        visit(&self.unanchored);
        if let Some(numbers) = self.whole.get(text) {
            visit(numbers);
        }
        for &length in &self.start.lengths {
            self.start.look_up(text.get(..length), visit);
        }
        for &length in &self.end.lengths {
            self.end.look_up(
                text.len().checked_sub(length).and_then(|at| text.get(at..)),
                visit,
            );
        }
        for &length in &self.inside.lengths {
            for at in 0..(text.len() + 1).saturating_sub(length) {
                self.inside.look_up(text.get(at..at + length), visit);
            }
        }
    }
}

impl Parts {
    fn add(&mut self, part: &str, number: u32) {
        self.selectors
            .entry(part.to_owned())
            .or_default()
            .push(number);
        if !self.lengths.contains(&part.len()) {
            self.lengths.push(part.len());
        }
    }

    fn look_up(&self, part: Option<&str>, visit: &mut dyn FnMut(&[u32])) {
        if let Some(numbers) = part.and_then(|part| self.selectors.get(part)) {
            visit(numbers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(include: &[&str], except: &[&str]) -> Selector {
        let patterns = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| Pattern::new(*text).unwrap())
                .collect()
        };
        Selector {
            include: patterns(include),
            except: patterns(except),
        }
    }

    #[test]
    fn finds_what_trying_every_selector_finds() {
        let globs = [
            "abc", "ab*", "*bc", "*b*", "?bc", "**", "[a-c]*", "é*", "*é", "", "*/b", "a/*",
            "ab/**",
        ];
        let mut index = MatchIndex::default();
        for (number, glob) in globs.iter().enumerate() {
            index.add(
                MatchKey::Service,
                &selector(&[glob, "zz"], &["abd"]),
                number as u32,
            );
        }
        for text in [
            "abc", "abd", "ab", "b", "é", "éé", "aé", "", "a/b", "ab/c/d", "xbc", "zz",
        ] {
            let mut found = Vec::new();
            index.find(MatchKey::Service, text, &mut found);
            found.sort_unstable();
            found.dedup();
            let expected: Vec<u32> = (0..globs.len() as u32)
                .filter(|&number| {
                    CompiledSelector::new(
                        &selector(&[globs[number as usize], "zz"], &["abd"]),
                        false,
                    )
                    .matches(text)
                })
                .collect();
            assert_eq!(found, expected, "{text}");
            found.clear();
            index.find(MatchKey::Proxy, text, &mut found);
            assert!(found.is_empty());
        }
    }

    #[test]
    fn finds_in_sorted_texts() {
        let sorted: Vec<String> = ["a", "class-1", "class-2", "classy", "d"]
            .map(String::from)
            .into();
        for (include, except, expected) in [
            (vec!["class-*"], vec![], Some("class-1")),
            (vec!["class-*"], vec!["*1"], Some("class-2")),
            (vec!["class"], vec![], None),
            (vec!["d"], vec![], Some("d")),
            (vec!["x", "*y"], vec![], Some("classy")),
            (vec![], vec![], None),
        ] {
            assert_eq!(
                CompiledSelector::new(&selector(&include, &except), false).find(&sorted),
                expected
            );
        }
    }
}
