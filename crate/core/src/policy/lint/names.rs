//! The names that a policy defines, and those that the Hub has: what conditions and grants may use.

use std::collections::HashSet;

use super::common::is_kernel_name;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::scopes::ScopeTable;
use super::selectors::SelectorNodes;
use crate::policy::card::{Kind, normalize_kernel_name};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::Glob;
use crate::policy::glob::is_glob;

/// Scopes, groups and kernels by name.
pub struct NameTable<'a> {
    /// Scopes that exist, and those that roles grant.
    pub scopes: ScopeTable<'a>,
    /// Groups of roles and, if the caller knows them, of the Hub.
    groups: HashSet<&'a str>,
    /// Kernels that the policy names without a glob outside conditions.
    kernels: Vec<&'a str>,
}

impl<'a> NameTable<'a> {
    /// Collects the names of a policy.
    pub fn new(
        root: &Cursor<'a>,
        hub_groups: Option<&'a [String]>,
        scopes: ScopeTable<'a>,
    ) -> Self {
        let hub_groups = hub_groups.into_iter().flatten().map(String::as_str);
        let roles = root.items_of("roles");
        let role_groups = roles.iter().flat_map(|role| role.items_of("groups"));
        let role_groups = role_groups.filter_map(|group| group.node.text());
        let kernels = root.get("kernels");
        let directories = kernels
            .iter()
            .flat_map(Cursor::entries)
            .map(|(entry, _)| entry.key.as_str());
        let rules = root.items_of("rules");
        let matched = rules
            .iter()
            .filter_map(|rule| rule.get("match")?.get(Kind::Kernel.as_str()));
        let matched = matched.flat_map(|selector| SelectorNodes::new(&selector).include);
        let matched = matched
            .filter_map(|glob| glob.node.text())
            .filter(|text| !is_glob(text));
        Self {
            scopes,
            groups: hub_groups.chain(role_groups).collect(),
            kernels: directories.chain(matched).collect(),
        }
    }

    /// Reports groups of a selector that are not known, if any groups are known at all.
    pub fn check_groups_exist(&self, reporter: &mut Reporter, selector: &Cursor) {
        let hub_groups_known = reporter.options.groups.is_some();
        if self.groups.is_empty() && !hub_groups_known {
            return;
        }
        for cursor in SelectorNodes::new(selector).iter() {
            let Some(text) = cursor.node.text() else {
                continue;
            };
            let exists = if is_glob(text) {
                let Ok(glob) = Glob::new(text, false) else {
                    continue;
                };
                !reporter.may_compare(self.groups.len())
                    || self.groups.iter().any(|group| glob.matches(group))
            } else {
                self.groups.contains(text)
            };
            if exists || text.is_empty() {
                continue;
            }
            let who = if hub_groups_known {
                "Neither the Hub nor a role here has a group"
            } else {
                "No role here names a group"
            };
            let near = reporter.suggester.find(text, self.groups.iter().copied());
            let help = match near {
                Some(near) => format!("Did you mean `{near}`?"),
                None if hub_groups_known => {
                    "Create the group at the Hub, or name it in a role.".to_owned()
                }
                None => "If the Hub has it, give `check` the Hub's groups.".to_owned(),
            };
            reporter.report(
                DiagnosticCode::UNKNOWN_GROUP,
                cursor,
                format!("{who} {}.", quoted(text)),
                help,
            );
        }
    }

    /// Reports the name of a kernel that cannot exist, or that is spelled nearly as another one.
    pub fn check_kernel_name(&self, reporter: &mut Reporter, cursor: &Cursor) {
        let Some(text) = cursor.node.text().filter(|text| !text.is_empty()) else {
            return;
        };
        if !is_kernel_name(text) {
            reporter.report(
                DiagnosticCode::NEVER_MATCHES,
                cursor,
                format!("No kernel is named {}.", quoted(text)),
                "Write one exact kernelspec name; globs and lists are not possible here.",
            );
            return;
        }
        let name = normalize_kernel_name(text);
        let mut kernels = self.kernels.iter();
        if kernels.any(|kernel| normalize_kernel_name(kernel) == name) {
            return;
        }
        if let Some(near) = reporter.suggester.find(text, self.kernels.iter().copied()) {
            reporter.report(
                DiagnosticCode::UNKNOWN_KERNEL,
                cursor,
                format!(
                    "Nothing else in this policy names the kernel {}.",
                    quoted(text)
                ),
                format!("Did you mean `{near}`?"),
            );
        }
    }
}
