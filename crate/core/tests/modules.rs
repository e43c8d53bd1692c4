//! Rules for the sources of all crates: modules import in one direction, files are short, and a name
//! has one meaning.
#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests

mod source_tree;

use std::collections::{BTreeMap, BTreeSet};

use source_tree::{SourceFile, read_crate};

const CRATES: [&str; 3] = ["core", "web", "py"];

/// A longer file needs a reason.
const MAX_LINES: usize = 400;

/// How the first lines of a file give the reason why it is longer.
const REASON: &str = "//! Long because ";

/// A module that imports an item of its parent's `mod.rs` counts, and so does a path without `use`. A
/// `mod.rs` that only declares and re-exports its children imports nothing.
#[test]
fn modules_do_not_import_each_other_in_a_circle() {
    let mut circles = Vec::new();
    for name in CRATES {
        let imports = imports(&read_crate(name));
        for circle in find_circles(&imports) {
            circles.push(format!("{name}: {}", circle.join(" → ")));
        }
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn files_are_short_or_say_why_not() {
    let files = CRATES.into_iter().flat_map(read_crate);
    let long: Vec<String> = files
        .filter(|file| file.lines > MAX_LINES)
        .filter(|file| {
            !file
                .text
                .lines()
                .take(10)
                .any(|line| line.starts_with(REASON))
        })
        .map(|file| format!("{}: {} lines", file.path.display(), file.lines))
        .collect();
    assert!(
        long.is_empty(),
        "split these files, or write `{REASON}…` in their first lines:\n{}",
        long.join("\n")
    );
}

#[test]
fn no_two_types_of_a_crate_have_the_same_name() {
    for name in CRATES {
        let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in read_crate(name) {
            for type_name in file.types {
                modules
                    .entry(type_name)
                    .or_default()
                    .push(file.module.join("::"));
            }
        }
        modules.retain(|_, modules| modules.len() > 1);
        assert!(modules.is_empty(), "{name}: {modules:#?}");
    }
}

/// For each module the modules that it imports from.
fn imports(files: &[SourceFile]) -> BTreeMap<String, BTreeSet<String>> {
    let by_module: BTreeMap<&[String], &SourceFile> = files
        .iter()
        .map(|file| (file.module.as_slice(), file))
        .collect();
    files
        .iter()
        .filter(|file| file.has_items)
        .map(|file| {
            let paths = file.paths.iter();
            let imported = paths.filter_map(|path| resolve(path, &by_module));
            let imported = imported.filter(|module| *module != file.module);
            let imported = imported.map(|module| module_name(&module)).collect();
            (module_name(&file.module), imported)
        })
        .collect()
}

fn module_name(module: &[String]) -> String {
    ["crate"]
        .into_iter()
        .chain(module.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("::")
}

/// The module that defines what a path (from the root of the crate) leads to: follows re-exports.
fn resolve(path: &[String], files: &BTreeMap<&[String], &SourceFile>) -> Option<Vec<String>> {
    let mut module: Vec<String> = Vec::new();
    for (index, segment) in path.iter().enumerate() {
        let child: Vec<String> = module.iter().chain([segment]).cloned().collect();
        if files.contains_key(child.as_slice()) {
            module = child;
            continue;
        }
        let file = files.get(module.as_slice())?;
        return match file.reexports.get(segment) {
            Some(target) => {
                let rest = path.iter().skip(index + 1);
                let target: Vec<String> = target.iter().chain(rest).cloned().collect();
                resolve(&target, files)
            }
            None => Some(module),
        };
    }
    Some(module)
}

/// A shortest circle through each module that is in one; each circle once.
fn find_circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let mut found: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for start in imports.keys() {
        if let Some(circle) = shortest_circle(start, imports) {
            found
                .entry(circle.iter().cloned().collect())
                .or_insert(circle);
        }
    }
    found.into_values().collect()
}

fn shortest_circle(
    start: &String,
    imports: &BTreeMap<String, BTreeSet<String>>,
) -> Option<Vec<String>> {
    let mut visited = BTreeSet::new();
    let mut paths = std::collections::VecDeque::from([vec![start.clone()]]);
    while let Some(path) = paths.pop_front() {
        for next in path
            .last()
            .and_then(|last| imports.get(last))
            .into_iter()
            .flatten()
        {
            let longer: Vec<String> = path.iter().chain([next]).cloned().collect();
            if next == start {
                return Some(longer);
            }
            if visited.insert(next) {
                paths.push_back(longer);
            }
        }
    }
    None
}

#[test]
fn circles_are_found() {
    let imports = |pairs: &[(&str, &str)]| {
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in pairs {
            let imported = imports.entry((*from).to_owned()).or_default();
            imported.insert((*to).to_owned());
        }
        imports
    };
    let none = imports(&[("a", "b"), ("b", "c"), ("a", "c")]);
    assert!(find_circles(&none).is_empty());
    let one = imports(&[("a", "b"), ("b", "c"), ("c", "b")]);
    assert_eq!(find_circles(&one), [["b", "c", "b"]]);
}
