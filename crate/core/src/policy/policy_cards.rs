//! The cards that a policy adds to the launcher.

use super::card::{Card, Kind};
use super::compile::Policy;
use super::context::Context;
use super::document::{PolicyCard, Template};
use super::index::CompiledSelector;

/// A card that a policy adds to a visitor's launcher.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedCard<'p> {
    /// What rules decide on.
    pub card: Card,
    /// The policy's entry that it comes from.
    pub entry: &'p PolicyCard,
    /// What stands on it.
    pub title: String,
}

impl Policy {
    /// The policy's own cards for a visitor: one for each service, and one for each server that the
    /// card's `servers` selects among those shared with the visitor and those their scopes name.
    /// Rules decide on these cards as on any other.
    ///
    /// A server's card has the id `ID:OWNER/NAME`; the server that the launcher runs on has none.
    #[must_use]
    pub fn cards(&self, context: &Context) -> Vec<AddedCard<'_>> {
        let mut cards = Vec::new();
        let servers = self.servers(context);
        for entry in &self.document.cards {
            let card = |id: String, kind, name: &str, owner: Option<&str>| Card {
                id,
                kind,
                name: name.to_owned(),
                owner: owner.map(str::to_owned),
                category: entry.category.clone(),
                command: None,
                tags: entry.tags.clone(),
            };
            if let Some(service) = &entry.service {
                cards.push(AddedCard {
                    card: card(entry.id.clone(), Kind::Service, service, None),
                    entry,
                    title: entry.title.clone().unwrap_or_else(|| service.clone()),
                });
            }
            if let Some(selector) = &entry.servers {
                let selector = CompiledSelector::new(selector, false);
                let title = entry.title.as_deref().unwrap_or("{owner}/{name}");
                let title = Template::new(title);
                for server in servers.iter().filter(|server| selector.matches(server)) {
                    if let Some((owner, name)) = server.split_once('/') {
                        let id = [&entry.id, ":", server].concat();
                        cards.push(AddedCard {
                            card: card(id, Kind::Server, name, Some(owner)),
                            entry,
                            title: title.fill(name, owner),
                        });
                    }
                }
            }
        }
        cards
    }

    /// `owner/name` of the servers known to be open to the visitor, sorted.
    fn servers<'c>(&'c self, context: &'c Context) -> Vec<&'c str> {
        let here = context
            .server
            .as_ref()
            .map(|server| [&server.owner, "/", &server.name].concat());
        let mut servers: Vec<&str> = context.shares.iter().map(String::as_str).collect();
        for scope in self.raw_scopes(context) {
            servers.extend(scope.strip_prefix("access:servers!server="));
        }
        servers.retain(|server| here.as_deref() != Some(server));
        servers.sort_unstable();
        servers.dedup();
        servers
    }
}

#[cfg(test)]
#[cfg(feature = "server")]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn one_card_for_each_service_and_server() {
        let policy = Policy::new(
            from_value(json!({
                "version": 1,
                "roles": [{"name": "r", "groups": ["g"], "scopes": ["access:servers!server=role/dash-3"]}],
                "cards": [
                    {"id": "w", "service": "class-web", "category": "Class", "tags": ["t"]},
                    {"id": "d", "servers": {"include": "*/dash-*", "except": "*/dash-x"}},
                ],
            }))
            .unwrap(),
        );
        let context: Context = from_value(json!({
            "user": "me", "groups": ["g"], "server": {"owner": "me", "name": "dash-mine"},
            "shares": ["profx/dash-1", "profx/dash-x", "profx/lab", "profx/"],
            "scopes": ["access:servers!server=me/", "access:servers!server=me/dash-mine", "access:servers!server=profx/dash-1",
                       "access:servers!server=a/dash-2", "access:servers!user=me"],
        }))
        .unwrap();
        let cards = policy.cards(&context);
        let ids: Vec<&str> = cards.iter().map(|added| added.card.id.as_str()).collect();
        assert_eq!(ids, ["w", "d:a/dash-2", "d:profx/dash-1", "d:role/dash-3"]);
        let service = &cards[0].card;
        assert_eq!(
            (service.kind, service.name.as_str(), &service.owner),
            (Kind::Service, "class-web", &None)
        );
        assert_eq!(
            (service.category.as_deref(), service.tags.as_slice()),
            (Some("Class"), &["t".to_owned()][..])
        );
        let server = &cards[2];
        assert_eq!(server.title, "profx/dash-1");
        assert_eq!(
            (
                server.card.name.as_str(),
                server.card.owner.as_deref(),
                server.entry.id.as_str()
            ),
            ("dash-1", Some("profx"), "d")
        );
    }
}
