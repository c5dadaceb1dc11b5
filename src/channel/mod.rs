//! 6. The channel is made to show it.
