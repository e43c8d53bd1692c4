//! How large a policy file may be.

/// The largest policy file, in bytes; a policy with 5,000 rules has about 1 MB.
pub const MAX_BYTES: usize = 4 << 20;
/// How deep lists and mappings may nest.
pub const MAX_SOURCE_DEPTH: usize = 120;
/// How many values a policy may have. What an alias stands for counts each time, and long text
/// counts as one value for each 64 bytes.
pub const MAX_WEIGHT: usize = 250_000;
