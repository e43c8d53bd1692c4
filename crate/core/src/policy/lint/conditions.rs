//! Conditions: the names that they use, how deep they nest, and whether they are constant.

use super::cursor::Cursor;
use super::names::NameTable;
use super::reporter::Reporter;
use super::selectors;
use crate::policy::diagnostic::DiagnosticCode;
use crate::policy::document::MAX_CONDITION_DEPTH;
use crate::policy::source::{SourceNode, SourceValue};

crate::text_enum! {
    /// The keys of conditions, for which every check here has to say what it does. A test compares
    /// this list with the schema of conditions.
    pub enum PredicateKey as "ConditionKey" {
        /// A selector of groups.
        Group = "group",
        /// A selector of users.
        User = "user",
        /// A selector of services of the Hub.
        Service = "service",
        /// A scope.
        Scope = "scope",
        /// A selector of kernels.
        Kernel = "kernel",
        /// Whether the visitor is an admin.
        Admin = "admin",
        /// Whether the visitor owns the server.
        Owner = "owner",
        /// Holds always, or never.
        Always = "always",
        /// Conditions that must all hold.
        All = "all",
        /// Conditions of which one must hold.
        Any = "any",
        /// A condition that must not hold.
        Not = "not",
    }
}

impl PredicateKey {
    /// Reads a key.
    pub fn new(key: &str) -> Option<Self> {
        let mut keys = Self::ALL.iter().copied();
        keys.find(|known| known.as_str() == key)
    }
}

/// Checks a condition and those within it.
pub fn check(reporter: &mut Reporter, condition: &Cursor, names: &NameTable) {
    check_at_depth(reporter, condition, names, 0);
}

fn check_at_depth(reporter: &mut Reporter, condition: &Cursor, names: &NameTable, depth: usize) {
    if depth >= MAX_CONDITION_DEPTH {
        reporter.report(
            DiagnosticCode::TOO_DEEP,
            condition,
            format!("Conditions nest more than {MAX_CONDITION_DEPTH} deep here."),
            "Write the condition flatter: `all` and `any` take lists.",
        );
        return;
    }
    for (entry, value) in condition.entries() {
        let Some(key) = PredicateKey::new(&entry.key) else {
            continue; // `schema_check` has reported it.
        };
        match key {
            PredicateKey::Group => {
                selectors::check(reporter, &value, &entry.key);
                names.check_groups_exist(reporter, &value);
            }
            PredicateKey::User | PredicateKey::Service => {
                selectors::check(reporter, &value, &entry.key);
            }
            PredicateKey::Scope => names.scopes.check_condition(reporter, &value),
            PredicateKey::Kernel => {
                selectors::check(reporter, &value, &entry.key);
                names.check_kernels(reporter, &value);
            }
            PredicateKey::Not => check_at_depth(reporter, &value, names, depth + 1),
            PredicateKey::All | PredicateKey::Any => {
                for item in value.items() {
                    check_at_depth(reporter, &item, names, depth + 1);
                }
            }
            PredicateKey::Admin | PredicateKey::Owner | PredicateKey::Always => {}
        }
    }
}

/// Whether a condition always or never holds, if that is so for every visitor and card.
pub fn constant(condition: &SourceNode) -> Option<bool> {
    every(condition.entries().iter().map(|entry| {
        let value = &entry.value;
        let mut within = value.items().iter().map(constant);
        match PredicateKey::new(&entry.key)? {
            PredicateKey::Always => match value.value {
                SourceValue::Bool(always) => Some(always),
                _ => None,
            },
            PredicateKey::Not => constant(value).map(|holds| !holds),
            PredicateKey::All => every(&mut within),
            PredicateKey::Any => {
                let none = every(within.map(|holds| holds.map(|holds| !holds)));
                none.map(|none| !none)
            }
            PredicateKey::Group
            | PredicateKey::User
            | PredicateKey::Service
            | PredicateKey::Scope
            | PredicateKey::Kernel
            | PredicateKey::Admin
            | PredicateKey::Owner => None,
        }
    }))
}

/// Whether all hold. If one does not, the unknown ones do not matter. Of an empty list, nothing is known.
fn every(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let (mut result, mut unknown) = (None, false);
    for holds in all {
        match holds {
            Some(false) => return Some(false),
            Some(true) => result = Some(true),
            None => unknown = true,
        }
    }
    result.filter(|_| !unknown)
}

/// The selectors of the `kernel` conditions within a condition.
pub fn kernel_selectors<'a>(condition: &Cursor<'a>) -> Vec<Cursor<'a>> {
    let mut found = Vec::new();
    collect_kernels(condition, &mut found);
    found
}

fn collect_kernels<'a>(condition: &Cursor<'a>, found: &mut Vec<Cursor<'a>>) {
    for (entry, value) in condition.entries() {
        match PredicateKey::new(&entry.key) {
            Some(PredicateKey::Kernel) => found.push(value),
            Some(PredicateKey::Not) => collect_kernels(&value, found),
            Some(PredicateKey::All | PredicateKey::Any) => {
                for item in value.items() {
                    collect_kernels(&item, found);
                }
            }
            Some(
                PredicateKey::Group
                | PredicateKey::User
                | PredicateKey::Service
                | PredicateKey::Scope
                | PredicateKey::Admin
                | PredicateKey::Owner
                | PredicateKey::Always,
            )
            | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PredicateKey;
    use crate::policy::schema;

    #[test]
    fn every_key_of_conditions_is_known() {
        let condition = schema::definitions().get("Condition").unwrap();
        let keys = condition.get("properties").unwrap().as_object().unwrap();
        assert!(keys.len() > 5);
        let mut known = Vec::new();
        for key in keys.keys() {
            let key = PredicateKey::new(key)
                .unwrap_or_else(|| panic!("lint/conditions.rs does not know the key `{key}`"));
            assert!(!known.contains(&key), "{key:?}");
            known.push(key);
        }
    }
}
