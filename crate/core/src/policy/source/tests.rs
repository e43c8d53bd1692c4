use serde_json::Number;

use super::*;

fn yaml(text: &str) -> SourceNode {
    read(text.as_bytes(), "policy.yaml").unwrap()
}

/// DiagnosticCode, line, column and path of each source_error.
fn errors(bytes: &[u8], file: &str) -> Vec<(&'static str, usize, usize, String)> {
    let errors = read(bytes, file).unwrap_err();
    let found = errors.into_iter();
    found
        .map(|p| (p.code.id, p.span.line, p.span.column, p.path))
        .collect()
}

fn only(bytes: &[u8], file: &str) -> (&'static str, usize, usize) {
    let found = errors(bytes, file);
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].0, found[0].1, found[0].2)
}

#[test]
fn plain_scalars_follow_the_core_schema() {
    for (written, read) in [
        ("yes", SourceValue::Text("yes".into())),
        ("no", SourceValue::Text("no".into())),
        ("on", SourceValue::Text("on".into())),
        ("Off", SourceValue::Text("Off".into())),
        ("true", SourceValue::Bool(true)),
        ("FALSE", SourceValue::Bool(false)),
        ("\"true\"", SourceValue::Text("true".into())),
        ("'1'", SourceValue::Text("1".into())),
        ("!!str 1", SourceValue::Text("1".into())),
        ("! 1", SourceValue::Text("1".into())),
        ("", SourceValue::Null),
        ("~", SourceValue::Null),
        ("1", SourceValue::Number(1.into())),
        ("-1", SourceValue::Number((-1).into())),
        ("+12", SourceValue::Number(12.into())),
        ("0o17", SourceValue::Number(15.into())),
        ("0x1F", SourceValue::Number(31.into())),
        ("017", SourceValue::Number(17.into())),
        ("1.5", SourceValue::Number(Number::from_f64(1.5).unwrap())),
        ("1:30", SourceValue::Text("1:30".into())),
        ("1_000", SourceValue::Text("1_000".into())),
        (".inf", SourceValue::Text(".inf".into())),
        ("2027-02-28", SourceValue::Text("2027-02-28".into())),
        ("15s", SourceValue::Text("15s".into())),
        ("e", SourceValue::Text("e".into())),
        (
            "|\n  two\n  lines",
            SourceValue::Text("two\nlines\n".into()),
        ),
    ] {
        let node = yaml(&format!("key: {written}\n"));
        let value = &node.get("key").unwrap().value;
        let value = match value {
            SourceValue::Text(text) if written.starts_with('|') => {
                &SourceValue::Text(format!("{}\n", text.trim_end()))
            }
            other => other,
        };
        assert_eq!(*value, read, "{written}");
    }
}

#[test]
fn places_are_the_same_in_yaml_and_json() {
    let text = "{\"é\": [1,\r\n  {\"b\": \"\\u00e9x\"}]}";
    let as_json = read(text.as_bytes(), "p.json").unwrap();
    let mut builder = Builder::default();
    yaml::read_yaml(text, &mut builder).unwrap();
    assert_eq!(Some(&as_json), builder.root.as_ref());
    let entry = &as_json.entries()[0].value.items()[1].entries()[0];
    assert_eq!(entry.key_span.line, 2);
    assert_eq!(entry.key_span.column, 4);
    assert_eq!(entry.value.span.column, 9);
    assert_eq!(entry.value.span.end_column, 18);
}

