//! The policy language: model, compile, decide, explain, lint.
