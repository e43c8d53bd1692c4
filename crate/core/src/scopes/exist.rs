//! Whether a scope may be written in a role or asked for.

use super::definitions::Definitions;
use super::expand::unknown_scope;
use super::text::split;
use crate::error::Error;

/// Checks that a scope and the kind of its filter exist; follows
/// `jupyterhub.scopes._check_scopes_exist`.
///
/// As there, a filter may still name nothing (`!user=`): only expanding refuses that.
///
/// # Errors
/// `unknown-scope` or `unknown-filter`.
pub fn check_exists(scope: &str, definitions: &Definitions) -> Result<(), Error> {
    let (base, filter) = split(scope);
    if !definitions.contains(base) {
        return Err(unknown_scope(base));
    }
    let exists = match filter.split_once('=') {
        None => ["", "user", "service", "server"].contains(&filter),
        Some((entity, _)) => ["user", "service", "group", "server"].contains(&entity),
    };
    if exists {
        return Ok(());
    }
    Err(Error::new(
        "unknown-filter",
        format!(
            "`{scope}` has a filter that does not exist. Write `!user=`, `!group=`, `!server=` or \
             `!service=` with a name, or `!user`, `!server` or `!service`."
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Definitions, check_exists};

    #[test]
    fn filters_of_known_kinds_exist() {
        let code = |scope| {
            check_exists(scope, &Definitions::default())
                .err()
                .map(|e| e.code)
        };
        for scope in [
            "users",
            "users!",
            "users!user",
            "users!user=",
            "users!group=a!b=c",
        ] {
            assert_eq!(code(scope), None, "{scope}");
        }
        for scope in [
            "users!group",
            "users!tag=x",
            "users!=x",
            "users!user!user=x",
        ] {
            assert_eq!(code(scope), Some("unknown-filter"), "{scope}");
        }
        for scope in ["", "all", "metrics", "custom:x", "user"] {
            assert_eq!(code(scope), Some("unknown-scope"), "{scope}");
        }
    }
}
