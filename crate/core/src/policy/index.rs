//! Finds the selectors that match a text, without trying every selector.
//!
//! Each glob is indexed by its longest literal part and by where in the text that part must be. A text
//! is looked up by its possible parts, so that selectors of other names cost it nothing.

use rustc_hash::FxHashMap;

use super::card::{Card, Kind};
use super::document::{ArgsSelector, Match, MatchKey, Pattern, Selector};
use super::glob::{Anchor, Glob, NameKind};

/// A [`Selector`], ready to match.
#[derive(Debug)]
pub(super) struct CompiledSelector {
    include: Vec<Glob>,
    except: Vec<Glob>,
}

impl CompiledSelector {
    pub(super) fn new(selector: &Selector, names: NameKind) -> Self {
        Self {
            include: globs(&selector.include, names),
            except: globs(&selector.except, names),
        }
    }

    /// A selector of globs that are compiled already.
    #[cfg(feature = "server")]
    pub(super) fn from_globs(include: Vec<Glob>, except: Vec<Glob>) -> Self {
        Self { include, except }
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
            let (start, is_whole) = match glob.anchor() {
                _ if glob
                    .literal()
                    .is_some_and(|text| !starts_as_anchor(glob, text)) =>
                {
                    ("", false)
                }
                Anchor::Whole(text) => (text.as_str(), true),
                Anchor::Start(start) => (start.as_str(), false),
                _ => ("", false),
            };
            let first = sorted.partition_point(|text| text.as_str() < start);
            sorted
                .iter()
                .skip(first)
                .take_while(|text| text.starts_with(start))
                .take(if is_whole { 1 } else { usize::MAX })
                .find(|text| glob.matches(text) && !self.excepts(text))
                .map(String::as_str)
        })
    }
}

/// Whether the text that a glob equals begins as its anchor does: `a*` does, `\*a` does not.
fn starts_as_anchor(glob: &Glob, text: &str) -> bool {
    match glob.anchor() {
        Anchor::Start(start) => text.starts_with(start.as_str()),
        _ => false,
    }
}

/// Compiles patterns.
pub(super) fn globs(patterns: &[Pattern], names: NameKind) -> Vec<Glob> {
    patterns
        .iter()
        .map(|pattern| Glob::selecting(pattern.as_str(), names))
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

/// What the matchers of a policy look at in a card.
pub(super) struct CardTexts<'c> {
    pub(super) kind: Kind,
    /// What the selector of the card's kind looks at; a kernel's name in lower case.
    pub(super) name: &'c str,
    pub(super) category: Option<&'c str>,
    pub(super) title: Option<&'c str>,
    pub(super) language: Option<&'c str>,
    pub(super) tags: Vec<&'c str>,
    /// The card itself, for what is looked at rarely; `None` for a card that the launcher would make.
    pub(super) card: Option<&'c Card>,
}

#[cfg(feature = "server")]
impl<'c> CardTexts<'c> {
    /// What is known of a server without a card: its name, `owner/name`.
    pub(super) fn of_server(name: &'c str) -> Self {
        Self {
            kind: Kind::Server,
            name,
            category: None,
            title: None,
            language: None,
            tags: Vec::new(),
            card: None,
        }
    }
}

impl CardTexts<'_> {
    /// Whether one of the card's texts on a key is selected.
    fn is_selected(&self, key: MatchKey, selector: &CompiledSelector) -> bool {
        match key {
            MatchKey::Category => self.category.is_some_and(|text| selector.matches(text)),
            MatchKey::Title => self.title.is_some_and(|text| selector.matches(text)),
            MatchKey::Language => self.language.is_some_and(|text| selector.matches(text)),
            MatchKey::Tag => self.tags.iter().any(|text| selector.matches(text)),
            // The keys of kinds are not among what narrows a matcher, and `args` has no selector here.
            _ => true,
        }
    }
}

/// What narrows a matcher, and where it leads to.
#[derive(Debug)]
struct CompiledMatcher {
    leads_to: u32,
    narrowing: Vec<(MatchKey, CompiledSelector)>,
    args: Option<CompiledArgs>,
    /// If given, other cards of the policy are not matched.
    policy_card: Option<String>,
}

/// A compiled [`ArgsSelector`].
#[derive(Debug)]
enum CompiledArgs {
    Named(Vec<(String, CompiledSelector)>),
    Json(CompiledSelector),
}

/// The matchers of a policy, by what they look at.
#[derive(Debug, Default)]
pub(super) struct MatchIndex {
    matchers: Vec<CompiledMatcher>,
    /// By number of the key; none where no selector is on it or a later one.
    keys: Vec<SelectorIndex>,
    /// Matchers that look at nothing but arguments.
    by_args: Vec<u32>,
}

