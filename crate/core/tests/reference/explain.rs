//! What is said of hidden cards: by which rules, and in which language.

use scoped_launcher_core::policy::card::{Card, Kernelspec};
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::document::{Condition, Document, Rule};
use serde_json::{Value, json};

use super::decide::Request;

/// What op `explain` answers in `message`, `contact`, `request`, `locked` and `listed`, for a policy in which no condition
/// asks for a kernel or has a placeholder.
pub fn tell(
    document: &Document,
    context: &Context,
    kernelspecs: Option<&[Kernelspec]>,
    cards: &[Card],
    now: i64,
    language: &str,
) -> Vec<Value> {
    let request = Request::new(document, context, kernelspecs, cards, now);
    let cards = cards.iter().map(|card| request.completed(card));
    cards
        .map(|card| tell_of(&request, document, &card, language))
        .collect()
}

fn tell_of(request: &Request, document: &Document, card: &Card, language: &str) -> Value {
    let (visible, reason, _) = request.decide(card);
    if visible {
        return json!({"message": null, "contact": null, "request": null, "locked": false, "listed": true});
    }
    let rules = request.matching(card);
    let outcome = |rule: &Rule, condition: &Option<Condition>| {
        condition
            .as_ref()
            .map(|condition| request.holds_now(rule, condition, card))
    };
    let hides = |rule: &Rule| outcome(rule, &rule.hide_when) == Some(Ok(true));
    let fails = |rule: &Rule| {
        let conditions = [&rule.hide_when, &rule.show_when];
        conditions
            .iter()
            .any(|condition| outcome(rule, condition) == Some(Err(())))
    };
    let does_not_show = |rule: &Rule| outcome(rule, &rule.show_when) == Some(Ok(false));
    let with = |is_wanted: &dyn Fn(&Rule) -> bool| -> Vec<&Rule> {
        let rules = rules.iter().copied();
        rules.filter(|rule| is_wanted(rule)).collect()
    };
    let deciding = with(&|rule| match reason {
        "hide_when" => hides(rule),
        "error" => fails(rule),
        "not_shown" => does_not_show(rule),
        "no_hub" => true,
        _ => false,
    });
    let hiding =
        with(&|rule| reason == "no_hub" || hides(rule) || fails(rule) || does_not_show(rule));
    let first = |has: &dyn Fn(&Rule) -> bool| deciding.iter().copied().find(|rule| has(rule));
    let message = first(&|rule| rule.message.is_some());
    let contact = message
        .filter(|rule| rule.contact.is_some())
        .or(first(&|rule| rule.contact.is_some()));
    let asked = first(&|rule| rule.request.is_some());
    let locked = !hiding.is_empty() && hiding.iter().all(|rule| rule.locked);
    let listed = match &document.list_hidden {
        Some(condition) => request.holds_for_visitor(condition),
        None => contact.is_some() || asked.is_some(),
    };
    json!({
        "message": message.map(|rule| in_language(&json!(rule.message), language)),
        "contact": contact.map(|rule| &rule.contact),
        "request": asked.map(|rule| json!(rule.request)["group"].clone()),
        "locked": locked,
        "listed": locked || listed,
    })
}

/// A text of a policy in the wanted language, in that language without its region, in English, or as it comes first.
pub fn in_language(text: &Value, language: &str) -> Value {
    let Some(texts) = text.as_object() else {
        return text.clone();
    };
    let wanted = language.replace('_', "-");
    let (without_region, _) = wanted.split_once('-').unwrap_or((&wanted, ""));
    let in_order = [wanted.as_str(), without_region, "en"];
    let found = in_order.iter().find_map(|wanted| {
        let mut texts = texts.iter();
        let found = texts.find(|(tag, _)| tag.replace('_', "-").eq_ignore_ascii_case(wanted))?;
        Some(found.1)
    });
    found.or(texts.values().next()).unwrap().clone()
}
