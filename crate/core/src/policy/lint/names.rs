//! The names that a policy defines, and those that the Hub has: what conditions and grants may use.

use std::collections::HashSet;

use super::common::is_kernel_name;
use super::cursor::Cursor;
use super::reporter::Reporter;
use super::scopes::ScopeTable;
use super::selectors::{SelectorNodes, one_or_more};
use crate::policy::card::{Kind, normalize_kernel_name};
use crate::policy::diagnostic::{DiagnosticCode, quoted};
use crate::policy::glob::{Glob, NameKind, is_glob};
use crate::policy::time::TimeZoneSpec;

/// Scopes, groups and kernels by name.
pub struct NameTable<'a> {
    /// Scopes that exist, and those that roles grant.
    pub scopes: ScopeTable<'a>,
    /// Groups of roles and, if the caller knows them, of the Hub.
    groups: HashSet<&'a str>,
    /// Kernels that the policy names without a glob outside conditions.
    kernels: Vec<&'a str>,
    /// The policy's time zone, if it has a good one.
    pub zone: Option<TimeZoneSpec>,
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
        let matches = rules.iter().filter_map(|rule| rule.get("match"));
        let matchers = matches.flat_map(|cards| one_or_more(&cards));
        let matched = matchers.filter_map(|matcher| matcher.get(Kind::Kernel.as_str()));
        let matched = matched.flat_map(|selector| SelectorNodes::new(&selector).include);
        let matched = matched
            .filter_map(|glob| glob.node.text())
            .filter(|text| !is_glob(text));
        Self {
            scopes,
            groups: hub_groups.chain(role_groups).collect(),
            kernels: directories.chain(matched).collect(),
            zone: root
                .text("timezone")
                .and_then(|name| TimeZoneSpec::parse(name).ok()),
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
            let glob = || Glob::selecting(text, NameKind::Text);
            let exists = self.groups.contains(text)
                || (is_glob(text)
                    && (!reporter.may_compare(self.groups.len())
                        || self.groups.iter().any(|group| glob().matches(group))));
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

    /// Reports names of kernels in a condition that are spelled nearly as other ones.
    pub fn check_kernels(&self, reporter: &mut Reporter, selector: &Cursor) {
        for cursor in SelectorNodes::new(selector).include {
            self.check_kernel_name(reporter, &cursor);
        }
    }

    fn check_kernel_name(&self, reporter: &mut Reporter, cursor: &Cursor) {
        let Some(text) = cursor.node.text().filter(|text| is_kernel_name(text)) else {
            return; // A glob, or reported by `selectors`.
        };
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
