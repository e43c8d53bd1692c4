//! Custom scopes: a deployment's own, checked as `jupyterhub.scopes.define_custom_scopes` does.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::definitions::{CustomScope, Definitions};
use crate::error::Error;

/// Checks custom scopes (`{name: {description, subscopes}}`) and defines them.
///
/// Returned beside the definitions are the warnings (code `unknown-key`).
///
/// # Errors
/// `redefined-scope`, `bad-scope-name`, `bad-custom-scope`, `bad-subscopes`, `hub-subscope` or
/// `unknown-subscope`.
pub fn define(custom: &Map<String, Value>) -> Result<(Definitions, Vec<Error>), Error> {
    let hub = Definitions::default();
    let mut defined = BTreeMap::new();
    let mut warnings = Vec::new();
    for (name, definition) in custom {
        if hub.contains(name) {
            return Err(Error::new(
                "redefined-scope",
                format!("`{name}` is the Hub's own scope. Write a name such as `custom:{name}`."),
            ));
        }
        if !is_custom_name(name) {
            return Err(Error::new(
                "bad-scope-name",
                format!(
                    "`{name}` is no name for a scope. Write `custom:` and at least three of \
                     a-z 0-9 _ - * : that start with a letter or digit and do not end with - or :."
                ),
            ));
        }
        let (definition, unknown_keys) = read(name, definition, custom, &hub)?;
        if !unknown_keys.is_empty() {
            warnings.push(Error::new(
                "unknown-key",
                format!(
                    "The Hub ignores {} in `{name}`: it knows `description` and `subscopes`.",
                    unknown_keys.join(", ")
                ),
            ));
        }
        defined.insert(name.clone(), definition);
    }
    Ok((Definitions::with_custom(defined), warnings))
}

/// Whether the Hub takes this for the name of a custom scope.
///
/// As its regular expression does, this lets one line feed at the end pass.
#[must_use]
pub fn is_custom_name(name: &str) -> bool {
    let name = name.strip_suffix('\n').unwrap_or(name);
    let Some(name) = name.strip_prefix("custom:") else {
        return false;
    };
    let letter = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
    match name.as_bytes() {
        [first, inner @ .., last] => {
            letter(*first)
                && !inner.is_empty()
                && inner.iter().all(|&c| letter(c) || b"_-*:".contains(&c))
                && (letter(*last) || b"_*".contains(last))
        }
        _ => false,
    }
}

/// One definition, and the names of its keys that mean nothing.
fn read<'d>(
    name: &str,
    definition: &'d Value,
    custom: &Map<String, Value>,
    hub: &Definitions,
) -> Result<(CustomScope, Vec<&'d str>), Error> {
    let bad = |code, message: String| Err(Error::new(code, message));
    let Some(definition) = definition.as_object() else {
        return bad(
            "bad-custom-scope",
            format!("`{name}` is not defined. Write `{name}: {{description: …}}`."),
        );
    };
    let Some(description) = definition.get("description") else {
        return bad(
            "bad-custom-scope",
            format!("`{name}` has no description. Add one: the Hub shows it to people."),
        );
    };
    let mut subscopes = Vec::new();
    if let Some(listed) = definition.get("subscopes") {
        let listed: Option<Vec<&str>> = listed
            .as_array()
            .and_then(|listed| listed.iter().map(Value::as_str).collect());
        let Some(listed) = listed else {
            return bad(
                "bad-subscopes",
                format!("The subscopes of `{name}` are not a list of scopes."),
            );
        };
        for subscope in listed {
            if !custom.contains_key(subscope) {
                return match hub.contains(subscope) {
                    true => bad(
                        "hub-subscope",
                        format!(
                            "`{name}` includes the Hub's scope `{subscope}`. A custom scope can only \
                             include custom ones; put both into a role."
                        ),
                    ),
                    false => bad(
                        "unknown-subscope",
                        format!("`{name}` includes `{subscope}`, which is not defined."),
                    ),
                };
            }
            subscopes.push(subscope.to_owned());
        }
    }
    let unknown_keys = definition
        .keys()
        .map(String::as_str)
        .filter(|key| !["description", "subscopes"].contains(key))
        .collect();
    Ok((
        CustomScope {
            // The Hub takes any value for a description.
            description: description.as_str().unwrap_or_default().to_owned(),
            subscopes,
        },
        unknown_keys,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{define, is_custom_name};

    #[test]
    fn names_follow_the_rule() {
        for name in [
            "custom:abc",
            "custom:a:*",
            "custom:0-_",
            "custom:a::b",
            "custom:abc\n",
        ] {
            assert!(is_custom_name(name), "{name:?}");
        }
        for name in [
            "custom:",
            "custom:a",
            "custom:ab",
            "custom:ab-",
            "custom:ab:",
            "custom:-ab",
            "custom:aBc",
            "custom:aéc",
            "custom:abc\n\n",
            "Custom:abc",
            "abc",
            "",
        ] {
            assert!(!is_custom_name(name), "{name:?}");
        }
    }

    #[test]
    fn what_the_hub_refuses_is_refused() {
        let described = json!({"description": "x"});
        for (custom, code) in [
            (json!({"users": described}), "redefined-scope"),
            (json!({"mine": described}), "bad-scope-name"),
            (json!({"custom:abc": "description"}), "bad-custom-scope"),
            (json!({"custom:abc": {}}), "bad-custom-scope"),
            (
                json!({"custom:abc": {"description": "", "subscopes": null}}),
                "bad-subscopes",
            ),
            (
                json!({"custom:abc": {"description": "", "subscopes": [1]}}),
                "bad-subscopes",
            ),
            (
                json!({"custom:abc": {"description": "", "subscopes": ["users"]}}),
                "hub-subscope",
            ),
            (
                json!({"custom:abc": {"description": "", "subscopes": ["no"]}}),
                "unknown-subscope",
            ),
        ] {
            let error = define(custom.as_object().unwrap()).unwrap_err();
            assert_eq!(error.code, code, "{custom}");
        }
    }

    #[test]
    fn odd_but_accepted() {
        let custom = json!({
            "custom:abc": {"description": null, "subscopes": ["custom:abc"], "color": 1, "a": 2},
        });
        let (definitions, warnings) = define(custom.as_object().unwrap()).unwrap();
        assert!(definitions.contains("custom:abc"));
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].code, "unknown-key");
    }
}
