"""Numerical side: the real attention layers of two agents, their alternating interaction, its equilibrium.

NumPy and SciPy only, and python-flint for rationals. This package simulates the model itself, in floating point or in
exact rationals, and finds equilibria by linear algebra on the moves it simulates; it uses none of the closed formulas
that the symbolic side derives, so that an agreement of the two is evidence.

>>> import numpy as np
>>> from numerics import Interaction, LSAAgent, Prompt
>>> X = np.eye(2)
>>> w = LSAAgent(Prompt.from_target(X, [1.0, 0.0]), step_size=0.5)
>>> u = LSAAgent(Prompt.from_target(X, [0.0, 1.0]), step_size=0.5)
>>> pair = Interaction(w, u)
>>> bool(pair.converges())
True
>>> run = pair.simulate([0.0, 0.0], turns=200)
>>> bool(np.allclose(run.w_last, pair.equilibrium().w))
True
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
