"""How often a conjecture is decided, and whether ever wrongly: ``python -m tests.conjectures``."""
