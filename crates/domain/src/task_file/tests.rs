//! Table tests: what is read, what is refused, what an edit writes.
