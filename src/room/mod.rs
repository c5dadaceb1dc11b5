//! 2. A room is found or made.
