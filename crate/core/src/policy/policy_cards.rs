//! The cards that a policy adds to the launcher.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::card::{Card, Kind};
use super::command_args::CommandArgs;
use super::compile::Policy;
use super::context::Context;
use super::document::{OpenIn, PolicyCard, Selector, Template, TemplateValues, Text};
use super::evaluate::EvaluatedContext;
use super::glob::NameKind;
use super::index::CompiledSelector;
use super::outcome::Outcome;

/// A card that a policy adds to a visitor's launcher, as a page gets it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AddedCard<'p> {
    /// What rules decide on; its `title` stands on the card.
    #[serde(flatten)]
    pub card: Card,
    /// Tooltip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'p str>,
    /// A file or URL path of the icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<&'p str>,
    /// Order within its category: smaller comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<f64>,
    /// Where its page opens.
    pub open_in: OpenIn,
    /// Path below the service or server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// A page of the visitor's own server, below its base URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// A file that JupyterLab opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'p str>,
    /// An outside address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Policy {
    /// The policy's own cards for a visitor: one for each service and link, and one for each server that the
    /// card's `servers` selects among those known to be open to the visitor.
    /// Rules decide on these cards as on any other.
    ///
    /// A server's card has the id `ID:OWNER/NAME`; the server that the launcher runs on has none. `language` is a tag
    /// such as `de`; empty, texts are in English.
    #[must_use]
    pub fn cards(&self, context: &Context, language: &str) -> Vec<AddedCard<'_>> {
        let evaluated = EvaluatedContext::new(self, context.clone(), None);
        let mut cards = Vec::new();
        for entry in &self.document.cards {
            match (&entry.service, &entry.servers) {
                (Some(service), _) => {
                    let card = (entry.id.clone(), Kind::Service, service.as_str(), None);
                    cards.push(added_card(entry, card, context, language));
                }
                (None, Some(selector)) => {
                    for server in self.open_servers(entry, selector, &evaluated) {
                        if let Some((owner, name)) = server.split_once('/') {
                            let id = [&entry.id, ":", &server].concat();
                            let card = (id, Kind::Server, name, Some(owner));
                            cards.push(added_card(entry, card, context, language));
                        }
                    }
                }
                (None, None) => {
                    let card = (entry.id.clone(), Kind::Link, entry.id.as_str(), None);
                    cards.push(added_card(entry, card, context, language));
                }
            }
        }
        cards
    }

    /// `owner/name` of the servers that a card is about and that are known to be open to the visitor, sorted: by
    /// a share, by the scopes of the visitor's roles, or because the context says so.
    fn open_servers(
        &self,
        entry: &PolicyCard,
        selector: &Selector,
        evaluated: &EvaluatedContext,
    ) -> BTreeSet<String> {
        let context = &evaluated.context;
        let mut servers: BTreeSet<String> = context
            .shares
            .iter()
            .chain(&context.servers)
            .cloned()
            .collect();
        for scope in self.raw_scopes(context) {
            if let Some(server) = scope.strip_prefix("access:servers!server=") {
                servers.insert(server.to_owned());
            } else if let Some(user) = scope.strip_prefix("access:servers!user=") {
                servers.insert([user, "/"].concat());
            }
        }
        let named = selector.include.iter().map(|pattern| pattern.as_str());
        servers.extend(
            named
                .filter(|server| evaluated.may_enter(server))
                .map(str::to_owned),
        );
        let here = context
            .server
            .as_ref()
            .map(|server| [&server.owner, "/", &server.name].concat());
        let compiled = CompiledSelector::new(selector, NameKind::Server);
        servers.retain(|server| {
            let is_own = server.split('/').next() == Some(&context.user);
            (entry.own || !is_own) && here.as_ref() != Some(server) && compiled.matches(server)
        });
        servers
    }
}

impl EvaluatedContext {
    /// Do the visitor's scopes let them enter a server, `owner/name`?
    fn may_enter(&self, server: &str) -> bool {
        let scope = ["access:servers!server=", server].concat();
        server.contains('/') && self.holds(&scope) == Outcome::Yes
    }
}

fn added_card<'p>(
    entry: &'p PolicyCard,
    (id, kind, name, owner): (String, Kind, &str, Option<&str>),
    context: &Context,
    language: &str,
) -> AddedCard<'p> {
    let values = TemplateValues {
        name,
        owner: owner.unwrap_or_default(),
        user: &context.user,
    };
    // Lint refuses templates that cannot be read; of a policy that was not checked they stay as they are.
    let filled = |text: &str, encode: fn(&str) -> String| {
        Template::new(text).map_or_else(|_| text.to_owned(), |text| text.fill(&values, encode))
    };
    let encoded = |text: &Option<String>| text.as_deref().map(|text| filled(text, url_encoded));
    let untitled = if kind == Kind::Server {
        "{owner}/{name}"
    } else {
        "{name}"
    };
    let title = entry.title.as_ref();
    let policy_title = title.filter(|title| matches!(title, Text::ByLanguage(_)));
    let title = title.map_or(untitled, |title| title.in_language(language));
    AddedCard {
        card: Card {
            id,
            kind,
            name: name.to_owned(),
            owner: owner.map(str::to_owned),
            category: entry.category.clone(),
            command: entry.command.clone(),
            tags: entry.tags.clone(),
            title: Some(filled(title, str::to_owned)),
            policy_title: policy_title.map(|title| filled(title.matched(), str::to_owned)),
            language: None,
            args: entry.args.as_ref().map(CommandArgs::from),
            policy_card: Some(entry.id.clone()),
        },
        description: entry
            .description
            .as_ref()
            .map(|text| text.in_language(language)),
        icon: entry.icon.as_deref(),
        rank: entry.rank,
        open_in: entry.open_in,
        path: encoded(&entry.path),
        page: encoded(&entry.page),
        file: entry.file.as_deref(),
        url: encoded(&entry.url),
    }
}

