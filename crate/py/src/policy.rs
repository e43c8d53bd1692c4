//! Class `Policy`: a checked and compiled policy.
//!
//! What it takes and gives is JSON text, in the shapes of the batch contract. Whatever may take long
//! runs without Python's lock.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use scoped_launcher_core::policy::Policy as CompiledPolicy;
use scoped_launcher_core::policy::context::Context;
use scoped_launcher_core::policy::diagnostic::{Diagnostic, Severity};
use scoped_launcher_core::policy::document::{Document, WithoutHub};
use scoped_launcher_core::policy::grants::{ExistingShare, UserModel};
use scoped_launcher_core::policy::lint::{LintOptions, check};
use scoped_launcher_core::policy::time::{Duration, parse_instant};
use serde_json::json;

use crate::convert::{from_json, to_json, value_error};
use crate::request::{request, wording};

create_exception!(
    jupyterlab_scoped_launcher._core,
    PolicyError,
    PyValueError,
    "The policy has errors; `diagnostics` lists them as JSON text."
);

/// A policy file's content, decoded already or as it is on disk.
#[derive(FromPyObject)]
pub(crate) enum Content {
    Text(PyBackedStr),
    Bytes(PyBackedBytes),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// A checked policy, ready to decide.
#[pyclass(frozen, module = "jupyterlab_scoped_launcher._core")]
pub(crate) struct Policy {
    compiled: Arc<CompiledPolicy>,
    /// Identifies the whole document: the same document has the same etag.
    #[pyo3(get)]
    etag: String,
    /// Lint's warnings, in the shape of `PolicyError.diagnostics`.
    #[pyo3(get)]
    warnings: String,
}

#[pymethods]
impl Policy {
    /// Check a policy (YAML or JSON); `file` is its name in diagnostics. `refresh` and `max_stale`, written
    /// as in a policy, override the policy's own; empty text overrides nothing. Raises PolicyError when
    /// lint finds errors, and ValueError for an override that is no duration.
    #[new]
    #[pyo3(signature = (text, file = "policy.yaml", *, refresh = "", max_stale = ""))]
    fn new(
        py: Python<'_>,
        text: Content,
        file: &str,
        refresh: &str,
        max_stale: &str,
    ) -> PyResult<Self> {
        let checked = py.detach(|| {
            let options = LintOptions {
                now_ms: now_ms(),
                ..LintOptions::default()
            };
            let result = check(text.bytes(), file, &options);
            let warnings = to_json(&result.of(Severity::Warning).collect::<Vec<_>>())?;
            let Some(mut document) = result.document else {
                return Ok(Err(result.diagnostics));
            };
            if !refresh.is_empty() {
                document.refresh = Some(Duration::parse(refresh)?);
            }
            if !max_stale.is_empty() {
                document.max_stale = Some(Duration::parse(max_stale)?);
            }
            Ok(Ok(Self {
                etag: etag(&to_json(&document)?),
                compiled: Arc::new(CompiledPolicy::new(document)),
                warnings,
            }))
        });
        checked
            .map_err(value_error)?
            .map_err(|diagnostics| policy_error(py, &diagnostics))
    }

    /// How old a visible launcher's context may get, in seconds.
    #[getter]
    fn refresh_s(&self) -> f64 {
        seconds(self.document_ref().refresh_ms())
    }

    /// How long the last good context is used while the Hub cannot be reached, in seconds.
    #[getter]
    fn max_stale_s(&self) -> f64 {
        seconds(self.document_ref().max_stale_ms())
    }

    /// The whole document as JSON.
    fn document(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| to_json(self.document_ref()))
            .map_err(value_error)
    }

    /// The document as JSON, reduced so that it names no other user, with instants for dates: those of
    /// `weekly` for two weeks from `now` (RFC 3339). Raises ValueError for a bad `now`.
    /// A visitor that is a service of the Hub has its name in `service`.
    #[pyo3(signature = (user, now, *, service = None))]
    fn for_visitor(
        &self,
        py: Python<'_>,
        user: &str,
        now: &str,
        service: Option<&str>,
    ) -> PyResult<String> {
        py.detach(|| {
            let now_ms = parse_instant(now)?;
            to_json(&self.document_ref().for_visitor(user, service, now_ms))
        })
        .map_err(value_error)
    }

