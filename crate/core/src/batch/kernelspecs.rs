//! Kernelspecs in the shapes that tools have them in.

use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::policy::card::Kernelspec;

/// The kernels that exist, in any of the shapes that tools have them in: a list of names or of
/// `{name, tags}`, or kernelspecs by name as Jupyter's REST API answers them.
#[derive(Debug, Clone)]
pub struct Kernelspecs(pub Vec<Kernelspec>);

impl<'de> Deserialize<'de> for Kernelspecs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Array(specs) => specs.into_iter().map(listed).collect::<Option<_>>(),
            Value::Object(mut specs) => match specs.remove("kernelspecs") {
                Some(Value::Object(specs)) => Some(named(specs)),
                Some(_) => None,
                None => Some(named(specs)),
            },
            _ => None,
        }
        .map(Self)
        .ok_or_else(|| de::Error::custom("kernelspecs must be a list of names, a list of {name, tags}, or a mapping of names to specs"))
    }
}

fn listed(spec: Value) -> Option<Kernelspec> {
    match spec {
        Value::String(name) => Some(Kernelspec {
            name,
            ..Kernelspec::default()
        }),
        Value::Object(_) => {
            let name = spec.get("name")?.as_str()?.to_owned();
            Some(kernelspec(name, &spec))
        }
        _ => None,
    }
}

fn named(specs: Map<String, Value>) -> Vec<Kernelspec> {
    specs
        .into_iter()
        .map(|(name, spec)| kernelspec(name, &spec))
        .collect()
}

fn kernelspec(name: String, spec: &Value) -> Kernelspec {
    let text = |places: [&str; 2]| {
        let mut found = places
            .iter()
            .filter_map(|place| spec.pointer(place)?.as_str());
        found.next().map(str::to_owned)
    };
    Kernelspec {
        name,
        tags: tags_of(spec),
        display_name: text(["/display_name", "/spec/display_name"]),
        language: text(["/language", "/spec/language"]),
    }
}

/// `tags` of the spec itself and of its metadata. A kernelspec is somebody else's file: what is
/// no text is no tag.
fn tags_of(spec: &Value) -> Vec<String> {
    ["/tags", "/metadata/tags", "/spec/metadata/tags"]
        .into_iter()
        .filter_map(|span| spec.pointer(span)?.as_array())
        .flatten()
        .filter_map(|tag| tag.as_str().map(str::to_owned))
        .collect()
}
