//! Globs and selectors, by regular expressions.

use regex::Regex;
use scoped_launcher_core::policy::document::{Pattern, Selector};
use scoped_launcher_core::policy::glob::NameKind;

/// A glob as a regular expression; `None` if it cannot be read as a glob.
pub fn regex_of(glob: &str, names: NameKind) -> Option<Regex> {
    let (run, one, not) = match names {
        NameKind::Server => ("[^/]*", "[^/]", "/"),
        _ => (".*", ".", ""),
    };
    let mut out = String::from(r"(?s)\A");
    let mut chars = glob.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str(run),
            '?' => out.push_str(one),
            '\\' => out.push_str(&regex::escape(&chars.next()?.to_string())),
            '[' => {
                let negated = chars.next_if(|c| *c == '!' || *c == '^').is_some();
                let class = class(&mut chars)?;
                out.push_str(&if negated {
                    format!("[^{not}{class}]")
                } else {
                    format!("[{class}]")
                });
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str(r"\z");
    Regex::new(&out).ok()
}

/// What follows `[`, up to its `]`, as a class of a regular expression.
fn class(chars: &mut impl Iterator<Item = char>) -> Option<String> {
    // A dash is a range only between two members.
    let mut members: Vec<(char, bool)> = Vec::new();
    loop {
        match chars.next()? {
            ']' => break,
            '\\' => members.push((chars.next()?, true)),
            c => members.push((c, false)),
        }
    }
    if members.is_empty() {
        return None;
    }
    let mut class = String::new();
    let mut at = 0;
    while at < members.len() {
        let (first, _) = members[at];
        if members.get(at + 1) == Some(&('-', false)) && at + 2 < members.len() {
            class.push_str(&format!(
                "{}-{}",
                escaped(first),
                escaped(members[at + 2].0)
            ));
            at += 3;
        } else {
            class.push_str(&escaped(first));
            at += 1;
        }
    }
    Some(class)
}

fn escaped(c: char) -> String {
    format!(r"\x{{{:x}}}", c as u32)
}

/// Whether a selector matches a name: one that equals a text of it, or that a text matches as a glob.
pub fn selects(selector: &Selector, text: &str, names: NameKind) -> bool {
    let lowered = |text: &str| match names {
        NameKind::Kernel => text.to_ascii_lowercase(),
        _ => text.to_owned(),
    };
    let text = lowered(text);
    let any = |globs: &[Pattern]| {
        globs.iter().any(|glob| {
            let glob = lowered(glob.as_str());
            glob == text || regex_of(&glob, names).is_some_and(|glob| glob.is_match(&text))
        })
    };
    any(&selector.include) && !any(&selector.except)
}
