//! Decisions on cards.

use scoped_launcher_core::policy::card::{Card, Kernelspec, Kind};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::{
    Condition, Document, Match, MatchKey, Predicate, Rule, Visibility,
};
use scoped_launcher_core::scopes::{CustomScope, Definitions, HeldScopes};
use serde_json::{Value, json};

use super::globs::{lowered, selects};

struct Request<'a> {
    document: &'a Document,
    context: &'a Context,
    kernelspecs: Option<&'a [Kernelspec]>,
    cards: &'a [Card],
    now: i64,
    held: HeldScopes,
}

/// The decisions that op `decide` answers.
pub fn decide(
    document: &Document,
    context: &Context,
    kernelspecs: Option<&[Kernelspec]>,
    cards: &[Card],
    now: i64,
) -> Vec<Value> {
    let mut scopes = context.scopes.clone();
    scopes.extend(
        context
            .shares
            .iter()
            .map(|server| format!("access:servers!server={server}")),
    );
    for role in &document.roles {
        let is_for_everybody =
            role.name == "user" && role.users.is_empty() && role.groups.is_empty();
        if is_for_everybody
            || role.users.contains(&context.user)
            || role
                .groups
                .iter()
                .any(|group| context.groups.contains(group))
        {
            scopes.extend(role.scopes.iter().cloned());
        }
    }
    let custom = document.custom_scopes.0.iter().map(|(name, scope)| {
        (
            name.clone(),
            CustomScope {
                description: String::new(),
                subscopes: scope.subscopes.clone(),
            },
        )
    });
    let definitions = Definitions::with_custom(custom);
    let held = HeldScopes::new(
        scopes.iter().map(String::as_str),
        &context.user,
        &context.groups,
        &definitions,
    );
    let request = Request {
        document,
        context,
        kernelspecs,
        cards,
        now,
        held,
    };
    cards
        .iter()
        .map(|card| {
            let mut card = card.clone();
            if card.kind == Kind::Kernel {
                card.tags.extend(request.spec_tags(&card.name));
            }
            let (visible, reason, rule) = request.decide(&card);
            json!({"id": card.id, "visible": visible, "reason": reason, "rule": rule})
        })
        .collect()
}

