//! See lib.rs.

/// Real media for browsers.
pub mod media;