    /// Identifies what `for_visitor` makes of the policy at a time: where that changes with the day, another
    /// one every day. Raises ValueError for a bad `now`.
    fn etag_at(&self, now: &str) -> PyResult<String> {
        let now_ms = parse_instant(now).map_err(value_error)?;
        let day = self.document_ref().settled_day(now_ms);
        Ok(day.map_or_else(|| self.etag.clone(), |day| format!("{}-{day}", self.etag)))
    }

    /// The document without its conditions as JSON: which cards it governs.
    fn summary(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| to_json(&self.document_ref().summary()))
            .map_err(value_error)
    }

    /// Decide cards: `{"decisions": […]}`, as the batch contract's `decide`. Raises ValueError for
    /// what is not as the contract says.
    #[pyo3(signature = (context, cards, kernelspecs = None, now = None))]
    fn decide(
        &self,
        py: Python<'_>,
        context: &str,
        cards: &str,
        kernelspecs: Option<&str>,
        now: Option<&str>,
    ) -> PyResult<String> {
        py.detach(|| {
            let request = request(Some(context), cards, kernelspecs, now)?;
            to_json(&request.decide(Arc::clone(&self.compiled))?)
        })
        .map_err(value_error)
    }

    /// As `decide`, each decision with its trace, as the batch contract's `explain`. `texts` is a JSON object
    /// of texts by explanation code (see `EXPLANATION_TEXTS`), `language` that of the policy's own texts.
    #[pyo3(signature = (context, cards, kernelspecs = None, now = None, *, texts = None, language = ""))]
    #[allow(clippy::too_many_arguments)]
    fn explain(
        &self,
        py: Python<'_>,
        context: &str,
        cards: &str,
        kernelspecs: Option<&str>,
        now: Option<&str>,
        texts: Option<&str>,
        language: &str,
    ) -> PyResult<String> {
        py.detach(|| {
            let request = request(Some(context), cards, kernelspecs, now)?;
            to_json(&request.explain(Arc::clone(&self.compiled), &wording(texts, language)?)?)
        })
        .map_err(value_error)
    }

    /// May the visitor use what the cards open? `{"decisions": […]}`, one for each card, as `decide`
    /// or, with `explain`, as `explain` answers.
    ///
    /// A kernel card without a category stands for each of the cards that the launcher makes for the
    /// kernel: one that is shown is enough. `context` None: nothing is known of the visitor, so
    /// nothing that the policy governs may be used.
    #[pyo3(signature = (context, cards, kernelspecs = None, now = None, *, explain = false, texts = None, language = ""))]
    #[allow(clippy::too_many_arguments)]
    fn may_use(
        &self,
        py: Python<'_>,
        context: Option<&str>,
        cards: &str,
        kernelspecs: Option<&str>,
        now: Option<&str>,
        explain: bool,
        texts: Option<&str>,
        language: &str,
    ) -> PyResult<String> {
        py.detach(|| {
            let request = request(context, cards, kernelspecs, now)?;
            let wording = explain.then(|| wording(texts, language)).transpose()?;
            to_json(&request.may_use(Arc::clone(&self.compiled), wording.as_ref())?)
        })
        .map_err(value_error)
    }

    /// For each card, whether the policy governs it: does a rule match it?
    #[pyo3(signature = (cards, kernelspecs = None))]
    fn governed(
        &self,
        py: Python<'_>,
        cards: &str,
        kernelspecs: Option<&str>,
    ) -> PyResult<Vec<bool>> {
        py.detach(|| request(None, cards, kernelspecs, None)?.governed(Arc::clone(&self.compiled)))
            .map_err(value_error)
    }

    /// For each card, the ids of the rules that match it, in the order of the policy. A kernel card without a
    /// category stands for each of the cards that the launcher makes for the kernel.
    #[pyo3(signature = (cards, kernelspecs = None))]
    fn rules_of(
        &self,
        py: Python<'_>,
        cards: &str,
        kernelspecs: Option<&str>,
    ) -> PyResult<Vec<Vec<String>>> {
        py.detach(|| {
            let request = request(None, cards, kernelspecs, None)?;
            Ok(request.matching_rules(Arc::clone(&self.compiled)))
        })
        .map_err(value_error)
    }

    /// The ids of all rules, those of the policy's cards last.
    fn rule_ids(&self) -> Vec<&str> {
        self.compiled.rule_ids().collect()
    }

    /// The cards that the policy adds to this visitor's launcher, as JSON: each has the keys of a card in
    /// the batch contract, what it opens, and how it looks, in `language`. Raises ValueError where the context
    /// cannot be read.
    #[pyo3(signature = (context, language = ""))]
    fn cards(&self, py: Python<'_>, context: &str, language: &str) -> PyResult<String> {
        py.detach(|| {
            let context: Context = from_json("context", context)?;
            to_json(&self.compiled.cards(&context, language))
        })
        .map_err(value_error)
    }

    /// `sections` as JSON.
    fn sections(&self) -> PyResult<String> {
        to_json(&self.document_ref().sections).map_err(value_error)
    }

    /// The cards that the policy names without a glob, as JSON.
    fn named_cards(&self) -> PyResult<String> {
        to_json(&self.document_ref().named_cards()).map_err(value_error)
    }

    /// The icons that the policy's cards name.
    fn icons(&self) -> Vec<&str> {
        self.document_ref().icons()
    }

    /// Whether some rule shows its hidden cards greyed.
    #[getter]
    fn has_locked(&self) -> bool {
        self.compiled.has_locked()
    }

    /// The scopes that a visitor's token needs for the policy's `scope` conditions.
    fn token_scopes(&self) -> Vec<String> {
        self.document_ref().token_scopes()
    }

    /// The groups, or globs of groups, that the policy names.
    fn named_groups(&self) -> Vec<&str> {
        self.document_ref().named_groups()
    }

    /// Whether the policy needs the Hub's shares.
    #[getter]
    fn needs_shares(&self) -> bool {
        self.document_ref().needs_shares()
    }

    /// Whether the rules decide where there is no Hub.
    #[getter]
    fn decides_without_hub(&self) -> bool {
        self.document_ref().no_hub == WithoutHub::Decide
    }

    /// Plan shares: `{"create": […], "revoke": […]}`, as the batch contract's `grants`.
    #[pyo3(signature = (users, shares, now = None))]
    fn grants(
        &self,
        py: Python<'_>,
        users: &str,
        shares: &str,
        now: Option<&str>,
    ) -> PyResult<String> {
        py.detach(|| {
            let users: Vec<UserModel> = from_json("users", users)?;
            let shares: Vec<ExistingShare> = from_json("shares", shares)?;
            let now = now.map(parse_instant).transpose()?;
            let changes = self.compiled.grants(&users, &shares, now)?;
            to_json(&json!({"create": changes.create, "revoke": changes.revoke}))
        })
        .map_err(value_error)
    }

    /// Whether the visitor with this context may read the whole document.
    fn allows_preview(&self, context: &str) -> PyResult<bool> {
        let context = from_json("context", context).map_err(value_error)?;
        Ok(self.compiled.allows_preview(context))
    }

    /// Whether the visitor with this context may learn of the cards that are hidden from them.
    fn lists_hidden(&self, context: &str) -> PyResult<bool> {
        let context = from_json("context", context).map_err(value_error)?;
        Ok(self.compiled.lists_hidden(context))
    }

    /// `{kernel name: directory}` as JSON.
    fn kernels(&self) -> PyResult<String> {
        to_json(&self.document_ref().kernels).map_err(value_error)
    }

    /// The roles as JSON, as JupyterHub's `load_roles` takes them.
    fn roles(&self) -> PyResult<String> {
        to_json(&self.document_ref().roles).map_err(value_error)
    }

    /// The custom scopes as JSON, as JupyterHub's `custom_scopes` takes them.
    fn custom_scopes(&self) -> PyResult<String> {
        to_json(&self.document_ref().custom_scopes).map_err(value_error)
    }
}

impl Policy {
    fn document_ref(&self) -> &Document {
        self.compiled.document()
    }
}

/// Milliseconds since 1970, for warnings about windows that are over.
fn now_ms() -> Option<i64> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_1970.as_millis()).ok()
}

fn seconds(ms: u64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // durations are at most 366 days
    let ms = ms as f64;
    ms / 1_000.0
}

/// FNV-1a, 64 bits: tells versions of a document apart; nothing secret depends on it.
fn etag(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The exception for a policy with errors: its text is the first of them.
fn policy_error(py: Python<'_>, diagnostics: &[Diagnostic]) -> PyErr {
    let first = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.severity == Severity::Error);
    let message = first.map_or_else(String::new, |diagnostic| diagnostic.message.clone());
    let error = PolicyError::new_err(message);
    match to_json(&diagnostics).map(|json| error.value(py).setattr("diagnostics", json)) {
        Ok(Ok(())) => error,
        Ok(Err(failure)) => failure,
        Err(failure) => value_error(failure),
    }
}
