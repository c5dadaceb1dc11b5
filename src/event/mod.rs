//! 5. What happened in the room, recorded once.
