//! 6. The channel is made to show it.

/// The room card, from state to embed.
pub mod card;

/// Who came and who went, rolled up into few words.
pub mod activity;

/// What remains of a session once it has ended.
mod summary;
