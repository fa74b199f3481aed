"""How a result is derived, line by line, and how each line is checked."""
