"""Where agents with given prompts end, predicted by the formulas and compared with their simulation."""
