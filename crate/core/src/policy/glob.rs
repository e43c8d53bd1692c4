//! Globs: `*` matches any run of characters, `?` one character, `[a-z]` one of a class, `[!a-z]` or
//! `[^a-z]` one outside it; `\` takes away the special meaning of the next character.
//!
//! In the names of servers, `owner/name`, a slash separates: there `*`, `?` and `[!a-z]` do not match `/`,
//! and `**` does. A text also matches the name that equals it, whatever characters it has: `CS101 [Fall]`
//! is the name of a group before it is a glob.
//!
//! Matching does not backtrack: it reads the text once and keeps the set of positions that it can have
//! reached in the pattern, so its time is at most text × pattern. A pattern is at most [`MAX_BYTES`]
//! long.

use crate::error::Error;

/// The longest pattern: names in a Hub's database have at most 255 characters, and a server has two.
pub const MAX_BYTES: usize = 600;

/// The names that a glob is matched with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// Any names: no character is special in them.
    Text,
    /// Names of kernels: ASCII letters match without case.
    Kernel,
    /// Names of servers: a slash separates owner and name.
    Server,
}

/// A checked pattern, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The text itself, where it has special characters: it matches the name that equals it, too.
    literal: Option<String>,
    /// Not looked at where the anchor is the whole text.
    tokens: Vec<Token>,
    anchor: Anchor,
    names: NameKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`
    QuestionMark,
    /// `*`
    Star,
    /// `**`
    DoubleStar,
    /// `[…]`
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// The literal text that everything a glob matches must contain, and where: for an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// The text equals this.
    Whole(String),
    /// The text starts with this.
    Start(String),
    /// The text ends with this.
    End(String),
    /// This is somewhere in the text.
    Inside(String),
    /// The pattern has no literal part.
    None,
}

/// Does the text have anything that is special in a glob?
#[must_use]
pub fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `bad-glob`: too long, a class without end or content, a range that goes backwards, or a `\` at the end.
    pub fn new(pattern: &str, names: NameKind) -> Result<Self, Error> {
        if pattern.len() > MAX_BYTES {
            return Err(bad_glob("is longer than 600 bytes: write a shorter one"));
        }
        let ignore_case = names == NameKind::Kernel;
        let mut tokens = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            let token = match c {
                '*' => {
                    let mut star = Token::Star;
                    while rest.next_if_eq(&'*').is_some() {
                        star = Token::DoubleStar;
                    }
                    star
                }
                '?' => Token::QuestionMark,
                '[' => class(&mut rest)?,
                '\\' => Token::Char(fold(
                    rest.next().ok_or_else(|| {
                        bad_glob(r"ends with a \: write \\ for the character itself")
                    })?,
                    ignore_case,
                )),
                _ => Token::Char(fold(c, ignore_case)),
            };
            tokens.push(token);
        }
        Ok(Self {
            literal: is_glob(pattern).then(|| folded(pattern, ignore_case)),
            anchor: anchor(&tokens),
            tokens,
            names,
        })
    }

    /// What a text selects: the name that equals it and, if it can be read as a glob, what that matches.
    #[must_use]
    pub fn selecting(text: &str, names: NameKind) -> Self {
        Self::new(text, names).unwrap_or_else(|_| Self {
            literal: None,
            tokens: Vec::new(),
            anchor: Anchor::Whole(folded(text, names == NameKind::Kernel)),
            names,
        })
    }

    /// Checks the length of a text that selects names.
    ///
    /// # Errors
    /// `bad-glob`.
    pub fn check_length(text: &str) -> Result<(), Error> {
        if text.len() > MAX_BYTES {
            return Err(bad_glob("is longer than 600 bytes: write a shorter one"));
        }
        Ok(())
    }

    /// Does the whole text match? The text's own case is folded when the glob ignores case.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let ignore_case = self.names == NameKind::Kernel;
        let equals =
            |whole: &String| whole == text || (ignore_case && whole.eq_ignore_ascii_case(text));
        if self.literal.as_ref().is_some_and(equals) {
            return true;
        }
        if let Anchor::Whole(whole) = &self.anchor {
            return equals(whole);
        }
        let separates = |c: char| c == '/' && self.names == NameKind::Server;
        let mut positions = PositionSet::default();
        self.add_position(&mut positions, 0);
        for c in text.chars() {
            let c = fold(c, ignore_case);
            let mut next = PositionSet::default();
            let mut stuck = true;
            positions.each(|at| {
                let (advances, stays) = match self.tokens.get(at) {
                    Some(Token::Char(wanted)) => (*wanted == c, false),
                    Some(Token::QuestionMark) => (!separates(c), false),
                    Some(Token::Class { negated, ranges }) => {
                        let found = in_class(ranges, c, ignore_case);
                        (found != *negated && !(*negated && separates(c)), false)
                    }
                    Some(Token::Star) => (false, !separates(c)),
                    Some(Token::DoubleStar) => (false, true),
                    None => (false, false),
                };
                if advances || stays {
                    stuck = false;
                    self.add_position(&mut next, at + usize::from(advances));
                }
            });
            if stuck {
                return false;
            }
            positions = next;
        }
        positions.has(self.tokens.len())
    }

    /// What an index may use: exact for [`Anchor::Whole`], a necessary condition otherwise.
    /// In lower case when the glob ignores case.
    #[must_use]
    pub fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// The name that it matches because it equals the pattern, beside what [`Glob::anchor`] says.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Adds a position and, since a star may match nothing, those after stars there.
    fn add_position(&self, positions: &mut PositionSet, mut at: usize) {
        positions.add(at);
        while matches!(self.tokens.get(at), Some(Token::Star | Token::DoubleStar)) {
            at += 1;
            positions.add(at);
        }
    }
}

fn in_class(ranges: &[(char, char)], c: char, ignore_case: bool) -> bool {
    let listed = |c: char| {
        ranges
            .iter()
            .any(|&(first, last)| (first..=last).contains(&c))
    };
    listed(c) || (ignore_case && listed(c.to_ascii_uppercase()))
}

fn anchor(tokens: &[Token]) -> Anchor {
    let literal = |tokens: &mut dyn Iterator<Item = &Token>| -> String {
        tokens
            .map_while(|token| match token {
                Token::Char(c) => Some(*c),
                _ => None,
            })
            .collect()
    };
    let start = literal(&mut tokens.iter());
    if start.chars().count() == tokens.len() {
        return Anchor::Whole(start);
    }
    if !start.is_empty() {
        return Anchor::Start(start);
    }
    let end = literal(&mut tokens.iter().rev());
    if !end.is_empty() {
        return Anchor::End(end.chars().rev().collect());
    }
    tokens
        .split(|token| !matches!(token, Token::Char(_)))
        .map(|run| literal(&mut run.iter()))
        .max_by_key(String::len)
        .filter(|longest| !longest.is_empty())
        .map_or(Anchor::None, Anchor::Inside)
}

fn folded(text: &str, ignore_case: bool) -> String {
    text.chars().map(|c| fold(c, ignore_case)).collect()
}

fn fold(c: char, ignore_case: bool) -> char {
    if ignore_case {
        c.to_ascii_lowercase()
    } else {
        c
    }
}

/// The rest of a class after its `[`.
fn class(rest: &mut impl Iterator<Item = char>) -> Result<Token, Error> {
    let unclosed = || bad_glob(r"has a [ without its ]: write \[ for the character itself");
    // Each character, and whether it follows a `\`.
    let mut next = || match rest.next() {
        Some('\\') => rest.next().map(|c| (c, true)).ok_or_else(unclosed),
        Some(c) => Ok((c, false)),
        None => Err(unclosed()),
    };
    let mut ranges = Vec::new();
    let mut current = next()?;
    let negated = matches!(current, ('!' | '^', false));
    if negated {
        current = next()?;
    }
    while current != (']', false) {
        let first = current.0;
        let mut last = first;
        current = next()?;
        if current == ('-', false) {
            current = next()?;
            if current == (']', false) {
                // `[a-]`: a dash at the end is literal.
                ranges.push(('-', '-'));
            } else {
                last = current.0;
                current = next()?;
            }
        }
        if first > last {
            return Err(bad_glob(
                "has a class with a range that goes backwards: write [a-z], not [z-a]",
            ));
        }
        ranges.push((first, last));
    }
    if ranges.is_empty() {
        return Err(bad_glob(
            r"has an empty class: write \[ for the character itself",
        ));
    }
    Ok(Token::Class { negated, ranges })
}

fn bad_glob(what: &str) -> Error {
    Error::new("bad-glob", ["the glob ", what].concat())
}

const WORDS: usize = MAX_BYTES / 64 + 1;

/// A set of positions in a pattern: one bit for each token, and one for the end.
#[derive(Default)]
struct PositionSet {
    words: [u64; WORDS],
    /// Words from here on are empty; most patterns need one word.
    used: usize,
}

impl PositionSet {
    fn add(&mut self, at: usize) {
        if let Some(word) = self.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
            self.used = self.used.max(at / 64 + 1);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.words
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn each(&self, mut visit: impl FnMut(usize)) {
        for (index, &word) in self.words.iter().take(self.used).enumerate() {
            let mut left = word;
            while left != 0 {
                visit(index * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern, NameKind::Server).unwrap().matches(text)
    }

    #[test]
    fn only_in_names_of_servers_a_slash_separates() {
        for (pattern, text) in [
            ("*-exam", "/exams/phys-exam"),
            ("a?b", "a/b"),
            ("a[!x]b", "a/b"),
            ("*", "a/b/c"),
            ("**", "a/b/c"),
        ] {
            let matches = |names| Glob::new(pattern, names).unwrap().matches(text);
            assert!(matches(NameKind::Text), "{pattern} {text}");
            assert!(matches(NameKind::Kernel), "{pattern} {text}");
            assert_eq!(
                matches(NameKind::Server),
                pattern == "**",
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_text_selects_the_name_that_equals_it() {
        for text in [
            r"EXAMPLE\Domain Users",
            "CS101 [Fall 2026] Section A",
            r"CN=R\+D,OU=Groups,DC=example",
            "[",
            "[z-a]",
            r"a\",
            "what?*",
            r"\*",
        ] {
            for names in [NameKind::Text, NameKind::Kernel, NameKind::Server] {
                assert!(Glob::selecting(text, names).matches(text), "{text}");
            }
        }
        assert!(Glob::selecting("[A", NameKind::Kernel).matches("[a"));
        assert!(!Glob::selecting("[A", NameKind::Text).matches("[a"));
        assert!(!Glob::selecting("[a", NameKind::Text).matches("a"));
    }

    #[test]
    fn stars_and_slashes() {
        for (pattern, yes, no) in [
            (
                "*/dash-*",
                vec!["profx/dash-1", "/dash-", "a/dash-b"],
                vec!["profx/", "profx/x/dash-1", "dash-1", "profx/dash-1/x"],
            ),
            ("*/", vec!["profx/", "/"], vec!["profx", "profx/a", "a/b/"]),
            (
                "*/?*",
                vec!["profx/a", "profx/ab"],
                vec!["profx/", "profx/a/b"],
            ),
            ("**", vec!["", "a", "a/b/c"], vec![]),
            ("*", vec!["", "a"], vec!["/", "a/b"]),
            ("a**z", vec!["az", "a/b/z"], vec!["a/b"]),
            ("***", vec!["a/b"], vec![]),
            ("?", vec!["a", "é", "😀"], vec!["", "/", "ab"]),
            ("", vec![""], vec!["a"]),
            (r"\*", vec!["*"], vec!["a", ""]),
            (r"a\?b\[c\]", vec!["a?b[c]"], vec!["axb[c]"]),
            ("exact", vec!["exact"], vec!["exac", "exactly", "Exact"]),
        ] {
            for text in yes {
                assert!(matches(pattern, text), "{pattern} {text}");
            }
            for text in no {
                assert!(!matches(pattern, text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn classes() {
        for (pattern, yes, no) in [
            ("[abc]", "abc", "dA/-"),
            ("[a-c]", "abc", "d-"),
            ("[!a-c]", "dA-", "abc/"),
            ("[^a-c]", "d^!", "abc/"),
            ("[a^]", "a^", "b"),
            ("[a-]", "a-", "b"),
            ("[-a]", "a-", "b"),
            (r"[\]]", "]", r"\a"),
            (r"[\!a]", "!a", r"\b"),
            (r"[a\-c]", "a-c", "b"),
            ("[/]", "/", "a"),
            ("[+--]", "+,-", "."),
        ] {
            for c in yes.chars() {
                assert!(matches(pattern, &c.to_string()), "{pattern} {c}");
            }
            for c in no.chars() {
                assert!(!matches(pattern, &c.to_string()), "{pattern} {c}");
            }
        }
    }

    #[test]
    fn without_case() {
        let glob = Glob::new("Class[A-C]_*", NameKind::Kernel).unwrap();
        assert!(glob.matches("classb_x"));
        assert!(glob.matches("CLASSA_X"));
        assert!(!glob.matches("classd_x"));
        assert!(!Glob::new("[!A]", NameKind::Kernel).unwrap().matches("a"));
        assert!(Glob::new("[Z-a]", NameKind::Kernel).unwrap().matches("z"));
    }

    #[test]
    fn refuses() {
        for pattern in [
            "[",
            "[a",
            "[]",
            "[!]",
            "[z-a]",
            r"[a\",
            r"a\",
            "[a-",
            &"a".repeat(601),
        ] {
            assert_eq!(
                Glob::new(pattern, NameKind::Server).unwrap_err().code,
                "bad-glob",
                "{pattern}"
            );
        }
        assert!(Glob::new(&"*a".repeat(300), NameKind::Server).is_ok());
    }

    #[test]
    fn many_stars_stay_fast() {
        let glob = Glob::new(&"*a".repeat(300), NameKind::Server).unwrap();
        assert!(!glob.matches(&("a".repeat(5_000) + "b")));
        assert!(glob.matches(&"a".repeat(5_000)));
        let both = Glob::new(&"**a*a".repeat(100), NameKind::Server).unwrap();
        assert!(!both.matches(&("a/".repeat(5_000) + "b")));
    }

    #[test]
    fn anchors() {
        for (pattern, anchor) in [
            ("abc", Anchor::Whole("abc".into())),
            ("", Anchor::Whole(String::new())),
            (r"a\*c", Anchor::Whole("a*c".into())),
            ("abc*d", Anchor::Start("abc".into())),
            ("*abc", Anchor::End("abc".into())),
            ("*/dash-*", Anchor::Inside("/dash-".into())),
            ("*a*abc?", Anchor::Inside("abc".into())),
            ("[a]?*", Anchor::None),
        ] {
            assert_eq!(
                *Glob::new(pattern, NameKind::Server).unwrap().anchor(),
                anchor,
                "{pattern}"
            );
        }
        assert_eq!(
            *Glob::new("AB*", NameKind::Kernel).unwrap().anchor(),
            Anchor::Start("ab".into())
        );
    }
}
