//! 4. The join page, its room token and its live updates.
