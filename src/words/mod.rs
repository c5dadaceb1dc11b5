//! The sentences people read, in their language.
