"""Mutation testing, run by ``python -m tests.mutation``; its mutants are never seen by pytest here.

Cosmic Ray makes the mutants (``mutants``); they are tried on a copy of the tree by processes that have imported what
is slow to import and fork for each one (``server``, ``trial``); ``targets.toml`` says which tests are to kill the
mutants of a module and how many of them, ``equivalent.toml`` which mutants no test can kill and why (``tables``).
"""
