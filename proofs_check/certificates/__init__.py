"""The certificates as files, their trusted checker, and the other reader of their expressions."""
