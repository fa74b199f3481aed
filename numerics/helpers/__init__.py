"""Helpers that relabel their prompt turn by turn."""
