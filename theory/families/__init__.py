"""The theorems, derived from the attention layer: one module a family."""
