"""Rules of this technique: one module each."""
