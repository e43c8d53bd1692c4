//! Evaluating conditions: the visitor's context, and what follows from it.

use super::card::{Card, Kind};
use super::compile::{CompiledPredicate, Policy};
use super::context::Context;
use super::document::{Dependency, PredicateOf, RoleDefinition, TemplateValues};
use super::outcome::{EvalError, Outcome, RuleEffects};
use crate::scopes::HeldScopes;

/// The card that placeholders stand for.
#[derive(Clone, Copy, Default)]
pub(super) struct CardRef<'a> {
    pub(super) name: &'a str,
    pub(super) owner: Option<&'a str>,
}

/// The visitor's context, and what follows from it alone.
#[derive(Debug, Default)]
pub(super) struct EvaluatedContext {
    pub(super) context: Context,
    /// Sorted.
    pub(super) groups: Vec<String>,
    held: HeldScopes,
    /// The outcome of each node that depends on nothing but the context.
    outcomes: Vec<Outcome>,
    /// The effects of each rule while its window is open.
    pub(super) rule_effects: Vec<RuleEffects>,
}

impl EvaluatedContext {
    /// Evaluates a context. `before` is what was evaluated for the same policy before, if anything: scopes
    /// that are the same are not expanded again.
    pub(super) fn new(policy: &Policy, context: Context, before: Option<Self>) -> Self {
        let mut groups = context.groups.clone();
        groups.sort_unstable();
        groups.dedup();
        let before = before.filter(|before| {
            before.context.user == context.user
                && before.context.service == context.service
                && before.context.shares == context.shares
                && policy.raw_scopes(&before.context) == policy.raw_scopes(&context)
        });
        let held = match before {
            Some(before) => before.held.with_groups(&context.user, &groups),
            None => held_scopes(policy, &context, &groups),
        };
        let mut evaluated = Self {
            context,
            groups,
            held,
            outcomes: Vec::with_capacity(policy.nodes.len()),
            rule_effects: Vec::new(),
        };
        for node in &policy.nodes {
            // A node that depends on more is evaluated when that is there.
            let outcome = match node.dependency {
                Dependency::Context => evaluated.outcome(&node.predicate, &[], None, &mut |part| {
                    evaluated.context_outcome(part)
                }),
                Dependency::Kernels | Dependency::Card => Outcome::No,
            };
            evaluated.outcomes.push(outcome);
        }
        evaluated.rule_effects = policy
            .rules
            .iter()
            .map(|rule| match rule.dependency {
                Dependency::Context => {
                    let outcome =
                        |node: Option<u32>| node.map(|node| evaluated.context_outcome(node));
                    RuleEffects::of(outcome(rule.hide_when), outcome(rule.show_when))
                }
                Dependency::Kernels => RuleEffects::PENDING,
                Dependency::Card => RuleEffects::PER_CARD.and(RuleEffects::APPLIES),
            })
            .collect();
        evaluated
    }

    /// The outcome of a node that depends on nothing but the context.
    pub(super) fn context_outcome(&self, node: u32) -> Outcome {
        self.outcomes
            .get(node as usize)
            .copied()
            .unwrap_or(Outcome::No)
    }

    /// The outcome of a predicate, given that of its parts.
    pub(super) fn outcome(
        &self,
        predicate: &CompiledPredicate,
        kernels: &[Outcome],
        card: Option<CardRef>,
        part: &mut dyn FnMut(u32) -> Outcome,
    ) -> Outcome {
        match predicate {
            PredicateOf::Group(groups) => groups.find(&self.groups).is_some().into(),
            PredicateOf::User(users) => {
                let is_user = self.context.service.is_none();
                (is_user && users.matches(&self.context.user)).into()
            }
            PredicateOf::Service(services) => {
                let service = self.context.service.as_deref();
                service.is_some_and(|name| services.matches(name)).into()
            }
            PredicateOf::Scope(scope) if scope.has_placeholders() => {
                let card = match card {
                    Some(card) => card,
                    None if scope.names_card() => return Outcome::Error(EvalError::NoCard),
                    None => CardRef::default(),
                };
                if scope.names_owner() && card.owner.is_none() {
                    return Outcome::Error(EvalError::NoOwner);
                }
                self.holds(&scope.fill(&self.template_values(card)))
            }
            PredicateOf::Scope(scope) => self.holds(scope.as_str()),
            PredicateOf::Kernel(condition) => kernels
                .get(*condition as usize)
                .copied()
                .unwrap_or(Outcome::Error(EvalError::Kernel(*condition))),
            PredicateOf::Admin(wanted) => (self.context.admin == *wanted).into(),
            PredicateOf::Owner(wanted) => match &self.context.server {
                Some(server) => {
                    let is_user = self.context.service.is_none();
                    ((is_user && server.owner == self.context.user) == *wanted).into()
                }
                None => Outcome::Error(EvalError::NoServer),
            },
            PredicateOf::Always(wanted) => (*wanted).into(),
            PredicateOf::All(parts) => {
                Outcome::fold(parts.iter().map(|&number| part(number)), Outcome::No)
            }
            PredicateOf::Any(parts) => {
                Outcome::fold(parts.iter().map(|&number| part(number)), Outcome::Yes)
            }
            PredicateOf::Not(number) => part(*number).not(),
        }
    }

