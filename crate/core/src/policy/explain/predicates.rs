//! What explanations and traces say of each key of a condition.

use super::builder::{ExplanationBuilder, in_words};
use super::codes::ExplanationCode;
use crate::policy::compile::CompiledPredicate;
use crate::policy::document::{Predicate, PredicateOf, Selector};
use crate::policy::evaluate::CardRef;
use crate::policy::glob::{Glob, NameKind};
use crate::policy::outcome::{EvalError, Outcome};
use crate::policy::session::{DecisionPass, Session};

impl<'s> ExplanationBuilder<'s> {
    /// Says whom a predicate is about, and the fact that made its outcome what it is.
    pub(super) fn describe_predicate(
        &mut self,
        predicate: &'s Predicate,
        node: u32,
        is_inner: bool,
    ) {
        let session = self.session;
        let compiled = session.policy.node(node).map(|node| &node.predicate);
        let holds = self.outcome(node) == Outcome::Yes;
        let context = &session.visitor.context;
        match predicate {
            Predicate::Group(selector) => {
                self.add_selector(ExplanationCode::Members, selector);
                let group = match compiled {
                    Some(PredicateOf::Group(groups)) => groups.find(&session.visitor.groups),
                    _ => None,
                };
                match group {
                    Some(group) => self.add_fact(ExplanationCode::InGroup, group),
                    None => match session.similar_group(selector) {
                        Some(group) => self.add_fact(ExplanationCode::InSimilarGroup, group),
                        None => self.add_fact(ExplanationCode::InNoSuchGroup, ""),
                    },
                }
            }
            Predicate::User(_) => {
                // Who else may see a card is not for the visitor to know. A trace has the whole condition.
                if holds {
                    self.add(ExplanationCode::Users, &context.user);
                } else {
                    self.add(ExplanationCode::CertainUsers, "");
                }
                self.add_fact(ExplanationCode::YouAre, &context.user);
            }
            Predicate::Service(selector) => {
                self.add_selector(ExplanationCode::Services, selector);
                match &context.service {
                    Some(service) => self.add_fact(ExplanationCode::IsService, service),
                    None => self.add_fact(ExplanationCode::IsNoService, ""),
                }
            }
            Predicate::Scope(scope) => {
                let scope = scope.fill(&session.visitor.template_values(self.card));
                self.add(ExplanationCode::Holders, scope);
                self.add_fact(
                    if holds {
                        ExplanationCode::HoldsScope
                    } else if context.warnings.is_empty() {
                        ExplanationCode::LacksScope
                    } else {
                        ExplanationCode::ScopeUnknown
                    },
                    "",
                );
            }
            Predicate::Kernel(selector) => {
                self.add_selector(ExplanationCode::KernelUsers, selector);
                let is_installed = match compiled {
                    Some(PredicateOf::Kernel(condition)) => {
                        !session.selected(*condition).is_empty()
                    }
                    _ => false,
                };
                let fact = match (holds, is_installed) {
                    (true, _) => ExplanationCode::KernelShown,
                    (false, true) => ExplanationCode::KernelHidden,
                    (false, false) => ExplanationCode::KernelMissing,
                };
                self.add_fact(fact, "");
            }
            Predicate::Admin(wanted) => {
                self.add_unless(*wanted, ExplanationCode::Admins);
                self.add_fact(
                    if context.admin {
                        ExplanationCode::IsAdmin
                    } else {
                        ExplanationCode::IsNoAdmin
                    },
                    "",
                );
            }
            Predicate::Owner(wanted) => {
                self.add_unless(*wanted, ExplanationCode::TheOwner);
                self.add_fact(
                    if holds == *wanted {
                        ExplanationCode::IsOwner
                    } else {
                        ExplanationCode::IsNotOwner
                    },
                    "",
                );
            }
            Predicate::Always(true) => self.add(ExplanationCode::Everybody, ""),
            Predicate::Always(false) => self.add(ExplanationCode::Nobody, ""),
            Predicate::All(parts) | Predicate::Any(parts) => {
                if let Some(PredicateOf::All(nodes) | PredicateOf::Any(nodes)) = compiled {
                    let between = if matches!(predicate, Predicate::All(_)) {
                        ExplanationCode::And
                    } else {
                        ExplanationCode::Or
                    };
                    let parts = parts.iter().zip(nodes.iter().copied());
                    let describe = Self::describe_condition;
                    self.describe_several(parts, node, between, is_inner, describe);
                }
            }
            Predicate::Not(part) => {
                self.add(ExplanationCode::Not, "");
                if let Some(PredicateOf::Not(node)) = compiled {
                    self.describe_condition(part, *node, true);
                }
            }
        }
    }
}

