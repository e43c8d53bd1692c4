//! Cards, what they open, and the kernels that exist.

use serde::Deserialize;
#[cfg(feature = "server")]
use serde::Serialize;

use super::command_args::CommandArgs;
use super::context::null_is_default;

crate::text_enum! {
    /// What a card opens.
    #[derive(Default, PartialOrd, Ord)]
    pub enum Kind as "CardKind" {
        /// A kernel; the name is its kernelspec's.
        Kernel = "kernel",
        /// An entry of jupyter-server-proxy.
        Proxy = "proxy",
        /// A service of the Hub.
        Service = "service",
        /// A user's server, from `owner` and `name`; the default server's name is empty.
        Server = "server",
        /// A page, file, address or command that a card of the policy opens; the name is the card's id.
        Link = "link",
        /// A profile of the Hub's spawner: `slug`, or `slug/option/choice`.
        Profile = "profile",
        /// Any other launcher item, by the id of its command.
        #[default]
        Command = "command",
    }
}

/// A card of the launcher.
#[cfg_attr(feature = "server", derive(Serialize))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// Whatever the caller knows it by; decisions carry it.
    pub id: String,
    /// What it opens.
    pub kind: Kind,
    /// The name of what it opens.
    #[serde(default, deserialize_with = "null_is_default")]
    pub name: String,
    /// Whose it is; for a server card without one, the part of `name` before its first `/`.
    #[serde(default)]
    pub owner: Option<String>,
    /// The launcher section it is in.
    #[serde(default)]
    pub category: Option<String>,
    /// The id of the command that it runs.
    #[serde(default)]
    pub command: Option<String>,
    /// Its own tags; the policy may add to them.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: Vec<String>,
    /// What stands on it; for a kernel card without one, the kernel's display name.
    #[cfg_attr(feature = "server", serde(skip_serializing_if = "Option::is_none"))]
    #[serde(default)]
    pub title: Option<String>,
    /// The title that rules match, where the one on it is in another language.
    #[cfg_attr(feature = "server", serde(skip_serializing_if = "Option::is_none"))]
    #[serde(default)]
    pub policy_title: Option<String>,
    /// The language of its kernel; for a kernel card without one, the kernelspec's.
    #[cfg_attr(feature = "server", serde(skip_serializing_if = "Option::is_none"))]
    #[serde(default)]
    pub language: Option<String>,
    /// The arguments of its command.
    #[cfg_attr(feature = "server", serde(skip_serializing_if = "Option::is_none"))]
    #[serde(default)]
    pub args: Option<CommandArgs>,
    /// The id of the policy's card that it was made from, if it was.
    #[cfg_attr(feature = "server", serde(skip_serializing_if = "Option::is_none"))]
    #[serde(default)]
    pub policy_card: Option<String>,
}

/// A kernel that exists.
#[cfg_attr(feature = "server", derive(Serialize))]
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Kernelspec {
    /// The name, compared without case.
    pub name: String,
    /// `tags` of its metadata.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: Vec<String>,
    /// What stands on its cards.
    #[serde(default)]
    pub display_name: Option<String>,
    /// Its language.
    #[serde(default)]
    pub language: Option<String>,
}

/// The launcher's categories for the cards of a kernel.
pub(super) const KERNEL_CATEGORIES: [&str; 2] = ["Notebook", "Console"];

/// A kernel's name as kernels are compared: Jupyter ignores case in kernelspec names
/// (`jupyter_client.kernelspec`), which are ASCII.
#[must_use]
pub fn normalize_kernel_name(name: &str) -> String {
    name.to_ascii_lowercase()
}

impl Card {
    /// The text that the selector of the card's kind looks at.
    pub(super) fn selected_name(&self) -> String {
        match self.kind {
            Kind::Kernel => normalize_kernel_name(&self.name),
            Kind::Proxy | Kind::Service | Kind::Link | Kind::Profile => self.name.clone(),
            Kind::Server => {
                let (name, owner) = self.server_names();
                [owner.unwrap_or_default(), "/", name].concat()
            }
            Kind::Command => self.command.as_ref().unwrap_or(&self.name).clone(),
        }
    }

    /// The title that rules match.
    pub(super) fn matched_title(&self) -> Option<&str> {
        self.policy_title.as_deref().or(self.title.as_deref())
    }

    /// Name and owner of a server card, whose `name` may be written with the owner: `owner/name`.
    pub(super) fn server_names(&self) -> (&str, Option<&str>) {
        let name = self.name.as_str();
        match self.owner.as_deref().filter(|owner| !owner.is_empty()) {
            Some(owner) => {
                let bare = name
                    .strip_prefix(owner)
                    .and_then(|rest| rest.strip_prefix('/'));
                (bare.unwrap_or(name), Some(owner))
            }
            None => match name.split_once('/') {
                Some((owner, name)) if !owner.is_empty() => (name, Some(owner)),
                _ => (name, None),
            },
        }
    }

    /// The cards that the launcher makes for what this one opens: it may be used if one of them is shown.
    ///
    /// A kernel without a category has one for each of [`KERNEL_CATEGORIES`].
    #[cfg(feature = "server")]
    pub(crate) fn launcher_cards(&self) -> Vec<Self> {
        if self.kind != Kind::Kernel || self.category.is_some() {
            return vec![self.clone()];
        }
        KERNEL_CATEGORIES
            .map(|category| Self {
                category: Some(category.to_owned()),
                ..self.clone()
            })
            .into()
    }
}
