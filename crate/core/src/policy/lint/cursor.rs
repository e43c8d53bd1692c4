//! A place in the tree of a policy file.

use crate::policy::source::{SourceEntry, SourceNode, path_to_item, path_to_key};

/// A value and the keys that lead to it.
#[derive(Clone)]
pub struct Cursor<'a> {
    /// The value.
    pub node: &'a SourceNode,
    /// The keys that lead to it, such as `rules[2].show_when`.
    pub path: String,
}

impl<'a> Cursor<'a> {
    /// The root of a file.
    pub fn root(node: &'a SourceNode) -> Self {
        Self {
            node,
            path: String::new(),
        }
    }

    /// The value of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<Cursor<'a>> {
        let node = self.node.get(key)?;
        let path = path_to_key(&self.path, key);
        Some(Cursor { node, path })
    }

    /// The text of a key, if it is there and text.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.node.get(key)?.text()
    }

    /// The items of a list.
    pub fn items(&self) -> impl Iterator<Item = Cursor<'a>> + use<'a, '_> {
        let items = self.node.items().iter().enumerate();
        items.map(|(index, node)| Cursor {
            node,
            path: path_to_item(&self.path, index),
        })
    }

    /// The items of the list that a key has; none if the key is not there.
    pub fn items_of(&self, key: &str) -> Vec<Cursor<'a>> {
        self.get(key)
            .map_or_else(Vec::new, |list| list.items().collect())
    }

    /// The keys and values of a mapping.
    pub fn entries(&self) -> impl Iterator<Item = (&'a SourceEntry, Cursor<'a>)> + use<'a, '_> {
        self.node.entries().iter().map(|entry| {
            let path = path_to_key(&self.path, &entry.key);
            let node = &entry.value;
            (entry, Cursor { node, path })
        })
    }
}
