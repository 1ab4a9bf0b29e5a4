//! A secret text that is never printed and does not linger in memory longer than needed.

use std::fmt;

/// A key. Its `Debug` says nothing; its bytes are overwritten when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the text over; whatever the caller keeps is the caller's.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into_bytes())
    }

    /// The text, to be handed on and to nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        // It was made from a text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        // Keeps the compiler from leaving the writes out, since nobody reads them.
        std::hint::black_box(&self.0);
    }
}
