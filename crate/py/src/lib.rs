//! The Python face of the engine: module `jupyterlab_scoped_launcher._core`.
//!
//! Everything crosses as JSON text, in the shapes of the batch contract.

mod convert;
mod lint;
mod policy;
mod request;

use pyo3::prelude::*;

/// Compiled core of jupyterlab-scoped-launcher.
#[pymodule]
mod _core {
    use pyo3::prelude::*;
    use pyo3::types::{PyDict, PyString, PyTuple};
    use scoped_launcher_core::batch;
    use scoped_launcher_core::error::{Error, ErrorCode};
    use scoped_launcher_core::policy::Reason;
    use scoped_launcher_core::policy::card::{self, Kind};
    use scoped_launcher_core::policy::explain::ExplanationCode;

    #[pymodule_export]
    use crate::lint::{lint, schema};
    #[pymodule_export]
    use crate::policy::{Policy, PolicyError};

    /// The version of the distribution.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    /// Answer one line of the batch contract.
    ///
    /// `line` is one JSON object; the answer is one line of JSON, without its line end. It never
    /// raises: a line that cannot be served answers `{"error": {"code", "message"}}`.
    #[pyfunction]
    #[pyo3(name = "batch")]
    fn answer(line: &Bound<'_, PyString>) -> String {
        match line.to_cow() {
            Ok(text) => line.py().detach(|| batch::answer(&text)),
            Err(_) => batch::refuse(&Error::new(
                "bad-utf8",
                "This line has half of a surrogate pair. Write whole Unicode characters.",
            )),
        }
    }

    /// A kernel's name as kernels are compared: without case.
    #[pyfunction]
    fn normalize_kernel_name(name: &str) -> String {
        card::normalize_kernel_name(name)
    }

    /// Adds the engine's lists of words.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let kinds = Kind::ALL.iter().map(|kind| kind.as_str());
        module.add("CARD_KINDS", PyTuple::new(module.py(), kinds)?)?;
        let reasons = Reason::ALL.iter().map(|reason| reason.as_str());
        module.add("DECISION_REASONS", PyTuple::new(module.py(), reasons)?)?;
        let texts = PyDict::new(module.py());
        for code in ExplanationCode::ALL {
            texts.set_item(code.as_str(), code.text())?;
        }
        module.add("EXPLANATION_TEXTS", texts)?;
        let codes = PyDict::new(module.py());
        for code in ErrorCode::ALL {
            codes.set_item(code.as_str(), code.description())?;
        }
        module.add("ERROR_CODES", codes)
    }
}
