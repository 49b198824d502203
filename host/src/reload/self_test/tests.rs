//! Fixtures that pass and fixtures that do not.
