//! Decisions on cards.

use scoped_launcher_core::policy::card::{Card, Kernelspec, Kind};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::{
    Condition, Document, Match, Predicate, Rule, Visibility, WithoutHub,
};
use scoped_launcher_core::policy::glob::NameKind;
use scoped_launcher_core::policy::time::Weekly;
use scoped_launcher_core::scopes::{CustomScope, Definitions, HeldScopes};
use serde_json::{Value, json};

use super::globs::selects;
use super::matchers::{matches, server};

pub(super) struct Request<'a> {
    pub(super) document: &'a Document,
    context: &'a Context,
    pub(super) kernelspecs: Option<&'a [Kernelspec]>,
    pub(super) cards: &'a [Card],
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
    let request = Request::new(document, context, kernelspecs, cards, now);
    cards
        .iter()
        .map(|card| {
            let card = request.completed(card);
            let (visible, reason, rule) = request.decide(&card);
            json!({"id": card.id, "visible": visible, "reason": reason, "rule": rule})
        })
        .collect()
}

/// The scopes that the visitor holds.
fn held_scopes(document: &Document, context: &Context) -> HeldScopes {
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
        let has_role = match &context.service {
            Some(service) => role.services.contains(service),
            None => {
                let mut groups = role.groups.iter();
                is_for_everybody
                    || role.users.contains(&context.user)
                    || groups.any(|group| context.groups.contains(group))
            }
        };
        if has_role {
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
    HeldScopes::new(
        scopes.iter().map(String::as_str),
        &context.user,
        &context.groups,
        &definitions,
    )
}

impl<'a> Request<'a> {
    pub(super) fn new(
        document: &'a Document,
        context: &'a Context,
        kernelspecs: Option<&'a [Kernelspec]>,
        cards: &'a [Card],
        now: i64,
    ) -> Self {
        Self {
            document,
            context,
            kernelspecs,
            cards,
            now,
            held: held_scopes(document, context),
        }
    }

    /// The kernelspec of a name. Of several with the same name, the last one counts.
    fn spec(&self, name: &str) -> Option<&Kernelspec> {
        let specs = self.kernelspecs.unwrap_or_default().iter().rev();
        let mut same = specs.filter(|spec| spec.name.eq_ignore_ascii_case(name));
        same.next()
    }

    /// A card with what its kernelspec says.
    pub(super) fn completed(&self, card: &Card) -> Card {
        let mut card = card.clone();
        if card.kind == Kind::Kernel
            && let Some(spec) = self.spec(&card.name)
        {
            card.tags.extend(spec.tags.iter().cloned());
            card.title = card.title.or(spec.display_name.clone());
            card.language = card.language.or(spec.language.clone());
        }
        card
    }

    /// The rules that match a card.
    pub(super) fn matching(&self, card: &Card) -> Vec<&'a Rule> {
        let rules = self.document.rules.iter();
        rules
            .filter(|rule| self.governs(&rule.matches, card))
            .collect()
    }

    /// Whether a condition of a rule holds: not outside the rule's window.
    pub(super) fn holds_now(
        &self,
        rule: &Rule,
        condition: &Condition,
        card: &Card,
    ) -> Result<bool, ()> {
        if self.is_open(rule) {
            self.holds(condition, card)
        } else {
            Ok(false)
        }
    }

    pub(super) fn decide(&self, card: &Card) -> (bool, &'static str, Option<&str>) {
        let shown = |visibility: Visibility| visibility == Visibility::Show;
        let rules = self.matching(card);
        if rules.is_empty() {
            return (shown(self.document.default), "default", None);
        }
        if !self.context.hub && self.document.no_hub != WithoutHub::Decide {
            let is_shown = self.document.no_hub == WithoutHub::Show;
            return (is_shown, "no_hub", Some(&rules[0].id));
        }
        let outcome = |rule: &Rule, condition: &Option<Condition>| {
            condition
                .as_ref()
                .map(|condition| self.holds_now(rule, condition, card))
        };
        let hides: Vec<_> = rules
            .iter()
            .map(|rule| outcome(rule, &rule.hide_when))
            .collect();
        let shows: Vec<_> = rules
            .iter()
            .map(|rule| outcome(rule, &rule.show_when))
            .collect();
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
        if let Some(rule) = first(&|rule| shows[rule] == Some(Ok(false))) {
            return (false, "not_shown", Some(rule));
        }
        if let Some(rule) = first(&|rule| shows[rule] == Some(Ok(true))) {
            return (true, "show_when", Some(rule));
        }
        (shown(self.document.default), "default", None)
    }

    /// Whether the conditions of a rule can hold now.
    fn is_open(&self, rule: &Rule) -> bool {
        let zone = self.document.timezone.clone().unwrap_or_default();
        let from = rule.from.as_ref();
        let until = rule.until.as_ref();
        from.is_none_or(|from| from.start_ms(&zone) <= self.now)
            && until.is_none_or(|until| self.now < until.end_ms(&zone))
            && (rule.weekly.is_empty() || self.is_time_of(&rule.weekly, zone.name()))
    }

    /// Whether the clock on the wall shows a time of the week.
    fn is_time_of(&self, weekly: &[Weekly], zone: &str) -> bool {
        let now = jiff::Timestamp::from_millisecond(self.now)
            .unwrap()
            .in_tz(zone)
            .unwrap();
        let day = |day: jiff::civil::Date| {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            names[day.weekday().to_monday_zero_offset() as usize]
        };
        let (today, yesterday) = (day(now.date()), day(now.date().yesterday().unwrap()));
        let time = format!("{:02}:{:02}", now.hour(), now.minute());
        weekly.iter().any(|weekly| {
            let begins = |day: &str| weekly.days.iter().any(|listed| listed.as_str() == day);
            let (from, until) = (weekly.from.to_string(), weekly.until.to_string());
            if from < until {
                begins(today) && from <= time && time < until
            } else {
                (begins(today) && from <= time) || (begins(yesterday) && time < until)
            }
        })
    }

    pub(super) fn governs(&self, wanted: &Match, card: &Card) -> bool {
        let policy_tags = self.document.tags.0.iter();
        let given = policy_tags.filter(|(_, targets)| matches(&targets.0, card, &[]));
        let given: Vec<&str> = given.map(|(tag, _)| tag.as_str()).collect();
        matches(wanted, card, &given)
    }

    /// Whether a condition on the visitor alone holds.
    pub(super) fn holds_for_visitor(&self, condition: &Condition) -> bool {
        self.holds(condition, &Card::default()) == Ok(true)
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
            Predicate::Group(selector) => {
                let mut groups = self.context.groups.iter();
                Ok(groups.any(|group| selects(selector, group, NameKind::Text)))
            }
            Predicate::User(selector) => {
                let is_user = self.context.service.is_none();
                Ok(is_user && selects(selector, &self.context.user, NameKind::Text))
            }
            Predicate::Service(selector) => {
                let service = self.context.service.as_ref();
                Ok(service.is_some_and(|name| selects(selector, name, NameKind::Text)))
            }
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
                let text = text.replace("{user}", &self.context.user);
                self.held
                    .check(&text.replace("{name}", &name))
                    .map_err(|_| ())
            }
            Predicate::Kernel(selector) => self.kernel(selector),
            Predicate::Admin(wanted) => Ok(self.context.admin == *wanted),
            Predicate::Owner(wanted) => match &self.context.server {
                Some(server) => {
                    let is_user = self.context.service.is_none();
                    Ok((is_user && server.owner == self.context.user) == *wanted)
                }
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
}

fn all(outcomes: impl Iterator<Item = Result<bool, ()>>) -> Result<bool, ()> {
    outcomes
        .collect::<Result<Vec<bool>, ()>>()
        .map(|outcomes| outcomes.iter().all(|holds| *holds))
}
