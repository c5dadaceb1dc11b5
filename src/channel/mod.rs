//! 6. The channel is made to show it.

/// The room card, from state to embed.
pub mod card;

/// What remains of a session once it has ended.
mod summary;