    pub(super) fn holds(&self, scope: &str) -> Outcome {
        self.held
            .check(scope)
            .map_or(Outcome::Error(EvalError::BadScope), Outcome::from)
    }

    /// The card that placeholders stand for.
    pub(super) fn card_ref<'a>(&'a self, card: &'a Card) -> CardRef<'a> {
        if card.kind == Kind::Server {
            let (name, owner) = card.server_names();
            return CardRef { name, owner };
        }
        let owner = card.owner.as_deref().filter(|owner| !owner.is_empty());
        CardRef {
            name: &card.name,
            owner: owner.or_else(|| self.server_owner()),
        }
    }

    /// What placeholders stand for.
    pub(super) fn template_values<'a>(&'a self, card: CardRef<'a>) -> TemplateValues<'a> {
        TemplateValues {
            name: card.name,
            owner: card.owner.unwrap_or_default(),
            user: &self.context.user,
        }
    }

    /// The card of a kernel that a condition asks about.
    pub(super) fn kernel_ref<'a>(&'a self, name: &'a str) -> CardRef<'a> {
        CardRef {
            name,
            owner: self.server_owner(),
        }
    }

    fn server_owner(&self) -> Option<&str> {
        self.context
            .server
            .as_ref()
            .map(|server| server.owner.as_str())
            .filter(|owner| !owner.is_empty())
    }
}

impl Policy {
    /// May this visitor read the whole policy, and see the launcher as somebody else? If its `preview` says so, from
    /// the context alone: a condition on kernels or with placeholders allows nobody. Without `preview`, admins of the
    /// Hub may, and visitors who hold a scope `groups`, for all groups or for one.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn allows_preview(&self, context: Context) -> bool {
        let visitor = EvaluatedContext::new(self, context, None);
        match self.preview {
            Some(node) => self.allows(node, &visitor),
            None => visitor.context.admin || visitor.held.has_base("groups"),
        }
    }

    /// Does some rule show its hidden cards greyed?
    #[cfg(feature = "server")]
    #[must_use]
    pub fn has_locked(&self) -> bool {
        let mut rules = self.document.rules.iter().chain(&self.card_rules);
        rules.any(|rule| rule.locked)
    }

    /// Does the policy's `list_hidden` let this visitor learn of every card that is hidden from them? As
    /// [`Policy::allows_preview`]; without `list_hidden`, no.
    #[cfg(feature = "server")]
    #[must_use]
    pub fn lists_hidden(&self, context: Context) -> bool {
        self.lists_hidden_to(&EvaluatedContext::new(self, context, None))
    }

    #[cfg(feature = "server")]
    pub(super) fn lists_hidden_to(&self, visitor: &EvaluatedContext) -> bool {
        self.list_hidden
            .is_some_and(|node| self.allows(node, visitor))
    }

    /// Whether a condition holds from the context alone.
    #[cfg(feature = "server")]
    fn allows(&self, node: u32, visitor: &EvaluatedContext) -> bool {
        let needs_only_context = self
            .node(node)
            .is_some_and(|node| node.dependency == Dependency::Context);
        needs_only_context && visitor.context_outcome(node) == Outcome::Yes
    }

    /// The scopes of the visitor's token and of the roles that the policy gives them.
    pub(super) fn raw_scopes<'c>(&'c self, context: &'c Context) -> Vec<&'c str> {
        let mut groups: Vec<&str> = context.groups.iter().map(String::as_str).collect();
        groups.sort_unstable();
        let mut scopes: Vec<&str> = context.scopes.iter().map(String::as_str).collect();
        for role in &self.document.roles {
            if has_role(context, &groups, role) {
                scopes.extend(role.scopes.iter().map(String::as_str));
            }
        }
        scopes
    }
}

/// The scopes that a visitor in these groups holds: those of the token, of roles and of shares.
fn held_scopes(policy: &Policy, context: &Context, groups: &[String]) -> HeldScopes {
    let shares: Vec<String> = context
        .shares
        .iter()
        .map(|server| ["access:servers!server=", server].concat())
        .collect();
    let mut raw_scopes = policy.raw_scopes(context);
    raw_scopes.extend(shares.iter().map(String::as_str));
    HeldScopes::new(raw_scopes, &context.user, groups, &policy.definitions)
}

/// Does a visitor with these groups (sorted) have this role?
fn has_role(context: &Context, groups: &[&str], role: &RoleDefinition) -> bool {
    if let Some(service) = &context.service {
        return role.services.contains(service);
    }
    role.users.contains(&context.user)
        || role
            .groups
            .iter()
            .any(|group| groups.binary_search(&group.as_str()).is_ok())
        || role.is_for_everybody()
}
