//! Any lines as scopes: nothing panics, and a set has the scopes that it was read from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scoped_launcher_core::scopes::{
    Definitions, HeldScopes, Owner, ScopeSet, check_exists, describe, expand, intersect, is_custom_name,
};

fuzz_target!(|input: &str| {
    let definitions = Definitions::default();
    let scopes = || input.lines();
    if let Ok(set) = ScopeSet::parse(scopes()) {
        let texts = set.texts();
        let again = ScopeSet::parse_unordered(texts.iter().map(String::as_str)).unwrap();
        assert_eq!(again.texts(), texts);
        assert_eq!(intersect(&set, &again, None).0.texts(), texts);
        for scope in &texts {
            // `!=x`, a filter of no entity, is asked for as if there were no filter.
            assert!(scope.contains("!=") || set.has(scope, false, None).unwrap());
        }
    }
    if let Ok((expanded, _)) = expand(scopes(), Some(Owner::User("ann")), None, &definitions) {
        let texts = expanded.texts();
        let texts_again = texts.iter().map(String::as_str);
        let (again, _) = expand(texts_again, None, None, &definitions).unwrap();
        assert_eq!(again.texts(), texts);
    }
    let held = HeldScopes::new(scopes(), "ann", &["class".to_owned()], &definitions);
    for scope in scopes() {
        let _ = held.check(scope);
        let _ = check_exists(scope, &definitions);
        let _ = is_custom_name(scope);
        assert!(!describe(scope, &definitions).is_empty() || scope.is_empty());
    }
});
