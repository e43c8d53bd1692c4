//! The server's clock, in the browser: a wrong clock of the visitor's opens and shuts nothing.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// What the server's clock showed when the page's monotonic clock showed `at_ms`.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    server_ms: i64,
    at_ms: f64,
}

impl Clock {
    /// Sets the clock: the server's time is `server_ms` (Unix time in milliseconds) now.
    pub fn set(server_ms: i64) -> Self {
        Self {
            server_ms,
            at_ms: performance_now(),
        }
    }

    /// The server's time, in milliseconds of Unix time.
    pub fn now_ms(self) -> i64 {
        #[allow(clippy::cast_possible_truncation)] // a page is not open for 292 million years
        let elapsed_ms = (performance_now() - self.at_ms) as i64;
        self.server_ms.saturating_add(elapsed_ms)
    }
}