impl MatchIndex {
    /// Adds what is to lead to a number (of a rule, of a tag).
    pub(super) fn add(&mut self, matches: &Match, policy_card: Option<&String>, leads_to: u32) {
        for matcher in &matches.0 {
            let number = self.matchers.len() as u32;
            let selectors = matcher.selectors.iter();
            let compile = |(key, selector): &(MatchKey, Selector)| {
                (*key, CompiledSelector::new(selector, key.name_kind()))
            };
            let (mut finding, mut narrowing): (Vec<_>, Vec<_>) = selectors
                .map(compile)
                .partition(|(key, _)| key.kind().is_some());
            if finding.is_empty() {
                // Without a kind, one of the others finds the matcher.
                finding.extend(narrowing.pop());
            }
            if finding.is_empty() {
                self.by_args.push(number);
            }
            for (key, selector) in finding {
                self.add_selector(key, selector, number);
            }
            self.matchers.push(CompiledMatcher {
                leads_to,
                narrowing,
                args: matcher.args.as_ref().map(CompiledArgs::new),
                policy_card: policy_card.cloned(),
            });
        }
    }

    fn add_selector(&mut self, key: MatchKey, selector: CompiledSelector, matcher: u32) {
        if self.keys.len() <= key as usize {
            self.keys
                .resize_with(key as usize + 1, SelectorIndex::default);
        }
        if let Some(index) = self.keys.get_mut(key as usize) {
            index.add(selector, matcher);
        }
    }

    /// Appends where the matchers that match a card lead to, in no order and with repetitions.
    ///
    /// `candidates` is kept between calls for its memory only.
    pub(super) fn find(&self, card: &CardTexts, candidates: &mut Vec<u32>, out: &mut Vec<u32>) {
        candidates.clear();
        candidates.extend(&self.by_args);
        self.find_by(card.kind.into(), card.name, candidates);
        for (key, text) in [
            (MatchKey::Category, card.category),
            (MatchKey::Title, card.title),
            (MatchKey::Language, card.language),
        ] {
            if let Some(text) = text {
                self.find_by(key, text, candidates);
            }
        }
        for tag in &card.tags {
            self.find_by(MatchKey::Tag, tag, candidates);
        }
        let candidates = candidates
            .iter()
            .filter_map(|&number| self.matchers.get(number as usize));
        let matching = candidates.filter(|matcher| matcher.holds_for(card));
        out.extend(matching.map(|matcher| matcher.leads_to));
    }

    fn find_by(&self, key: MatchKey, text: &str, out: &mut Vec<u32>) {
        if let Some(index) = self.keys.get(key as usize) {
            index.find(text, out);
        }
    }
}

impl CompiledMatcher {
    /// Does all that narrows the matcher hold for a card?
    fn holds_for(&self, card: &CardTexts) -> bool {
        let mut narrowing = self.narrowing.iter();
        narrowing.all(|(key, selector)| card.is_selected(*key, selector))
            && self
                .args
                .as_ref()
                .is_none_or(|args| args.hold_for(card.card))
            && self.policy_card.as_ref().is_none_or(|wanted| {
                let made_from = card.card.and_then(|card| card.policy_card.as_ref());
                made_from.is_none_or(|made_from| made_from == wanted)
            })
    }
}

impl CompiledArgs {
    fn new(args: &ArgsSelector) -> Self {
        let compile = |selector: &Selector| CompiledSelector::new(selector, NameKind::Text);
        match args {
            ArgsSelector::Json(selector) => Self::Json(compile(selector)),
            ArgsSelector::Named(args) => {
                let args = args.0.iter();
                Self::Named(
                    args.map(|(name, selector)| (name.clone(), compile(selector)))
                        .collect(),
                )
            }
        }
    }

    fn hold_for(&self, card: Option<&Card>) -> bool {
        let Some(given) = card.and_then(|card| card.args.as_ref()) else {
            return false;
        };
        match self {
            Self::Json(selector) => selector.matches(&given.to_json()),
            Self::Named(args) => args.iter().all(|(name, selector)| {
                let text = given.text_of(name);
                text.is_some_and(|text| selector.matches(&text))
            }),
        }
    }
}

impl SelectorIndex {
    /// How many selectors there are.
    pub(super) fn len(&self) -> usize {
        self.selectors.len()
    }

    pub(super) fn add(&mut self, selector: CompiledSelector, leads_to: u32) {
        let number = self.selectors.len() as u32;
        for glob in &selector.include {
            if let Some(text) = glob.literal() {
                self.whole.entry(text.to_owned()).or_default().push(number);
            }
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
        let mut index = SelectorIndex::default();
        let compiled =
            |glob| CompiledSelector::new(&selector(&[glob, "zz"], &["abd"]), NameKind::Server);
        for (number, glob) in globs.into_iter().enumerate() {
            index.add(compiled(glob), number as u32);
        }
        for text in [
            "abc", "abd", "ab", "b", "é", "éé", "aé", "", "a/b", "ab/c/d", "xbc", "zz", "[a-c]*",
        ] {
            let mut found = Vec::new();
            index.find(text, &mut found);
            found.sort_unstable();
            found.dedup();
            let expected: Vec<u32> = (0..globs.len() as u32)
                .filter(|&number| compiled(globs[number as usize]).matches(text))
                .collect();
            assert_eq!(found, expected, "{text}");
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
            (vec![r"\d", "[d"], vec![], Some("d")),
            (vec!["[d"], vec![], None),
            (vec![], vec![], None),
        ] {
            assert_eq!(
                CompiledSelector::new(&selector(&include, &except), NameKind::Server).find(&sorted),
                expected
            );
        }
    }
}
