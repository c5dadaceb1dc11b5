//! 1. Someone types `/video`.
