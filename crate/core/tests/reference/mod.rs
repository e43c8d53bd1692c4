//! The policy language read plainly: every rule on every card, no index, nothing kept. Slow and easy
//! to check against the documentation; globs by the regex crate.

use std::collections::BTreeMap;

use regex::Regex;
use scoped_launcher_core::policy::card::{Card, Kernelspec, Kind};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::{
    Condition, Document, Match, MatchKey, Predicate, Rule, Selector, Visibility,
};
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use scoped_launcher_core::scopes::{CustomScope, Definitions, HeldScopes};
use serde_json::{Value, json};

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

fn selects(selector: &Selector, text: &str) -> bool {
    let any = |globs: &[scoped_launcher_core::policy::document::Pattern]| {
        globs
            .iter()
            .any(|glob| regex_of(glob.as_str()).is_match(text))
    };
    any(&selector.include) && !any(&selector.except)
}

fn lowered(selector: &Selector) -> Selector {
    let lower = |globs: &[scoped_launcher_core::policy::document::Pattern]| {
        let lower = globs.iter().map(|glob| {
            scoped_launcher_core::policy::document::Pattern::new(glob.as_str().to_ascii_lowercase())
                .unwrap()
        });
        lower.collect()
    };
    Selector {
        include: lower(&selector.include),
        except: lower(&selector.except),
    }
}

/// Changes as op `grants` answers them: every grant on every server and every user.
pub fn grants(
    document: &Document,
    users: &[UserModel],
    shares: &[ExistingShare],
    now: i64,
) -> Value {
    let mut wanted: BTreeMap<(String, &str), &str> = BTreeMap::new();
    for grant in &document.grants {
        let from = grant.from.as_ref();
        let until = grant.until.as_ref();
        if from.is_some_and(|from| now < from.start_ms())
            || until.is_some_and(|until| until.end_ms() <= now)
        {
            continue;
        }
        for owner in users {
            for (name, server) in &owner.servers {
                let full_name = format!("{}/{name}", owner.name);
                let taggings = document.tags.0.iter();
                let given = taggings.filter(|(_, tagging)| {
                    let mut selectors = tagging.0.0.iter();
                    selectors
                        .any(|(key, names)| *key == MatchKey::Server && selects(names, &full_name))
                });
                let mut tags = server.tags.iter().chain(given.map(|(tag, _)| tag));
                let globs = &grant.servers.tags;
                let is_tagged = globs.is_empty()
                    || tags.any(|tag| {
                        let mut globs = globs.iter();
                        globs.any(|glob| regex_of(glob.as_str()).is_match(tag))
                    });
                if name.is_empty() || !is_tagged || !selects(&grant.servers.names, &full_name) {
                    continue;
                }
                for user in users.iter().filter(|user| user.name != owner.name) {
                    let by_name = grant.to.users.as_ref();
                    let by_group = grant.to.groups.as_ref();
                    let mut groups = user.groups.iter();
                    if by_name.is_some_and(|names| selects(names, &user.name))
                        || by_group.is_some_and(|names| groups.any(|group| selects(names, group)))
                    {
                        let pair = (full_name.clone(), user.name.as_str());
                        wanted.entry(pair).or_insert(&grant.id);
                    }
                }
            }
        }
    }
    let change = |server: &str, user: &str, grant: &str| json!({"server": server, "user": user, "grant": grant});
    let there = |server: &str, user: &str| {
        let mut shares = shares.iter();
        shares.any(|share| share.server == server && share.user.as_deref() == Some(user))
    };
    let create = wanted.iter();
    let create: Vec<Value> = create
        .filter(|((server, user), _)| !there(server, user))
        .map(|((server, user), grant)| change(server, user, grant))
        .collect();
    let mut ours: Vec<(&str, &str, &str)> = shares
        .iter()
        .filter_map(|share| {
            Some((
                &*share.server,
                share.user.as_deref()?,
                share.grant.as_deref()?,
            ))
        })
        .filter(|(server, user, _)| !wanted.contains_key(&((*server).to_owned(), *user)))
        .collect();
    ours.sort_unstable();
    ours.dedup();
    let revoke: Vec<Value> = ours
        .iter()
        .map(|(server, user, grant)| change(server, user, grant))
        .collect();
    json!({"create": create, "revoke": revoke})
}

struct DecideRequest<'a> {
    document: &'a Document,
    context: &'a Context,
    kernelspecs: Option<&'a [Kernelspec]>,
    cards: &'a [Card],
    now: i64,
    held: HeldScopes,
}

/// Decisions as op `decide` answers them.
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
        let everybodys = role.name == "user" && role.users.is_empty() && role.groups.is_empty();
        if everybodys
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
    let question = DecideRequest {
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
                card.tags.extend(question.spec_tags(&card.name));
            }
            let (visible, reason, rule) = question.decide(&card);
            json!({"id": card.id, "visible": visible, "reason": reason, "rule": rule})
        })
        .collect()
}

impl DecideRequest<'_> {
    fn spec_tags(&self, name: &str) -> Vec<String> {
        // Of several with one name, the last.
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
        let first = |test: &dyn Fn(usize) -> bool| {
            (0..rules.len())
                .find(|&rule| test(rule))
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
                    let given = self
                        .document
                        .tags
                        .0
                        .iter()
                        .filter(|(_, tagging)| self.governs(&tagging.0, card, false))
                        .map(|(tag, _)| tag);
                    card.tags
                        .iter()
                        .chain(given)
                        .any(|tag| selects(selector, tag))
                }
                _ => false,
            })
    }

    /// An error anywhere in it is an error of the whole.
    fn holds(&self, condition: &Condition, card: &Card) -> Result<bool, ()> {
        all(condition.0.iter().map(|test| self.test(test, card)))
    }

    fn test(&self, test: &Predicate, card: &Card) -> Result<bool, ()> {
        match test {
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
        let mut looks: Vec<_> = cards()
            .map(|card| (card.category.clone(), card.tags.clone()))
            .collect();
        if looks.is_empty() {
            looks = ["Notebook", "Console"]
                .map(|category| (Some(category.to_owned()), Vec::new()))
                .to_vec();
        }
        let kernel = looks.into_iter().map(|(category, mut tags)| {
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
        let verdicts: Vec<_> = cards.iter().map(|card| self.decide(card)).collect();
        if verdicts.iter().any(|(visible, _, _)| *visible) {
            Ok(true)
        } else if verdicts.iter().any(|(_, reason, _)| *reason == "error") {
            Err(())
        } else {
            Ok(false)
        }
    }

    /// Do the rules about this kernel, whether in force or not, ask about kernels in a circle?
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
    for test in &condition.0 {
        match test {
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
