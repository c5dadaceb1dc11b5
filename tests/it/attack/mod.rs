//! One module per attack, from outside on the shipped executable. The table in SECURITY.md says which attacks are
//! shown elsewhere, and where.

/// On links, cookies and keys.
mod link;

/// On the server itself.
mod request;

/// Whatever else comes.
mod fuzz;

/// Clients that never finish.
mod slow;
