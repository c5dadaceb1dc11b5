//! Keys, sealed values and random identifiers.
