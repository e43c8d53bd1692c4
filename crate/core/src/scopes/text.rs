//! The text of one scope: `base`, `base!entity` or `base!entity=name`.

use crate::error::Error;

/// Splits a scope at its first `!` into base and filter; no filter is an empty one.
///
/// `users!user=a!b` is (`users`, `user=a!b`); both `users` and `users!` are (`users`, ``).
#[must_use]
pub fn split(scope: &str) -> (&str, &str) {
    scope.split_once('!').unwrap_or((scope, ""))
}

/// Splits a filter at its first `=` into entity and name; a missing name is an empty one.
#[must_use]
pub fn split_filter(filter: &str) -> (&str, &str) {
    filter.split_once('=').unwrap_or((filter, ""))
}

/// The user who owns a server: what is before the first `/` in `user/server`.
#[must_use]
pub fn owner_of(server: &str) -> &str {
    server.split_once('/').map_or(server, |(owner, _)| owner)
}

/// The error for a filter without a name, such as `!user=` or an unexpanded `!group`.
pub(super) fn empty_filter(base: &str, filter: &str) -> Error {
    Error::new(
        "empty-filter",
        [
            "The filter in `",
            base,
            "!",
            filter,
            "` names nothing; write `",
            base,
            "!",
            split_filter(filter).0,
            "=NAME`.",
        ]
        .concat(),
    )
}
