//! All pieces joined and supervised.
