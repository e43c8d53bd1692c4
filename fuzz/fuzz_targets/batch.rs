//! Any line of the batch contract: one line comes back, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scoped_launcher_core::batch;

fuzz_target!(|line: &str| {
    let answer = batch::answer(line);
    assert!(answer.starts_with('{') && !answer.contains('\n'));
});
