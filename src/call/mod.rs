//! 4. The join page, its room token and its live updates.

/// The built page's files.
mod assets;
