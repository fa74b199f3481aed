"""Layers trained on random prompts."""