#[test]
fn json_is_read_exactly() {
    let text = "\u{feff}{\"a\":\t\"\\ud83d\\ude00\\/\",\n\t\"b\": -1.5e3}";
    let node = yaml(text);
    assert_eq!(node.get("a").unwrap().text(), Some("😀/"));
    assert_eq!(node.get("b").unwrap().span.line, 2);
    assert_eq!(node.get("b").unwrap().span.column, 7);
    assert_eq!(only(br#"{"a": "\ud83d"}"#, "p.json"), ("SL004", 1, 7));
    assert_eq!(only(b"{\"a\": 1e999}", "p.json"), ("SL004", 1, 7));
    assert_eq!(only(b"{\n \"a\": 01}", "p.json"), ("SL004", 2, 8));
    assert_eq!(only("{\"é\": x}".as_bytes(), "p.json"), ("SL004", 1, 7));
    assert_eq!(only(b"version: 1", "p.json").0, "SL004");
    assert_eq!(only(b"", "p.json").0, "SL004");
}

#[test]
fn unreadable_files_say_where() {
    for (text, found) in [
        ("version: 1\nname: a\0b", ("SL003", 2, 8)),
        ("a: \u{1b}[31m", ("SL003", 1, 4)),
        ("a:\n\t- b\n", ("SL004", 2, 2)),
        ("a: b: c\n", ("SL004", 1, 5)),
        ("a: [1, 2\n", ("SL004", 2, 1)),
        ("a: \"open\n", ("SL004", 1, 4)),
        ("a: *unknown\n", ("SL004", 1, 4)),
        ("", ("SL009", 1, 1)),
        ("# only a comment\n", ("SL009", 1, 1)),
        ("a: 1\n---\nb: 2\n", ("SL009", 2, 1)),
        ("a: !!python/object:os.system x\n", ("SL010", 1, 4)),
        ("a: !secret x\n", ("SL010", 1, 4)),
        ("a: !!set {x}\n", ("SL010", 1, 4)),
        ("a: &a [1, *a]\n", ("SL011", 1, 11)),
        ("? [a]\n: b\n", ("SL008", 1, 3)),
        ("1: b\n", ("SL008", 1, 1)),
        ("a: {true: b}\n", ("SL008", 1, 5)),
        ("? \n: b\n", ("SL008", 2, 1)),
    ] {
        assert_eq!(only(text.as_bytes(), "p.yaml"), found, "{text:?}");
    }
    assert_eq!(only(b"a: 1\nb: caf\xe9\n", "p.yaml"), ("SL002", 2, 7));
    assert_eq!(only(b"\xff\xfea\0", "p.yaml"), ("SL002", 1, 1));
}

#[test]
fn every_duplicate_key_is_reported() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 2\nd: [{e: 1, \"e\": 2}]\n";
    let found = errors(text.as_bytes(), "p.yaml");
    let expected = [
        ("SL007", 2, 11, "b.c".to_owned()),
        ("SL007", 4, 12, "d[0].e".to_owned()),
        ("SL007", 3, 1, "a".to_owned()),
    ];
    assert_eq!(found, expected);
    let in_json = errors(br#"{"x y": {"a": 1, "\u0061": 2}}"#, "p.json");
    assert_eq!(in_json, [("SL007", 1, 18, "[\"x y\"].a".to_owned())]);
}

#[test]
fn aliases_stand_for_their_value() {
    let node = yaml("a: &x {k: [1]}\nb: *x\nc: &k key\nd: {*k : 1}\n");
    assert_eq!(node.get("b"), node.get("a"));
    assert!(node.get("d").unwrap().get("key").is_some());
}

#[test]
fn hostile_files_end_soon() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut ladder = "a0: &a0 [x]\n".to_owned();
    for i in 1..40 {
        let before = i - 1;
        let nine = vec![format!("*a{before}"); 9].join(", ");
        bomb += &format!("a{i}: &a{i} [{nine}]\n");
    }
    for i in 1..10_000 {
        ladder += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
    }
    let deep_block = (0..10_000).fold(String::new(), |text, i| {
        text + &" ".repeat(i.min(100)) + "- \n"
    });
    let size = 1 << 20;
    for (name, text, code) in [
        ("bomb", bomb, "SL006"),
        ("ladder", ladder, "SL005"),
        ("deep flow", "[".repeat(10_000), "SL005"),
        (
            "deep json",
            "[".repeat(10_000) + &"]".repeat(10_000),
            "SL005",
        ),
        ("deep flow map", "{a: ".repeat(10_000), "SL005"),
        ("deep block", "- ".repeat(10_000), "SL005"),
        ("deep block lines", deep_block, ""),
        ("deep keys", "? ".repeat(10_000), "SL005"),
        ("ten megabytes", "a".repeat(10 << 20), "SL001"),
        (
            "many values",
            "[".to_owned() + &"a,".repeat(size / 2),
            "SL006",
        ),
        (
            "many json values",
            format!("[{}1]", "1,".repeat(size / 2)),
            "SL006",
        ),
        ("many lines", "- a\n".repeat(size / 4), "SL006"),
        ("many keys", "a:\n".repeat(size / 3), "SL006"),
        ("one long text", "a".repeat(size), ""),
        (
            "one long quoted text",
            format!("\"{}\"", "a".repeat(size)),
            "",
        ),
        (
            "one long block",
            "a: |\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
            "",
        ),
        (
            "long folded text",
            "a: >\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
            "",
        ),
        (
            "long plain text",
            "a: b\n".to_owned() + &"  a\n".repeat(size / 4 - 2),
            "",
        ),
        ("anchors", "&a ".repeat(size / 3), "SL004"),
        ("many anchors", "- &a x\n".repeat(size / 7), "SL006"),
        ("comments", "#\n".repeat(size / 2), "SL009"),
        ("spaces", " ".repeat(size), "SL009"),
        ("line ends", "\n".repeat(size), "SL009"),
        ("colons", ": ".repeat(10_000), ""),
        ("tabs", "\t".repeat(size), ""),
        ("documents", "---\n".repeat(size / 4), "SL009"),
        ("tags", "!a ".repeat(size / 3), ""),
    ] {
        let found = read(text.as_bytes(), "p.yaml").err();
        let first = found.as_ref().and_then(|found| found.first());
        if !code.is_empty() {
            assert_eq!(first.map(|p| p.code.id), Some(code), "{name}: {first:?}");
        }
    }
}
