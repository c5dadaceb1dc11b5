//! 5. What happened in the room, recorded once.

mod fact;
mod record;
mod rules;
