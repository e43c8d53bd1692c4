//! Class `Policy`: a checked and compiled policy, as `docs/architecture.md` lists its methods.
//!
//! What it takes and gives is JSON text, in the shapes of the batch contract. Whatever may take long
//! runs without Python's lock.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::create_exception;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use scoped_launcher_core::batch::Question;
use scoped_launcher_core::error::Error;
use scoped_launcher_core::policy::Policy as Compiled;
use scoped_launcher_core::policy::findings::{Finding, Severity};
use scoped_launcher_core::policy::grants::{Share, User};
use scoped_launcher_core::policy::lint::{Known, check};
use scoped_launcher_core::policy::model::Document;
use scoped_launcher_core::policy::time::{Span, parse_instant};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

create_exception!(
    jupyterlab_scoped_launcher._core,
    PolicyError,
    PyValueError,
    "The policy has errors; `findings` lists them as JSON text."
);

/// How old a visible launcher's facts may get where the policy does not say.
const REFRESH_S: f64 = 15.0;

/// How long the last good facts are used where the policy does not say.
const MAX_STALE_S: f64 = 600.0;

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
    compiled: Arc<Compiled>,
    /// Identifies the whole document: the same document has the same etag.
    #[pyo3(get)]
    etag: String,
    /// Lint's warnings, in the shape of `PolicyError.findings`.
    #[pyo3(get)]
    warnings: String,
}

#[pymethods]
impl Policy {
    /// Check a policy (YAML or JSON); `file` is its name in findings. Raises PolicyError when lint
    /// finds errors.
    #[new]
    #[pyo3(signature = (text, file = "policy.yaml"))]
    fn new(py: Python<'_>, text: Content, file: &str) -> PyResult<Self> {
        let checked = py.detach(|| {
            let known = Known {
                now_ms: now_ms(),
                ..Known::default()
            };
            let checked = check(text.bytes(), file, &known);
            let warnings = to_json(&checked.of(Severity::Warning).collect::<Vec<_>>())?;
            let Some(document) = checked.document else {
                return Ok(Err(checked.findings));
            };
            Ok(Ok(Self {
                etag: etag(&to_json(&document)?),
                compiled: Arc::new(Compiled::new(document)),
                warnings,
            }))
        });
        checked
            .map_err(refused)?
            .map_err(|findings| policy_error(py, &findings))
    }

    /// How old a visible launcher's facts may get, in seconds.
    #[getter]
    fn refresh_s(&self) -> f64 {
        seconds_or(self.document_ref().refresh, REFRESH_S)
    }

    /// How long the last good facts are used while the Hub is away, in seconds.
    #[getter]
    fn max_stale_s(&self) -> f64 {
        seconds_or(self.document_ref().max_stale, MAX_STALE_S)
    }

    /// The whole document as JSON.
    fn document(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| to_json(self.document_ref())).map_err(refused)
    }

    /// The document as JSON, reduced so that it names no other user.
    fn for_visitor(&self, py: Python<'_>, user: &str) -> PyResult<String> {
        py.detach(|| to_json(&self.document_ref().for_visitor(user)))
            .map_err(refused)
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
            let question = question(context, cards, kernelspecs, now)?;
            to_json(&question.decide(Arc::clone(&self.compiled))?)
        })
        .map_err(refused)
    }

    /// As `decide`, each decision with its trace, as the batch contract's `explain`.
    #[pyo3(signature = (context, cards, kernelspecs = None, now = None))]
    fn explain(
        &self,
        py: Python<'_>,
        context: &str,
        cards: &str,
        kernelspecs: Option<&str>,
        now: Option<&str>,
    ) -> PyResult<String> {
        py.detach(|| {
            let question = question(context, cards, kernelspecs, now)?;
            to_json(&question.explain(Arc::clone(&self.compiled))?)
        })
        .map_err(refused)
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
            let users: Vec<User> = from_json("users", users)?;
            let shares: Vec<Share> = from_json("shares", shares)?;
            let now = now.map(parse_instant).transpose()?;
            let changes = self.compiled.grants(&users, &shares, now)?;
            to_json(&serde_json::json!({"create": changes.create, "revoke": changes.revoke}))
        })
        .map_err(refused)
    }

    /// Whether the visitor with this context may read the whole document.
    fn allows_preview(&self, context: &str) -> PyResult<bool> {
        let context = from_json("context", context).map_err(refused)?;
        Ok(self.compiled.allows_preview(context))
    }

    /// `{kernel name: directory}` as JSON.
    fn kernels(&self) -> PyResult<String> {
        to_json(&self.document_ref().kernels).map_err(refused)
    }

    /// The roles as JSON, as JupyterHub's `load_roles` takes them.
    fn roles(&self) -> PyResult<String> {
        to_json(&self.document_ref().roles).map_err(refused)
    }

    /// The custom scopes as JSON, as JupyterHub's `custom_scopes` takes them.
    fn custom_scopes(&self) -> PyResult<String> {
        to_json(&self.document_ref().custom_scopes).map_err(refused)
    }
}

impl Policy {
    fn document_ref(&self) -> &Document {
        self.compiled.document()
    }
}

fn question(
    context: &str,
    cards: &str,
    kernelspecs: Option<&str>,
    now: Option<&str>,
) -> Result<Question, Error> {
    let value = serde_json::json!({
        "context": from_json::<Value>("context", context)?,
        "cards": from_json::<Value>("cards", cards)?,
        "kernelspecs": kernelspecs.map(|specs| from_json::<Value>("kernelspecs", specs)).transpose()?,
        "now": now,
    });
    serde_json::from_value(value)
        .map_err(|error| Error::new("bad-request", format!("The question has a fault: {error}.")))
}

fn from_json<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|error| Error::new("bad-json", format!("{what} cannot be read: {error}.")))
}

/// Milliseconds since 1970, for warnings about windows that are over.
fn now_ms() -> Option<i64> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since_1970.as_millis()).ok()
}

fn seconds_or(span: Option<Span>, default_s: f64) -> f64 {
    #[allow(clippy::cast_precision_loss)] // spans are at most 366 days
    span.map_or(default_s, |span| span.ms() as f64 / 1_000.0)
}

fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| {
        Error::new(
            "not-json",
            format!("This cannot be written as JSON: {error}."),
        )
    })
}

/// FNV-1a, 64 bits: tells versions of a document apart; nothing secret depends on it.
fn etag(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn refused(error: Error) -> PyErr {
    PyValueError::new_err(error.message)
}

/// The exception for a policy with errors: its text is the first of them.
fn policy_error(py: Python<'_>, findings: &[Finding]) -> PyErr {
    let first = findings
        .iter()
        .find(|finding| finding.severity == Severity::Error);
    let message = first.map_or_else(String::new, |finding| finding.message.clone());
    let error = PolicyError::new_err(message);
    match to_json(&findings).map(|json| error.value(py).setattr("findings", json)) {
        Ok(Ok(())) => error,
        Ok(Err(failure)) => failure,
        Err(failure) => refused(failure),
    }
}
