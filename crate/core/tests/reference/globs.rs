//! Globs and selectors, by regular expressions.

use regex::Regex;
use scoped_launcher_core::policy::document::{Pattern, Selector};

/// A glob as a regular expression.
pub fn regex_of(glob: &str) -> Regex {
    let mut out = String::from(r"(?s)\A");
    let mut chars = glob.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap().to_string())),
            '[' => {
                let negated = chars.next_if(|c| *c == '!' || *c == '^').is_some();
                let mut class = String::new();
                // A dash is a range only between two members.
                let mut members: Vec<(char, bool)> = Vec::new();
                loop {
                    match chars.next().unwrap() {
                        ']' => break,
                        '\\' => members.push((chars.next().unwrap(), true)),
                        c => members.push((c, false)),
                    }
                }
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
                out.push_str(&if negated {
                    format!("[^/{class}]")
                } else {
                    format!("[{class}]")
                });
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    out.push_str(r"\z");
    Regex::new(&out).unwrap()
}

fn escaped(c: char) -> String {
    format!(r"\x{{{:x}}}", c as u32)
}

/// Whether a selector matches a text.
pub fn selects(selector: &Selector, text: &str) -> bool {
    let any = |globs: &[Pattern]| {
        globs
            .iter()
            .any(|glob| regex_of(glob.as_str()).is_match(text))
    };
    any(&selector.include) && !any(&selector.except)
}

/// A selector in lower case.
pub fn lowered(selector: &Selector) -> Selector {
    let lower = |globs: &[Pattern]| {
        let lower = globs
            .iter()
            .map(|glob| Pattern::new(glob.as_str().to_ascii_lowercase()).unwrap());
        lower.collect()
    };
    Selector {
        include: lower(&selector.include),
        except: lower(&selector.except),
    }
}
