//! The outside party Discord.
