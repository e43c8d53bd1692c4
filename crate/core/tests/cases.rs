//! Runs the decision cases of `tests/cases` through the batch contract.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod shared_cases;

use std::fs;
use std::path::Path;

use scoped_launcher_core::batch::answer;
use serde_json::{Map, Value};

fn ask(op: &str, request: &Map<String, Value>) -> Value {
    let mut request = request.clone();
    request.insert("op".to_owned(), op.into());
    serde_json::from_str(&answer(&Value::Object(request).to_string())).unwrap()
}

#[test]
fn every_case_is_decided_as_it_says() {
    let cases = shared_cases::all();
    let mut wrong = Vec::new();
    for case in &cases {
        let decided = ask("decide", &case.request);
        if decided["decisions"] != Value::Array(case.decisions.clone()) {
            wrong.push(format!(
                "{}\n  expected {}\n  decided  {decided}",
                case.name,
                Value::Array(case.decisions.clone())
            ));
        }
        let explained = ask("explain", &case.request);
        for (decision, explanation) in decided["decisions"]
            .as_array()
            .unwrap_or(&Vec::new())
            .iter()
            .zip(explained["decisions"].as_array().unwrap())
        {
            for key in ["id", "visible", "rule", "reason"] {
                assert_eq!(decision[key], explanation[key], "{}", case.name);
            }
            let sentence = explanation["sentence"].as_str().unwrap();
            let start = if decision["visible"] == true {
                "Shown"
            } else {
                "Hidden"
            };
            assert!(
                sentence.starts_with(start) && sentence.ends_with('.'),
                "{}: {sentence}",
                case.name
            );
            if let Some(expected) = case.sentences.get(decision["id"].as_str().unwrap()) {
                assert_eq!(explanation["sentence"], *expected, "{}", case.name);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
    let counts = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("case-counts");
    fs::create_dir_all(&counts).unwrap();
    fs::write(counts.join("rust"), format!("{}\n", cases.len())).unwrap();
    println!("shared cases run: {}", cases.len());
}

#[test]
fn every_file_is_compiled_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut files: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yaml"))
        .collect();
    files.sort_unstable();
    let known: Vec<&str> = shared_cases::FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, known);
}

#[test]
fn names_are_unique() {
    let mut names: Vec<String> = shared_cases::all()
        .into_iter()
        .map(|case| case.name)
        .collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
