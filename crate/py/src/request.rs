//! Requests to the engine, from the texts that Python passes.

use scoped_launcher_core::batch::DecideRequest;
use scoped_launcher_core::error::Error;
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::explain::Wording;

use crate::convert::from_json;

/// A request from its parts; without a context, nothing is known of the visitor.
///
/// # Errors
/// `bad-json`.
pub(crate) fn request(
    context: Option<&str>,
    cards: &str,
    kernelspecs: Option<&str>,
    now: Option<&str>,
) -> Result<DecideRequest, Error> {
    Ok(DecideRequest {
        context: context
            .map_or_else(|| Ok(Context::unknown()), |text| from_json("context", text))?,
        cards: from_json("cards", cards)?,
        now: now.map(str::to_owned),
        kernelspecs: kernelspecs
            .map(|text| from_json("kernelspecs", text))
            .transpose()?,
    })
}

/// The words of explanations: `texts` is a JSON object, by explanation code.
///
/// # Errors
/// `bad-json`.
pub(crate) fn wording(texts: Option<&str>, language: &str) -> Result<Wording, Error> {
    let texts = texts.map(|texts| from_json("texts", texts)).transpose()?;
    Ok(Wording {
        texts: texts.unwrap_or_default(),
        language: language.to_owned(),
    })
}