/// All characters but those that RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

fn url_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json, to_value};

    fn policy(value: Value) -> Policy {
        Policy::new(from_value(value).unwrap())
    }

    fn ids(policy: &Policy, context: Value) -> Vec<String> {
        let context: Context = from_value(context).unwrap();
        let cards = policy.cards(&context, "");
        cards.into_iter().map(|added| added.card.id).collect()
    }

    #[test]
    fn one_card_for_each_service_and_server() {
        let policy = policy(json!({
            "version": 1,
            "roles": [{"name": "r", "groups": ["g"], "scopes": ["access:servers!server=role/dash-3"]}],
            "cards": [
                {"id": "w", "service": "class-web", "category": "Class", "tags": ["t"]},
                {"id": "d", "servers": {"include": "*/dash-*", "except": "*/dash-x"}},
            ],
        }));
        let context = json!({
            "user": "me", "groups": ["g"], "server": {"owner": "me", "name": "dash-mine"},
            "shares": ["profx/dash-1", "profx/dash-x", "profx/lab", "profx/"],
            "scopes": ["access:servers!server=me/", "access:servers!server=me/dash-mine", "access:servers!server=profx/dash-1",
                       "access:servers!server=a/dash-2", "access:servers!server=me/dash-other", "access:servers!user=me"],
        });
        assert_eq!(
            ids(&policy, context.clone()),
            ["w", "d:a/dash-2", "d:profx/dash-1", "d:role/dash-3"]
        );
        let context = from_value(context).unwrap();
        let cards = policy.cards(&context, "");
        assert_eq!(
            to_value(&cards[0]).unwrap(),
            json!({"id": "w", "kind": "service", "name": "class-web", "owner": null, "category": "Class",
                "command": null, "tags": ["t"], "title": "class-web", "policy_card": "w", "open_in": "tab"})
        );
        let server = &cards[2].card;
        assert_eq!(server.title.as_deref(), Some("profx/dash-1"));
        assert_eq!(
            (
                server.name.as_str(),
                server.owner.as_deref(),
                server.policy_card.as_deref()
            ),
            ("dash-1", Some("profx"), Some("d"))
        );
    }

    #[test]
    fn a_real_time_collaboration_server_has_a_card() {
        let policy = policy(json!({
            "version": 1,
            "roles": [{"name": "collab", "groups": ["vox"], "scopes": ["access:servers!user=vox-collab"]}],
            "cards": [{"id": "c", "servers": "*-collab/"}, {"id": "n", "servers": ["vox-collab/lab", "other/lab"]}],
        }));
        assert_eq!(
            ids(&policy, json!({"user": "me", "groups": ["vox"]})),
            ["c:vox-collab/", "n:vox-collab/lab"]
        );
        assert!(ids(&policy, json!({"user": "me"})).is_empty());
    }

    #[test]
    fn own_servers_have_cards_where_the_policy_says_so() {
        let policy = policy(json!({
            "version": 1,
            "cards": [{"id": "o", "servers": "**", "own": true}, {"id": "n", "servers": "**"}],
        }));
        let context = json!({"user": "me", "servers": ["me/", "me/a", "me/b", "you/c"],
            "server": {"owner": "me", "name": "a"}});
        assert_eq!(
            ids(&policy, context),
            ["o:me/", "o:me/b", "o:you/c", "n:you/c"]
        );
    }

    #[test]
    fn placeholders_are_filled_and_encoded() {
        let policy = policy(json!({
            "version": 1,
            "cards": [
                {"id": "p", "title": "Hello {user}", "page": "git-pull?user={user}&x=%2F"},
                {"id": "u", "url": "https://example.edu/{user}"},
                {"id": "s", "servers": "**", "path": "at/{owner}/{name}", "title": "{name} of {owner}"},
                {"id": "c", "command": "fileeditor:create-new", "args": {"fileExt": "r"}},
            ],
        }));
        let context: Context = from_value(json!({"user": "a/b é", "shares": ["x y/d#1"]})).unwrap();
        let cards = policy.cards(&context, "");
        let title = |number: usize| cards[number].card.title.as_deref().unwrap();
        assert_eq!(title(0), "Hello a/b é");
        assert_eq!(
            cards[0].page.as_deref(),
            Some("git-pull?user=a%2Fb%20%C3%A9&x=%2F")
        );
        assert_eq!(
            cards[1].url.as_deref(),
            Some("https://example.edu/a%2Fb%20%C3%A9")
        );
        assert_eq!(title(2), "d#1 of x y");
        assert_eq!(cards[2].path.as_deref(), Some("at/x%20y/d%231"));
        assert_eq!(
            (cards[3].card.kind, cards[3].card.name.as_str(), title(3)),
            (Kind::Link, "c", "c")
        );
        assert_eq!(
            cards[3].card.args.as_ref().map(|args| json!(args)),
            Some(json!({"fileExt": "r"}))
        );
    }
}