impl Session {
    /// The fact that made the outcome of a predicate what it is; `None` for `all`, `any` and `not`,
    /// whose parts have facts.
    pub(super) fn fact(
        &self,
        pass: &DecisionPass,
        predicate: &Predicate,
        compiled: Option<&CompiledPredicate>,
        card: CardRef,
        outcome: Outcome,
    ) -> Option<String> {
        let holds = match outcome {
            Outcome::Error(_) if !predicate.conditions().is_empty() => return None,
            Outcome::Error(error) => return Some(fact_of_error(error).to_owned()),
            Outcome::Yes => true,
            Outcome::No => false,
        };
        let context = &self.visitor.context;
        Some(match predicate {
            Predicate::Group(_) => {
                let Some(PredicateOf::Group(groups)) = compiled else {
                    return None;
                };
                match groups.find(&self.visitor.groups) {
                    Some(group) => format!("in group {group}"),
                    None => list_groups(&self.visitor.groups),
                }
            }
            Predicate::User(_) => format!("user {}", context.user),
            Predicate::Service(_) => match &context.service {
                Some(service) => format!("service {service}"),
                None => "no service".to_owned(),
            },
            Predicate::Scope(scope) => {
                let scope = scope.fill(&self.visitor.template_values(card));
                let is_known = holds || context.warnings.is_empty();
                let held = match (holds, is_known) {
                    (true, _) => "is held",
                    (false, true) => "is not held",
                    (false, false) => "may be held: not all facts are known",
                };
                format!("{scope} {held}")
            }
            Predicate::Kernel(selector) => {
                let Some(PredicateOf::Kernel(condition)) = compiled else {
                    return None;
                };
                self.kernel_fact(pass, selector, *condition)
            }
            Predicate::Admin(_) if context.admin => "a Hub admin".to_owned(),
            Predicate::Admin(_) => "not a Hub admin".to_owned(),
            Predicate::Owner(_) => {
                let server = context.server.as_ref()?;
                format!("the server is {}'s", server.owner)
            }
            Predicate::Always(_) => "no fact is needed".to_owned(),
            Predicate::All(_) | Predicate::Any(_) | Predicate::Not(_) => return None,
        })
    }

    /// The kernels that a `kernel` condition selects, by number.
    pub(super) fn selected(&self, condition: u32) -> &[u32] {
        let selected = self.matches.selected_kernels.get(condition as usize);
        selected.map(Vec::as_slice).unwrap_or_default()
    }

    /// A group of the visitor that a selector names in other letters.
    fn similar_group(&self, selector: &Selector) -> Option<&str> {
        let is_similar = |group: &&String| {
            let mut patterns = selector.include.iter();
            patterns.any(|pattern| {
                let (pattern, group) = (pattern.as_str().to_lowercase(), group.to_lowercase());
                Glob::selecting(&pattern, NameKind::Text).matches(&group)
            })
        };
        let group = self.visitor.groups.iter().find(is_similar)?;
        Some(group)
    }

    fn kernel_fact(&self, pass: &DecisionPass, selector: &Selector, condition: u32) -> String {
        let evaluated = self.selected(condition).iter().filter_map(|&kernel| {
            let name = &self.matches.kernels.get(kernel as usize)?.name;
            Some((name, self.evaluate_kernel(pass, kernel)?))
        });
        let evaluated = evaluated.reduce(|one, other| if one.1.visible { one } else { other });
        let Some((name, evaluation)) = evaluated else {
            return format!("kernel {} is not installed", in_words(&selector.include));
        };
        let shown = if evaluation.visible {
            "shown"
        } else {
            "hidden"
        };
        match evaluation
            .decisive()
            .find_map(|rule| self.policy.source_rule(rule))
        {
            Some(rule) => format!("kernel {name} is {shown} by rule {}", rule.id),
            None => format!("kernel {name} is {shown} by default"),
        }
    }
}

fn fact_of_error(error: EvalError) -> &'static str {
    match error {
        EvalError::NoOwner => "the card has no owner",
        EvalError::BadScope => "the scope names nothing",
        EvalError::NoServer => "it is not known whose server this is",
        EvalError::NoCard => "there is no card",
        EvalError::Kernel(_) => "the rules of this kernel cannot be evaluated",
    }
}

/// So many groups are named.
const MAX_GROUPS_NAMED: usize = 10;

fn list_groups(groups: &[String]) -> String {
    if groups.is_empty() {
        return "in no group".to_owned();
    }
    let named: Vec<&str> = groups
        .iter()
        .take(MAX_GROUPS_NAMED)
        .map(String::as_str)
        .collect();
    let others = match groups.len() - named.len() {
        0 => String::new(),
        others => format!(" and {others} others"),
    };
    format!("only in {}{others}", named.join(", "))
}
