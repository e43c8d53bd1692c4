//! Tracing: every rule that matches a card, every condition of it, and the fact that each went by.

use serde::Serialize;

use super::compile::What;
use super::decide::{Pass, Session, Subject, Value, Why};
use super::model::{Condition, Test};

/// A rule that matches the card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleTrace<'s> {
    /// Its id.
    pub rule: &'s str,
    /// Is it within its time window?
    pub in_force: bool,
    /// Its conditions, wholes before their parts; none where they were not asked (out of force, or
    /// there is no Hub).
    pub conditions: Vec<ConditionTrace<'s>>,
}

/// One test of a condition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConditionTrace<'s> {
    /// Where it stands in the rule, such as `show_when.any[0].group`.
    pub path: String,
    /// As written, such as `{"group": "class-*"}`; for `all`, `any` and `not` without what is in them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Asked<'s>>,
    /// Whether it holds; `None` (in JSON `null`) if that could not be found out.
    pub outcome: Option<bool>,
    /// The fact that made it so; `None` for `all`, `any` and `not`, whose parts have facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fact: Option<String>,
}

/// A test without parts, as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked<'s>(&'s Test);

impl Serialize for Asked<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Condition(vec![self.0.clone()]).serialize(serializer)
    }
}

impl Session {
    /// Traces what the last [`Session::decide`] decided on a card; `None` as for [`Session::decision`].
    #[must_use]
    pub fn trace(&self, card: usize) -> Option<Vec<RuleTrace<'_>>> {
        let pass = self.pass.as_ref()?;
        let rules = self.judge_card(pass, card)?.rules;
        let subject = self.facts.subject(self.cards.get(card)?);
        let trace = rules.iter().filter_map(|&number| {
            let written = self.policy.written(number)?;
            let rule = self.policy.rules.get(number as usize)?;
            let in_force = self.is_in_force(pass, number);
            let mut tracer = Tracer {
                session: self,
                pass,
                subject,
                path: String::new(),
                conditions: Vec::new(),
            };
            if in_force && self.facts.context.hub {
                for (key, condition, node) in [
                    ("hide_when", &written.hide_when, rule.hide_when),
                    ("show_when", &written.show_when, rule.show_when),
                ] {
                    if let (Some(condition), Some(node)) = (condition, node) {
                        key.clone_into(&mut tracer.path);
                        tracer.condition(condition, node);
                    }
                }
            }
            Some(RuleTrace {
                rule: &written.id,
                in_force,
                conditions: tracer.conditions,
            })
        });
        Some(trace.collect())
    }
}

struct Tracer<'s> {
    session: &'s Session,
    pass: &'s Pass,
    subject: Subject<'s>,
    path: String,
    conditions: Vec<ConditionTrace<'s>>,
}

impl<'s> Tracer<'s> {
    fn condition(&mut self, condition: &'s Condition, node: u32) {
        match (
            condition.0.as_slice(),
            self.session.policy.node(node).map(|node| &node.what),
        ) {
            ([test], _) => self.test(test, node),
            (tests, Some(What::All(nodes))) => {
                for (test, &node) in tests.iter().zip(nodes) {
                    self.test(test, node);
                }
            }
            _ => {}
        }
    }

    fn test(&mut self, test: &'s Test, node: u32) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(test.key());
        let value = self.session.value(self.pass, node, Some(self.subject));
        let what = self.session.policy.node(node).map(|node| &node.what);
        let is_whole = matches!(test, Test::All(_) | Test::Any(_) | Test::Not(_));
        self.conditions.push(ConditionTrace {
            path: self.path.clone(),
            condition: (!is_whole).then_some(Asked(test)),
            outcome: match value {
                Value::Yes => Some(true),
                Value::No => Some(false),
                Value::Error(_) => None,
            },
            fact: self.fact(test, what, value),
        });
        match (test, what) {
            (Test::All(parts) | Test::Any(parts), Some(What::All(nodes) | What::Any(nodes))) => {
                for (number, (part, &node)) in parts.iter().zip(nodes).enumerate() {
                    let length = self.path.len();
                    self.path.push_str(&format!("[{number}]"));
                    self.condition(part, node);
                    self.path.truncate(length);
                }
            }
            (Test::Not(part), Some(What::Not(node))) => self.condition(part, *node),
            _ => {}
        }
        self.path.truncate(length);
    }

    fn fact(&self, test: &Test, what: Option<&What>, value: Value) -> Option<String> {
        let facts = &self.session.facts;
        if let Value::Error(why) = value {
            return match (test, why) {
                (Test::All(_) | Test::Any(_) | Test::Not(_), _) => None,
                (_, Why::NoOwner) => Some("the card has no owner".to_owned()),
                (_, Why::BadScope) => Some("the scope names nothing".to_owned()),
                (_, Why::NoServer) => Some("it is not known whose server this is".to_owned()),
                (_, Why::NoCard) => Some("there is no card".to_owned()),
                (_, Why::Kernel(_)) => {
                    Some("the rules of this kernel cannot be evaluated".to_owned())
                }
            };
        }
        let holds = value == Value::Yes;
        Some(match (test, what) {
            (Test::Group(_), Some(What::Group(groups))) => match groups.find(&facts.groups) {
                Some(group) => format!("in group {group}"),
                None => listed_groups(&facts.groups),
            },
            (Test::User(_), _) => format!("user {}", facts.context.user),
            (Test::Scope(scope), _) => {
                let scope = scope.fill(self.subject.name, self.subject.owner.unwrap_or_default());
                format!("{scope} is {}", if holds { "held" } else { "not held" })
            }
            (Test::Kernel(name), Some(What::Kernel(kernel))) => {
                self.session.kernel_fact(self.pass, name, *kernel)
            }
            (Test::Admin(_), _) => (if facts.context.admin {
                "a Hub admin"
            } else {
                "not a Hub admin"
            })
            .to_owned(),
            (Test::Owner(_), _) => {
                let server = facts.context.server.as_ref()?;
                format!("the server is {}'s", server.owner)
            }
            (Test::Always(_), _) => "no fact is needed".to_owned(),
            _ => return None,
        })
    }
}

/// So many groups are named.
const MAX_GROUPS_NAMED: usize = 10;

fn listed_groups(groups: &[String]) -> String {
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

impl Session {
    fn kernel_fact(&self, pass: &Pass, name: &str, kernel: u32) -> String {
        let exists = self
            .deal
            .kernels
            .get(kernel as usize)
            .is_some_and(|kernel| kernel.name.is_some());
        if !exists {
            return format!("kernel {name} is not installed");
        }
        let Some(judgement) = self.judge_kernel(pass, kernel) else {
            return format!("kernel {name} cannot be decided on");
        };
        let shown = if judgement.visible { "shown" } else { "hidden" };
        match judgement
            .decisive()
            .find_map(|rule| self.policy.written(rule))
        {
            Some(rule) => format!("kernel {name} is {shown} by rule {}", rule.id),
            None => format!("kernel {name} is {shown} by default"),
        }
    }
}
