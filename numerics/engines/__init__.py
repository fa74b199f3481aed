"""How turns are computed, and which way is chosen."""
