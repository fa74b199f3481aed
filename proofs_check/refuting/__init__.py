"""Small rational counterexamples to statements."""
