"""A pair of agents, and what becomes of it: runs, rates, equilibria."""