impl Request<'_> {
    fn spec_tags(&self, name: &str) -> Vec<String> {
        // Of several with the same name, the last one counts.
        let specs = self.kernelspecs.unwrap_or_default().iter().rev();
        specs
            .filter(|spec| spec.name.eq_ignore_ascii_case(name))
            .take(1)
            .flat_map(|spec| spec.tags.clone())
            .collect()
    }

    fn decide(&self, card: &Card) -> (bool, &'static str, Option<&str>) {
        let shown = |visibility: Visibility| visibility == Visibility::Show;
        let rules: Vec<&Rule> = self
            .document
            .rules
            .iter()
            .filter(|rule| self.in_force(rule) && self.governs(&rule.matches, card, true))
            .collect();
        if rules.is_empty() {
            return (shown(self.document.default), "default", None);
        }
        if !self.context.hub {
            return (shown(self.document.no_hub), "no_hub", Some(&rules[0].id));
        }
        let outcome = |condition: &Option<Condition>| {
            condition
                .as_ref()
                .map(|condition| self.holds(condition, card))
        };
        let hides: Vec<_> = rules.iter().map(|rule| outcome(&rule.hide_when)).collect();
        let shows: Vec<_> = rules.iter().map(|rule| outcome(&rule.show_when)).collect();
        let first = |is_wanted: &dyn Fn(usize) -> bool| {
            (0..rules.len())
                .find(|&rule| is_wanted(rule))
                .map(|rule| rules[rule].id.as_str())
        };
        if let Some(rule) = first(&|rule| hides[rule] == Some(Ok(true))) {
            return (false, "hide_when", Some(rule));
        }
        if let Some(rule) =
            first(&|rule| hides[rule] == Some(Err(())) || shows[rule] == Some(Err(())))
        {
            return (false, "error", Some(rule));
        }
        if let Some(rule) = first(&|rule| shows[rule] == Some(Ok(true))) {
            return (true, "show_when", Some(rule));
        }
        if let Some(rule) = first(&|rule| shows[rule].is_some()) {
            return (false, "not_shown", Some(rule));
        }
        (shown(self.document.default), "default", None)
    }

    fn in_force(&self, rule: &Rule) -> bool {
        rule.from
            .as_ref()
            .is_none_or(|from| from.start_ms() <= self.now)
            && rule
                .until
                .as_ref()
                .is_none_or(|until| self.now < until.end_ms())
    }

    fn governs(&self, matches: &Match, card: &Card, with_tags: bool) -> bool {
        matches
            .0
            .iter()
            .any(|(key, selector)| match (key, card.kind) {
                (MatchKey::Kernel, Kind::Kernel) => {
                    selects(&lowered(selector), &card.name.to_ascii_lowercase())
                }
                (MatchKey::Proxy, Kind::Proxy) | (MatchKey::Service, Kind::Service) => {
                    selects(selector, &card.name)
                }
                (MatchKey::Server, Kind::Server) => {
                    let (name, owner) = server(card);
                    selects(selector, &format!("{}/{name}", owner.unwrap_or_default()))
                }
                (MatchKey::Command, Kind::Command) => {
                    selects(selector, card.command.as_ref().unwrap_or(&card.name))
                }
                (MatchKey::Category, _) => card
                    .category
                    .as_ref()
                    .is_some_and(|category| selects(selector, category)),
                (MatchKey::Tag, _) if with_tags => {
                    let matching = self
                        .document
                        .tags
                        .0
                        .iter()
                        .filter(|(_, targets)| self.governs(&targets.0, card, false))
                        .map(|(tag, _)| tag);
                    card.tags
                        .iter()
                        .chain(matching)
                        .any(|tag| selects(selector, tag))
                }
                _ => false,
            })
    }

    /// An error in any part of a condition is an error of the condition.
    fn holds(&self, condition: &Condition, card: &Card) -> Result<bool, ()> {
        all(condition
            .0
            .iter()
            .map(|predicate| self.predicate_holds(predicate, card)))
    }

    fn predicate_holds(&self, predicate: &Predicate, card: &Card) -> Result<bool, ()> {
        match predicate {
            Predicate::Group(selector) => Ok(self
                .context
                .groups
                .iter()
                .any(|group| selects(selector, group))),
            Predicate::User(selector) => Ok(selects(selector, &self.context.user)),
            Predicate::Scope(scope) => {
                let mut text = scope.as_str().to_owned();
                let servers_owner = self
                    .context
                    .server
                    .as_ref()
                    .map(|server| server.owner.clone());
                let (name, owner) = match card.kind {
                    Kind::Server => server(card),
                    _ => (
                        card.name.clone(),
                        card.owner
                            .clone()
                            .filter(|owner| !owner.is_empty())
                            .or(servers_owner),
                    ),
                };
                if text.contains("{owner}") {
                    text = text.replace(
                        "{owner}",
                        &owner.filter(|owner| !owner.is_empty()).ok_or(())?,
                    );
                }
                self.held
                    .check(&text.replace("{name}", &name))
                    .map_err(|_| ())
            }
            Predicate::Kernel(name) => self.kernel(name),
            Predicate::Admin(wanted) => Ok(self.context.admin == *wanted),
            Predicate::Owner(wanted) => match &self.context.server {
                Some(server) => Ok((server.owner == self.context.user) == *wanted),
                None => Err(()),
            },
            Predicate::Always(wanted) => Ok(*wanted),
            Predicate::All(parts) => all(parts.iter().map(|part| self.holds(part, card))),
            Predicate::Any(parts) => all(parts
                .iter()
                .map(|part| self.holds(part, card).map(|holds| !holds)))
            .map(|none| !none),
            Predicate::Not(part) => self.holds(part, card).map(|holds| !holds),
        }
    }

    /// The cards of a kernel, or those that the launcher would make; `None` if there is no such kernel.
    fn kernel_cards(&self, name: &str) -> Option<Vec<Card>> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        let cards = || {
            self.cards
                .iter()
                .filter(|card| card.kind == Kind::Kernel && same(&card.name))
        };
        let exact = match self.kernelspecs {
            Some(specs) => &specs.iter().rev().find(|spec| same(&spec.name))?.name,
            None => &cards().next_back()?.name,
        };
        let mut variants: Vec<_> = cards()
            .map(|card| (card.category.clone(), card.tags.clone()))
            .collect();
        if variants.is_empty() {
            variants = ["Notebook", "Console"]
                .map(|category| (Some(category.to_owned()), Vec::new()))
                .to_vec();
        }
        let kernel = variants.into_iter().map(|(category, mut tags)| {
            tags.extend(self.spec_tags(name));
            Card {
                id: String::new(),
                kind: Kind::Kernel,
                name: exact.clone(),
                owner: None,
                category,
                command: None,
                tags,
            }
        });
        Some(kernel.collect())
    }

    fn kernel(&self, name: &str) -> Result<bool, ()> {
        let Some(cards) = self.kernel_cards(name) else {
            return Ok(false);
        };
        if self.leads_to_cycle(name, &mut Vec::new()) {
            return Err(());
        }
        let decisions: Vec<_> = cards.iter().map(|card| self.decide(card)).collect();
        if decisions.iter().any(|(visible, _, _)| *visible) {
            Ok(true)
        } else if decisions.iter().any(|(_, reason, _)| *reason == "error") {
            Err(())
        } else {
            Ok(false)
        }
    }

    /// Whether the conditions of the rules for this kernel, in force or not, lead to a cycle of kernels.
    fn leads_to_cycle(&self, name: &str, path: &mut Vec<String>) -> bool {
        let name = name.to_ascii_lowercase();
        if path.contains(&name) {
            return true;
        }
        let Some(cards) = self.kernel_cards(&name) else {
            return false;
        };
        path.push(name);
        let mut asked = Vec::new();
        let governs = |rule: &Rule| {
            let mut cards = cards.iter();
            cards.any(|card| self.governs(&rule.matches, card, true))
        };
        for rule in self.document.rules.iter().filter(|rule| governs(rule)) {
            for condition in rule.show_when.iter().chain(&rule.hide_when) {
                kernels_in(condition, &mut asked);
            }
        }
        let found = asked.iter().any(|kernel| self.leads_to_cycle(kernel, path));
        path.pop();
        found
    }
}

fn all(outcomes: impl Iterator<Item = Result<bool, ()>>) -> Result<bool, ()> {
    outcomes
        .collect::<Result<Vec<bool>, ()>>()
        .map(|outcomes| outcomes.iter().all(|holds| *holds))
}

fn kernels_in(condition: &Condition, out: &mut Vec<String>) {
    for predicate in &condition.0 {
        match predicate {
            Predicate::Kernel(name) => out.push(name.clone()),
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().for_each(|part| kernels_in(part, out))
            }
            Predicate::Not(part) => kernels_in(part, out),
            _ => {}
        }
    }
}

fn server(card: &Card) -> (String, Option<String>) {
    match card.owner.clone().filter(|owner| !owner.is_empty()) {
        Some(owner) => {
            let bare = card
                .name
                .strip_prefix(&format!("{owner}/"))
                .unwrap_or(&card.name)
                .to_owned();
            (bare, Some(owner))
        }
        None => match card.name.split_once('/') {
            Some((owner, name)) if !owner.is_empty() => (name.to_owned(), Some(owner.to_owned())),
            _ => (card.name.clone(), None),
        },
    }
}
