//! 3. Who may come in, and the link and session that prove who they are.
