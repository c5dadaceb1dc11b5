//! Against the sandbox; see below.
