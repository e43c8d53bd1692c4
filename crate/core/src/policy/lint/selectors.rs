//! Selectors: a glob, a list of globs, or `{include, except}`.

use super::{Cursor, Reporter};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::Glob;
use crate::policy::source::SourceValue;

/// The globs of a selector.
pub struct SelectorNodes<'a> {
    /// What is chosen.
    pub include: Vec<Cursor<'a>>,
    /// What is not.
    pub except: Vec<Cursor<'a>>,
}

impl<'a> SelectorNodes<'a> {
    /// The globs of a selector of any form; what is not text is left out.
    pub fn of(selector: &Cursor<'a>) -> Self {
        let mut globs = match &selector.node.value {
            SourceValue::Map(_) => Self {
                include: selector
                    .get("include")
                    .iter()
                    .flat_map(one_or_more)
                    .collect(),
                except: selector
                    .get("except")
                    .iter()
                    .flat_map(one_or_more)
                    .collect(),
            },
            _ => Self {
                include: one_or_more(selector),
                except: Vec::new(),
            },
        };
        globs.include.retain(|at| at.node.text().is_some());
        globs.except.retain(|at| at.node.text().is_some());
        globs
    }

    /// What the globs choose; those that are none choose nothing.
    pub fn choice(&self, ignore_case: bool) -> CompiledSelector {
        CompiledSelector {
            include: compiled(&self.include, ignore_case),
            except: compiled(&self.except, ignore_case),
        }
    }

    /// All globs.
    pub fn iter(&self) -> impl Iterator<Item = &Cursor<'a>> {
        self.include.iter().chain(&self.except)
    }
}

/// Compiled globs of a selector.
pub struct CompiledSelector {
    include: Vec<Glob>,
    except: Vec<Glob>,
}

impl CompiledSelector {
    /// Every text.
    pub fn everything() -> Self {
        Self {
            include: Glob::new("**", false).into_iter().collect(),
            except: Vec::new(),
        }
    }

    /// Whether a text is chosen.
    pub fn has(&self, text: &str) -> bool {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(text));
        any(&self.include) && !any(&self.except)
    }
}

fn one_or_more<'a>(at: &Cursor<'a>) -> Vec<Cursor<'a>> {
    match at.node.value {
        SourceValue::List(_) => at.items().collect(),
        _ => vec![at.clone()],
    }
}

/// Compiles globs; those that are none are left out.
pub fn compiled(globs: &[Cursor], ignore_case: bool) -> Vec<Glob> {
    let texts = globs.iter().filter_map(|at| at.node.text());
    texts
        .filter_map(|text| Glob::new(text, ignore_case).ok())
        .collect()
}

/// Whether the text has anything that is special in a glob.
pub fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Reports a selector, and globs in it, that nothing can match. `key` says what it looks at.
pub fn check(lint: &mut Reporter, selector: &Cursor, key: &str) {
    let globs = SelectorNodes::of(selector);
    let list = match selector.get("include") {
        Some(include) => include,
        None => selector.clone(),
    };
    if matches!(&list.node.value, SourceValue::List(items) if items.is_empty()) {
        lint.report(
            DiagnosticCode::NEVER_MATCHES,
            &list,
            "An empty list matches nothing.",
            "Write at least one glob; `**` matches everything.",
        );
    }
    for at in &globs.include {
        let Some(text) = at.node.text() else { continue };
        let ignore_case = key == "kernel";
        let except = globs.except.iter().find(|except| {
            let except = except.node.text();
            let takes = |except: &str| {
                let glob = Glob::new(except, ignore_case).ok();
                glob.is_some_and(|glob| glob.matches(text))
            };
            except == Some(text)
                || except == Some("**")
                || (!is_glob(text) && lint.may_compare(1) && except.is_some_and(takes))
        });
        if let Some(except) = except {
            lint.report(
                DiagnosticCode::NEVER_MATCHES,
                at,
                format!(
                    "{} matches nothing that `except` does not take away.",
                    quoted(text)
                ),
                format!("Delete it here, or on line {}.", except.node.span.line),
            );
        }
    }
    for at in globs.iter() {
        let Some(text) = at.node.text() else { continue };
        let problem = match key {
            "server" if !text.contains(['/', '[']) && !text.contains("**") => Some(format!(
                "Servers are matched as `owner/name`: write `*/{text}`, or `{text}/*` for an owner."
            )),
            "kernel"
                if text.contains(|c: char| !(c.is_alphanumeric() || "._-*?[]!^\\".contains(c))) =>
            {
                Some("Kernelspec names have only letters, digits, `-`, `_` and `.`.".to_owned())
            }
            _ => None,
        };
        if let (Some(help), false) = (problem, text.is_empty()) {
            let message = format!("{} can match no {key}.", quoted(text));
            lint.report(DiagnosticCode::NEVER_MATCHES, at, message, help);
        }
    }
}
