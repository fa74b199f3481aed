"""A claim of one's own: read, decided on exact instances, proved where a proof is found, and what is missing if not."""
